"""Writes: the only functions that change the formulary. Each makes one release, and nothing is edited in place.

Acts by a person ask for the permission `drugs.maintain_formulary` and raise `PermissionDenied` without it.
"""

from drugs.formulary.acts import (
    UnableToAddDrug,
    UnableToAddName,
    UnableToAssignBillingCode,
    UnableToMapChartedName,
    UnableToRetireDrug,
    UnableToSetFamily,
    UnableToSupersedeBillingCode,
    add_drug,
    add_name,
    assign_billing_code,
    map_charted_name,
    retire_drug,
    set_family,
    supersede_billing_code,
)
from drugs.formulary.starter import Loaded, UnableToLoadSeed, load_seed

__all__ = [
    "Loaded",
    "UnableToAddDrug",
    "UnableToAddName",
    "UnableToAssignBillingCode",
    "UnableToLoadSeed",
    "UnableToMapChartedName",
    "UnableToRetireDrug",
    "UnableToSetFamily",
    "UnableToSupersedeBillingCode",
    "add_drug",
    "add_name",
    "assign_billing_code",
    "load_seed",
    "map_charted_name",
    "retire_drug",
    "set_family",
    "supersede_billing_code",
]
