"""The formulary's tables. Every row belongs to a release and names its source; rows are withdrawn, never edited."""

from drugs.models.billing import BillingCode, DrugBillingCode, HcpcsCode, Price, StatusIndicator, Unit
from drugs.models.drug import Drug, DrugFamily, DrugName, DrugProfile, NameKind, Product
from drugs.models.imports import (
    ConflictKind,
    Decision,
    DifferenceTable,
    FormularyImport,
    Group,
    ImportAct,
    ImportConflict,
    ImportDifference,
    ImportFileChunk,
    ImportState,
)
from drugs.models.package import MarketedSize, Ndc, NdcBillingCode
from drugs.models.release import DatedRow, FormularyRelease, VersionedRow

__all__ = [
    "BillingCode",
    "ConflictKind",
    "DatedRow",
    "Decision",
    "DifferenceTable",
    "Drug",
    "DrugBillingCode",
    "DrugFamily",
    "DrugName",
    "DrugProfile",
    "FormularyImport",
    "FormularyRelease",
    "Group",
    "HcpcsCode",
    "ImportAct",
    "ImportConflict",
    "ImportDifference",
    "ImportFileChunk",
    "ImportState",
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
