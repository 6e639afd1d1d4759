"""Files in the form in which CMS publishes them, a few rows long."""

from collections.abc import Sequence

MONTHS = {
    1: ("January", "March 31"),
    2: ("April", "June 30"),
    3: ("July", "September 30"),
    4: ("October", "December 31"),
}
PRICE_COLUMNS = (
    "HCPCS Code,Short Description,HCPCS Code Dosage,Payment Limit,Co-insurance Percentage,Vaccine AWP%,"
    "Vaccine Limit,Blood AWP%,Blood limit,Clotting Factor,Notes"
)
PACKAGE_COLUMNS = (
    "CODE,Short Description,LABELER NAME,NDC2,Drug Name,HCPCS dosage,PKG SIZE,PKG QTY,BILLUNITS,BILLUNITSPKG"
)
LAST_PRICE = ("Q9999", "Inj ustekinumab-aauz 1 mg", "1 MG", "32.957")
"""A file that does not go on to the codes with a Q counts as cut off."""
LAST_PACKAGE = ("Q9999", "Inj ustekinumab-aauz 1 mg", "Otulfi", "65219-0824-01", "1 MG", "0.5", "1", "45", "45")


def _effective(quarter: str) -> str:
    year, number = quarter.split("Q")
    first, last = MONTHS[int(number)]
    return f'"Effective {first} 1, {year} through {last}, {year}"'


def _line(cells: Sequence[str]) -> str:
    return ",".join(f'"{cell}"' if "," in cell else cell for cell in cells)


def price_file(quarter: str, *rows: tuple[str, str, str, str]) -> bytes:
    """A price file; each row is code, short description, dosage, payment limit."""
    lines = [
        "Payment Allowance Limits for Medicare Part B Drugs,,,,,,,,,,",
        ",,,,,,,,,,",
        f"{_effective(quarter)},,,,,,,,,,",
        ",,,,,,,,,,",
        PRICE_COLUMNS,
        *(_line((*row, "20.000", "", "", "", "", "", "")) for row in (*rows, LAST_PRICE)),
    ]
    return ("\r\n".join(lines) + "\r\n").encode("cp1252")


def crosswalk_file(quarter: str, *rows: tuple[str, str, str, str, str, str, str, str, str]) -> bytes:
    """A crosswalk; each row is code, short description, name, NDC, dosage, size, quantity, units, units in package."""
    year, number = quarter.split("Q")
    lines = [
        f"{MONTHS[int(number)][0]} {year} ASP NDC - HCPCS Crosswalk for Medicare Part B Drugs,,,,,,,,,",
        f"{_effective(quarter)},,,,,,,,,",
        ",,,,,,,,,",
        f"_{year}_{PACKAGE_COLUMNS}",
        *(
            _line((code, label, "Example Inc.", ndc, name, dosage, size, quantity, units, package))
            for code, label, name, ndc, dosage, size, quantity, units, package in (*rows, LAST_PACKAGE)
        ),
    ]
    return ("\r\n".join(lines) + "\r\n").encode("cp1252")
