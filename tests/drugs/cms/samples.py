# ruff: noqa: E501, ISC004, SIM905 - rows are written as the publishers write them
"""Small files of each format, written for the tests: our own drugs, no words of the AMA's."""

import io
import zipfile
from collections.abc import Sequence

import openpyxl

TITLE = "April 2026 ASP NDC - HCPCS Crosswalk for Medicare Part B Drugs"
PERIOD = "Effective April 1, 2026 through June 30, 2026"


def _csv(rows: Sequence[str]) -> bytes:
    return "".join(f"{row}\r\n" for row in rows).encode("cp1252")


PRICING = _csv(
    [
        "Payment Allowance Limits for Medicare Part B Drugs,,,,,,,,,,,",
        ",,,,,,,,,,,",
        f'"{PERIOD}",,,,,,,,,,,',
        ",,,,,,,,,,,",
        "HCPCS Code,Short Description,HCPCS Code Dosage,Payment Limit,Co-insurance Percentage,Vaccine AWP%,Vaccine Limit,"
        "Blood AWP%,Blood limit,Clotting Factor,Notes,",
        "90371,words to be dropped,1 ML,137.828,20.000,,,,,,,",
        'A9606,Radium injection,1 microCurie,N/A,20.000,,,,,,"100% AWP = $1.00\r\n100% WAC = $2.00",',
        "J9035,Bevacizumab injection,10 MG,75.492,20.000,,,,,,Added April 2026,",
        'Q5107,Inj mvasi 10 mg,10 MG,"1,028.294",17.885,,,,,,,',
    ]
)
CROSSWALK = _csv(
    [
        f"{TITLE},,,,,,,,,,,,",
        f'"     {PERIOD}",,,,,,,,,,,,',
        ",,,,,,,,,,,,",
        "_2026_CODE,Short Description,LABELER NAME,NDC2,Drug Name,HCPCS dosage,PKG SIZE,PKG QTY,BILLUNITS,BILLUNITSPKG,,,",
        "90371,words to be dropped,A Labeler,11111-0636-01,Hyper,1 ML,1,1,1,1,,,",
        "J9035,Bevacizumab injection,Genentech,50242-0060-01,Avastin\u00a0,10 MG,4,1,10,10,,,",
        "J9035\u00a0,Bevacizumab injection,Genentech,50242-0061-01\t,Avastin\u00ae,10 MG,16,1,40,40,,,",
        "Q4295\u00a0,Amnio sheet,Biologics,00850021556280,Amnio,1 SQ CM,1,1,21.3125?,1,,,",
        "Q5105,Inj retacrit esrd on dialysi,Pfizer,0069-1305-10,Retacrit,100 UNITS,1,10,20,200,,,",
        "Q5106,Inj retacrit non-esrd use,Pfizer,0069-1305-10,Retacrit,1000 UNITS,1,10,2,20,,,",
    ]
)
NOC_PRICING = _csv(
    [
        "Payment Allowance Limits for Medicare Part B Not Otherwise Classified (NOC) Drugs,,,",
        f'"{PERIOD}",,,',
        "Drug Generic Name (Trade Name),Dosage,Payment Limit,Notes",
        "Vasopressin (Long),1 UNIT,$2.462,",
    ]
)
NOC_CROSSWALK = _csv(
    [
        "April 2026 ASP NOC NDC - HCPCS Crosswalk for Medicare Part B Drugs,,,,,,,,",
        "Drug Generic Name,LABELER NAME,NDC or ALTERNATE ID,Drug Name,Dosage,PKG SIZE,PKG QTY,BILLUNITS,BILLUNITSPKG",
        'Vasopressin (Long),"Long, LLC",81298-8552-03,Vasopressin,1 UNIT,100,10,20,200',
    ]
)
ADDENDUM_B = _csv(
    [
        ",Addendum B.-- OPPS Payment by HCPCS Code for CY 2026,,,,",
        ",Words about who owns the words.,,,,",
        "HCPCS Code,Short Descriptor, SI,APC ,Payment Rate,* Indicates a Change",
        "0001F,words to be dropped,E1,,,",
        "96413,words to be dropped,S,5694, $357.61 ,",
        "D0120,words to be dropped,E1,,,",
        "A4341\u00ff,Valve inser,N ,,,",
        'J9035,Bevacizumab injection,K,9214,"$1,075.49",*',
        "V5364,Dysphagia screening,E1,,,",
    ]
)
SOFTEK_ADDENDUM_B = b"""HCPCSCode,ShortDescriptor,StatusIndicator,PaymentRate,Changed?,Source
"0001F","words to be dropped","E1",,false,"2026-04"
"J9035","Bevacizumab injection","K",75.49,false,"2026-04"
"V5364","Dysphagia screening","E1",,false,"2026-04"

"""
HCPCS_HEADER = ("HCPC", "SEQNUM", "RECID", "LONG DESCRIPTION", "SHORT DESCRIPTION", "ADD DT", "ACT EFF DT", "TERM DT",
                "ACTION CD")  # fmt: skip
HCPCS_ROWS = (
    ("   JZ", "0010", "7", "Zero drug amount discarded", "Zero drug wasted", "20230101", "20230101", None, "N"),
    (
        "J3370",
        "0010",
        "3",
        "Injection, vancomycin hcl, 500 mg",
        "Vancomycin inj",
        "19860101",
        "20250701",
        "20250630",
        "D",
    ),
    ("J9035", "0010", "3", "Injection, bevacizumab, 10 mg", "Bevacizumab injection", "20050101", "20050101", None, "N"),
    ("V5364", "0010", "3", "Dysphagia screening", "Dysphagia screening", "19900101", "20040101", None, "N"),
)
HCPCS_CSV = _csv([",".join(HCPCS_HEADER), *(",".join(f'"{cell or ""}"' for cell in row) for row in HCPCS_ROWS)])
PRODUCT_COLUMNS = (
    "PRODUCTID PRODUCTNDC PRODUCTTYPENAME PROPRIETARYNAME PROPRIETARYNAMESUFFIX NONPROPRIETARYNAME DOSAGEFORMNAME "
    "ROUTENAME STARTMARKETINGDATE ENDMARKETINGDATE MARKETINGCATEGORYNAME APPLICATIONNUMBER LABELERNAME SUBSTANCENAME "
    "ACTIVE_NUMERATOR_STRENGTH ACTIVE_INGRED_UNIT"
).split()
PRODUCT = _csv(
    [
        "\t".join(PRODUCT_COLUMNS),
        "0002-7510_a\t0002-7510\tHUMAN PRESCRIPTION DRUG\tHumalog\tMix\tInsulin \u00e0 lispro\tINJECTION\tINTRAVENOUS; "
        'SUBCUTANEOUS\t19960614\t\tBLA\tBLA020563\tLilly "and" Company\tA; B\t100; .5\t[iU]/mL; mg/mL',
        "99528-359_b\t99528-359\tHUMAN OTC DRUG\tCool\t-\tMenthol\tLOTION\tTOPICAL\t20090101\t20190101\tOTC\tpart348\t- Wonder"
        "\tMENTHOL\t3.5\tg/100g",
    ]
)
PACKAGE_COLUMNS = (
    "PRODUCTID PRODUCTNDC NDCPACKAGECODE PACKAGEDESCRIPTION STARTMARKETINGDATE ENDMARKETINGDATE NDC_EXCLUDE_FLAG "
    "SAMPLE_PACKAGE"
).split()
PACKAGE = _csv(
    [
        "\t".join(PACKAGE_COLUMNS),
        "0002-7510_a\t0002-7510\t0002-7510-01\t1 VIAL, MULTI-DOSE in 1 CARTON > 10 mL in 1 VIAL, MULTI-DOSE\t19960614\t\tN\tN",
        "50242-060_c\t50242-060\t50242-060-01\t1 VIAL, SINGLE-USE in 1 CARTON > 4 mL in 1 VIAL, SINGLE-USE\t20040226\t\tN\tY",
        "99528-359_b\t99528-3590\t99528-3590-3\t100 g in 1 BOTTLE\t20090101\t\tN\tN",
    ]
)


def record(code: str, sequence: int, kind: str, text: str, *, label: str = "", added: str = "", ended: str = "") -> str:
    """One line of 320 characters as CMS's record layout has it."""
    first = f"{code:>5}{sequence:05}{kind}{text:<80}"
    if kind in "48":
        return f"{first:<320}"
    return f"{first}{label:<28}{'51':<8}{'A':<141}{added:<8}{added:<8}{ended:<8}{'D' if ended else 'N':<28}"[
        :320
    ].ljust(320)


HCPCS_FIXED = _csv(
    [
        "***Disclaimers\t\t",
        "*Brand names may appear in descriptions.\u00a0",
        record("JZ", 1, "7", "Zero drug amount discarded/not administered", label="Zero drug wasted", added="20230101"),
        record("J3370", 1, "3", "Injection, vancomycin hcl, 500 mg", label="Vancomycin inj", added="19860101", ended="20250630"),
        record("J9035", 1, "3", "Injection, bevacizumab, whose name goes on to a second line of the", label="Bevacizumab",
               added="20050101"),
        record("J9035", 2, "4", "description, 10 mg"),
        record("V5364", 1, "3", "Dysphagia screening", label="Dysphagia screening", added="19900101"),
    ]
)  # fmt: skip
RESLICED = b"""Code,Description1,Description2,Type,Unknown1,Unknown2,Unknown3,Unknown4
JZ001007,Zero drug amount discarded,Zero drug wasted,,,C,,202301012023
J9035001003,"Injection, bevacizumab, 10 mg",Bevacizumab injection       51      A,,,C,O1E,1P     0200501012005
V5364001003,Dysphagia screening,Dysphagia screening         00      9,,,S,O1F,1W     0199001012004
"""


def workbook(rows: Sequence[Sequence[object]]) -> bytes:
    """A workbook with these rows on its first sheet."""
    book = openpyxl.Workbook()
    for row in rows:
        book.worksheets[0].append(list(row))
    stream = io.BytesIO()
    book.save(stream)
    return stream.getvalue()


def archive(**members: bytes) -> bytes:
    """A zip with these members; `_` before a name's ending stands for the dot."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in members.items():
            file.writestr(".".join(name.rsplit("_", 1)), content)
    return stream.getvalue()


HCPCS_XLSX = workbook([["A note about coverage"], *([[]] * 9), HCPCS_HEADER, *HCPCS_ROWS])
ADDENDUM_B_XLSX = workbook(
    [
        ["", "Addendum B.- OPPS Payment by HCPCS Code for CY 2026"],
        ["HCPCS Code", "Short Descriptor", " SI", "Payment Rate"],
        [96413, "words to be dropped", "S", 357.61],
        ["J9035", "Bevacizumab injection", "K", 75.49],
        ["V5364", "Dysphagia screening", "E1", None],
    ]
)
EVERY = {
    "pricing.csv": PRICING,
    "crosswalk.csv": CROSSWALK,
    "noc_pricing.csv": NOC_PRICING,
    "noc_crosswalk.csv": NOC_CROSSWALK,
    "addendum_b.csv": ADDENDUM_B,
    "addendum_b_converted.csv": SOFTEK_ADDENDUM_B,
    "addendum_b.xlsx": ADDENDUM_B_XLSX,
    "hcpcs.csv": HCPCS_CSV,
    "hcpcs.xlsx": HCPCS_XLSX,
    "hcpcs.txt": HCPCS_FIXED,
    "hcpcs_resliced.csv": RESLICED,
    "product.txt": PRODUCT,
    "package.txt": PACKAGE,
}
