"""The columns of each kind of file: our name for each, and what publishers and converters call it."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from drugs.cms.cells import text_of
from drugs.cms.kinds import FileKind

_LETTERS = re.compile(r"[^a-z0-9%]+")


class Layout(NamedTuple):
    """What a file of a kind has for columns."""

    required: Mapping[str, str]
    """Our name to the publisher's, as a message says what is missing."""
    names: Mapping[str, frozenset[str]]
    """Our name to all that it is called, reduced by `reduced`."""


def reduced(name: str) -> str:
    r"""Return a column's name without case, blanks and signs; of `_2026_CODE` the year does not matter.

    >>> reduced(" HCPCS\nCode "), reduced("_2026_CODE")
    ('hcpcscode', 'yearcode')
    """
    letters = _LETTERS.sub("", text_of(name).lower())
    return "yearcode" if re.fullmatch(r"20\d\dcode", letters) else letters


def _layout(required: Mapping[str, str], **names: str) -> Layout:
    return Layout(required, {field: frozenset(said.split()) for field, said in names.items()})


LAYOUTS: Mapping[FileKind, Layout] = {
    FileKind.ASP_CROSSWALK: _layout(
        {
            "code": "HCPCS code (_2026_CODE)",
            "label": "Short Description",
            "ndc": "NDC2",
            "name": "Drug Name",
            "dosage": "HCPCS dosage",
            "package_size": "PKG SIZE",
            "package_quantity": "PKG QTY",
            "billing_units": "BILLUNITS",
            "package_billing_units": "BILLUNITSPKG",
        },
        code="yearcode hcpcscode hcpcs code",
        label="shortdescription shortdescriptor",
        labeler="labelername labeler manufacturer",
        ndc="ndc2 ndc ndcoralternateid 11digitndc 11digitnationaldrugcodendcoralternateid ndc11",
        name="drugname productname",
        dosage="hcpcsdosage hcpcscodedosage codedosagedescriptor dosage",
        package_size="pkgsize packagesize",
        package_quantity="pkgqty packagequantity",
        billing_units="billunits billableunitsperpackage",
        package_billing_units="billunitspkg billableunitsper11digitndc",
    ),
    FileKind.NOC_CROSSWALK: _layout(
        {
            "label": "Drug Generic Name",
            "ndc": "NDC or ALTERNATE ID",
            "dosage": "Dosage",
            "package_size": "PKG SIZE",
            "package_quantity": "PKG QTY",
            "billing_units": "BILLUNITS",
            "package_billing_units": "BILLUNITSPKG",
        },
        label="druggenericname druggenericnametradename",
        labeler="labelername labeler manufacturer",
        ndc="ndc2 ndc ndcoralternateid",
        name="drugname productname",
        dosage="dosage hcpcsdosage",
        package_size="pkgsize packagesize",
        package_quantity="pkgqty packagequantity",
        billing_units="billunits",
        package_billing_units="billunitspkg",
    ),
    FileKind.ASP_PRICING: _layout(
        {
            "code": "HCPCS Code",
            "label": "Short Description",
            "dosage": "HCPCS Code Dosage",
            "limit": "Payment Limit",
        },
        code="hcpcscode yearcode hcpcs code",
        label="shortdescription shortdescriptor",
        dosage="hcpcscodedosage hcpcsdosage dosage codedosagedescriptor",
        limit="paymentlimit",
        coinsurance="coinsurancepercentage",
        notes="notes note",
    ),
    FileKind.NOC_PRICING: _layout(
        {"name": "Drug Generic Name (Trade Name)", "dosage": "Dosage", "limit": "Payment Limit"},
        name="druggenericnametradename druggenericname",
        dosage="dosage hcpcscodedosage",
        limit="paymentlimit",
        notes="notes note",
    ),
    FileKind.ADDENDUM_B: _layout(
        {"code": "HCPCS Code", "label": "Short Descriptor", "status_indicator": "SI", "payment_rate": "Payment Rate"},
        code="hcpcscode hcpcs code",
        label="shortdescriptor shortdescription",
        status_indicator="si statusindicator ci",
        payment_rate="paymentrate",
        apc="apc",
        source="source",
    ),
    FileKind.HCPCS: _layout(
        {
            "code": "HCPC",
            "long_description": "LONG DESCRIPTION",
            "label": "SHORT DESCRIPTION",
            "added": "ADD DT",
        },
        code="hcpc hcpcs code hcpcscode hcpcscd",
        record="recid",
        kind="kind",
        long_description="longdescription long longdescriptor",
        label="shortdescription short shortdescriptor",
        added="adddt adddate dateadded",
        effective="acteffdt acteffdate dateaction actioneffectivedate",
        terminated="termdt termdate dateterm terminationdate",
        action="actioncd actioncode action",
    ),
    FileKind.NDC_PRODUCT: _layout(
        {
            "product_id": "PRODUCTID",
            "product_ndc": "PRODUCTNDC",
            "name": "PROPRIETARYNAME",
            "generic_name": "NONPROPRIETARYNAME",
            "dosage_form": "DOSAGEFORMNAME",
            "routes": "ROUTENAME",
            "labeler": "LABELERNAME",
            "substances": "SUBSTANCENAME",
            "strengths": "ACTIVE_NUMERATOR_STRENGTH",
            "units": "ACTIVE_INGRED_UNIT",
        },
        product_id="productid",
        product_ndc="productndc",
        product_type="producttypename",
        name="proprietaryname",
        suffix="proprietarynamesuffix",
        generic_name="nonproprietaryname",
        dosage_form="dosageformname",
        routes="routename",
        started="startmarketingdate",
        ended="endmarketingdate",
        application="applicationnumber",
        labeler="labelername",
        substances="substancename",
        strengths="activenumeratorstrength",
        units="activeingredunit",
    ),
    FileKind.NDC_PACKAGE: _layout(
        {
            "product_id": "PRODUCTID",
            "product_ndc": "PRODUCTNDC",
            "ndc": "NDCPACKAGECODE",
            "description": "PACKAGEDESCRIPTION",
        },
        product_id="productid",
        product_ndc="productndc",
        ndc="ndcpackagecode",
        description="packagedescription",
        started="startmarketingdate",
        ended="endmarketingdate",
        is_sample="samplepackage",
    ),
}
"""No kind has all the columns that another must have, so the first that fits is the only one."""

RESLICED = ("Code", "Description1", "Description2", "Type", "Unknown1", "Unknown2", "Unknown3", "Unknown4")
"""Columns of an Alpha-Numeric file that was cut at offsets that are not its own (0-11-90-180-194-204-...-280)."""


def found(kind: FileKind, header: Sequence[str]) -> dict[str, int]:
    """Return where each of the kind's columns stands in `header`; of two with one name the first."""
    names = [reduced(cell) for cell in header]
    places: dict[str, int] = {}
    for field, said in LAYOUTS[kind].names.items():
        for place, name in enumerate(names):
            if name in said and place not in places.values():
                places[field] = place
                break
    return places


def missing(kind: FileKind, places: Mapping[str, int]) -> list[str]:
    """Return the columns that a file of the kind must have and this one has not, as the publisher writes them."""
    return [said for field, said in LAYOUTS[kind].required.items() if field not in places]
