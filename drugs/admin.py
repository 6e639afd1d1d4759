"""A window for operators: everything can be read here and nothing changed; changes go through `drugs.formulary`."""

from typing import TYPE_CHECKING

from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from drugs.models import (
    BillingCode,
    Drug,
    DrugBillingCode,
    DrugFamily,
    DrugName,
    DrugProfile,
    FormularyImport,
    FormularyRelease,
    ImportAct,
    ImportConflict,
    ImportDifference,
    MarketedSize,
    Ndc,
    NdcBillingCode,
    Price,
    Product,
    StatusIndicator,
)

if TYPE_CHECKING:
    AdminOfModel = admin.ModelAdmin[models.Model]
else:
    # Django's own class takes no type argument at run time.
    AdminOfModel = admin.ModelAdmin


class ReadOnlyAdmin(AdminOfModel):
    """Shows and never writes."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Nothing is added here."""
        return False

    def has_change_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Nothing is changed here."""
        return False

    def has_delete_permission(self, request: HttpRequest, obj: models.Model | None = None) -> bool:
        """Nothing is deleted here."""
        return False


@admin.register(FormularyRelease)
class ReleaseAdmin(ReadOnlyAdmin):
    """Releases, the newest first."""

    list_display = ("id", "name", "kind", "effective_date", "imported_at", "imported_by_name")
    ordering = ("-id",)


@admin.register(Drug)
class DrugAdmin(ReadOnlyAdmin):
    """Drugs by name."""

    list_display = ("name", "source")
    search_fields = ("name", "names__text")
    ordering = ("name",)


@admin.register(FormularyImport)
class ImportAdmin(ReadOnlyAdmin):
    """Imports, the newest first."""

    list_display = ("id", "kind", "effective_from", "file_name", "state", "requested_by_name", "requested_at")
    ordering = ("-id",)


@admin.register(ImportDifference, ImportConflict)
class OfImportAdmin(ReadOnlyAdmin):
    """What an import found."""

    list_display = ("formulary_import", "round", "code", "ndc", "line", "__str__")
    list_select_related = True
    search_fields = ("code", "ndc")


@admin.register(ImportAct)
class ActAdmin(ReadOnlyAdmin):
    """Who did what."""

    list_display = ("formulary_import", "verb", "group", "by_name", "at", "reason")
    list_select_related = True


class OfDrugAdmin(ReadOnlyAdmin):
    """Rows that belong to a drug."""

    search_fields = ("drug__name",)
    list_select_related = True


class OfCodeAdmin(ReadOnlyAdmin):
    """Rows that belong to a code."""

    search_fields = ("hcpcs__code",)
    list_select_related = True


OF_DRUG: tuple[tuple[type[models.Model], tuple[str, ...]], ...] = (
    (DrugProfile, ("drug", "effective_from", "effective_until", "release", "withdrawn_by")),
    (DrugFamily, ("drug", "policy_layer", "family", "effective_from", "effective_until", "withdrawn_by")),
    (DrugName, ("text", "kind", "drug", "product", "withdrawn_by")),
    (Product, ("name", "drug", "labeler", "withdrawn_by")),
    (DrugBillingCode, ("drug", "hcpcs", "product", "effective_from", "effective_until", "withdrawn_by")),
    (Ndc, ("ndc", "name", "drug", "labeler", "effective_from", "effective_until", "withdrawn_by")),
    (MarketedSize, ("drug", "product", "amount", "unit", "is_single_dose", "withdrawn_by")),
)
OF_CODE: tuple[tuple[type[models.Model], tuple[str, ...]], ...] = (
    (BillingCode, ("hcpcs", "label", "per_amount", "per_unit", "effective_from", "effective_until", "withdrawn_by")),
    (Price, ("hcpcs", "payment_limit", "effective_from", "effective_until", "withdrawn_by")),
    (StatusIndicator, ("hcpcs", "indicator", "payment_rate", "effective_from", "effective_until", "withdrawn_by")),
    (NdcBillingCode, ("ndc", "hcpcs", "billing_units", "effective_from", "effective_until", "withdrawn_by")),
)
for base, shelf in ((OfDrugAdmin, OF_DRUG), (OfCodeAdmin, OF_CODE)):
    for model, shown in shelf:
        admin.site.register(model, type(f"{model.__name__}Admin", (base,), {"list_display": shown}))
