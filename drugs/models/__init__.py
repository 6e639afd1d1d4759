"""The formulary's tables. Every row belongs to a release and names its source; rows are withdrawn, never edited."""

from drugs.models.billing import BillingCode, DrugBillingCode, HcpcsCode, Price, StatusIndicator, Unit
from drugs.models.drug import Drug, DrugFamily, DrugName, DrugProfile, NameKind, Product
from drugs.models.package import MarketedSize, Ndc, NdcBillingCode
from drugs.models.release import DatedRow, FormularyRelease, VersionedRow

__all__ = [
    "BillingCode",
    "DatedRow",
    "Drug",
    "DrugBillingCode",
    "DrugFamily",
    "DrugName",
    "DrugProfile",
    "FormularyRelease",
    "HcpcsCode",
    "MarketedSize",
    "NameKind",
    "Ndc",
    "NdcBillingCode",
    "Price",
    "Product",
    "StatusIndicator",
    "Unit",
    "VersionedRow",
]
