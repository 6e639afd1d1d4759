"""What the publishers' files say, row by row, before anything is made of it.

Every row carries `line`, the line of the file's text that it begins on (of a workbook: the row), counted from 1.
Texts are one line, without spaces at their ends, and begin with no sign that a spreadsheet would run as a formula.
"""

from datetime import date
from decimal import Decimal
from typing import NamedTuple


class HcpcsRow(NamedTuple):
    """A HCPCS Level II code or modifier of an Alpha-Numeric file."""

    line: int
    code: str
    """Letter and four digits; of a modifier two characters."""
    is_modifier: bool
    long_description: str
    label: str
    """CMS's short description."""
    added: date | None
    effective: date | None
    """Day of the last action on the code; None where the file lost it."""
    terminated: date | None
    """The last day of service, as CMS prints it; the day after it is the first without the code."""
    action: str
    """CMS's action code: N no change, A added, D discontinued, C and others changed; empty where the file lost it."""


class PriceRow(NamedTuple):
    """A code's payment limit of one billing unit, of an ASP pricing or Part B payment limit file."""

    line: int
    code: str
    label: str
    dosage: str
    limit: Decimal | None
    """US dollars; None where CMS prints `N/A` or nothing."""
    coinsurance: Decimal | None
    """Percent, where an inflation rebate lowers it below 20 too."""
    notes: str


class NocPriceRow(NamedTuple):
    """The payment limit of a drug that has no code of its own."""

    line: int
    name: str
    dosage: str
    limit: Decimal | None
    notes: str


class CrosswalkRow(NamedTuple):
    """A package and the code that it bills as. One package may stand under two codes: both rows are true."""

    line: int
    code: str
    """Empty in a NOC crosswalk."""
    label: str
    """CMS's short description; in a NOC crosswalk the generic name that the NOC pricing file prices."""
    labeler: str
    ndc: str | None
    """11 digits, 5-4-2; None where the file has an alternate id."""
    alternate_id: str
    """What stands in the place of an NDC, as printed; empty where there is one."""
    name: str
    """The drug's name on the package."""
    dosage: str
    package_size: Decimal | None
    """mL, or items, in one container."""
    package_quantity: Decimal | None
    """Containers in the package."""
    billing_units: Decimal | None
    """Billing units in one container; None where the file gives none."""
    package_billing_units: Decimal | None
    """Billing units in the package."""


class StatusRow(NamedTuple):
    """A code's status under the OPPS, of an Addendum B. CPT codes have no label: their words are not ours to keep."""

    line: int
    code: str
    label: str
    """CMS's short description of a Level II code; always empty for a CPT code."""
    status_indicator: str
    payment_rate: Decimal | None
    """US dollars."""
    apc: str | None = None
    """Ambulatory payment classification, empty where the code has none; None where the file has no such column."""


class NdcProductRow(NamedTuple):
    """A product of the FDA's NDC directory."""

    line: int
    product_ndc: str
    """Labeler and product, nine digits (5-4)."""
    name: str
    """Proprietary name and its suffix."""
    generic_name: str
    dosage_form: str
    routes: tuple[str, ...]
    labeler: str
    substances: tuple[str, ...]
    strengths: tuple[str, ...]
    """Of each substance, as `80 mg/mL`."""
    product_type: str
    application: str
    """NDA, ANDA or BLA number."""
    started: date | None
    ended: date | None


class NdcPackageRow(NamedTuple):
    """A package of the FDA's NDC directory."""

    line: int
    ndc: str
    """11 digits, 5-4-2."""
    product_ndc: str
    """Its first nine."""
    description: str
    is_single_dose: bool | None
    """What the package text says of the container; None where it does not say, or says both."""
    is_sample: bool
    started: date | None
    ended: date | None


Row = HcpcsRow | PriceRow | NocPriceRow | CrosswalkRow | StatusRow | NdcProductRow | NdcPackageRow


class Problem(NamedTuple):
    """One place of a file that could not be taken as it stands; the rest of the file could."""

    line: int
    column: str
    value: str
    """As printed, shortened; of a CPT row never a descriptor."""
    why: str
