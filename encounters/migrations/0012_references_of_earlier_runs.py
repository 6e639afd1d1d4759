"""What charts that were coded before say of drugs. Each encounter's next run writes its own rows over these."""

from collections.abc import Iterator

from django.apps.registry import Apps
from django.db import migrations
from django.db.backends.base.schema import BaseDatabaseSchemaEditor

from drugs.models.names import normalise, reduce_name
from drugs.models.package import parse_ndc

CHUNK = 500
NAMES_OF_THE_DRUG = ("drug_name", "ndc", "hcpcs")


def fill(apps: Apps, schema_editor: BaseDatabaseSchemaEditor) -> None:
    """Every encounter that has a run has its references; what no drug was found for waits to be mapped."""
    encounters = apps.get_model("encounters", "Encounter")
    references = apps.get_model("encounters", "DrugReferences")
    unresolved = apps.get_model("encounters", "UnresolvedDrug")
    coded = encounters.objects.filter(runs__number=1).order_by("pk")
    for chunk in chunks(list(coded.values_list("pk", flat=True))):
        rows = encounters.objects.filter(pk__in=chunk).prefetch_related("administrations__addenda", "orders")
        found = list(rows)
        references.objects.bulk_create(reference(references, encounter) for encounter in found)
        unresolved.objects.bulk_create(one for encounter in found for one in unknown(unresolved, encounter))


def chunks(pks: list[int]) -> Iterator[list[int]]:
    for start in range(0, len(pks), CHUNK):
        yield pks[start : start + CHUNK]


def said(administration: object) -> Iterator[dict[str, object]]:
    yield {name: getattr(administration, name) for name in NAMES_OF_THE_DRUG}
    for addendum in administration.addenda.all():  # type: ignore[attr-defined]
        yield addendum.changes


def reference(model: type, encounter: object) -> object:
    given = list(encounter.administrations.all())  # type: ignore[attr-defined]
    statements = [one for administration in given for one in said(administration)]
    names = [str(one["drug_name"]) for one in statements if one.get("drug_name")]
    names += [order.drug_name for order in encounter.orders.all() if order.drug_name]  # type: ignore[attr-defined]
    ndcs = {parse_ndc(str(one["ndc"])) for one in statements if one.get("ndc")}
    days = {encounter.date_of_service}  # type: ignore[attr-defined]
    days |= {one.started_at.date() for one in given if one.started_at}
    return model(
        encounter=encounter,
        first_date=min(days),
        last_date=max(days),
        names=sorted({form[:200] for name in names for form in (normalise(name), reduce_name(name)) if form}),
        ndcs=sorted(ndc for ndc in ndcs if ndc),
        codes=sorted({str(one["hcpcs"]).strip().upper()[:10] for one in statements if one.get("hcpcs")}),
        drug_ids=sorted({one.drug_id for one in given if one.drug_id}),
    )


def unknown(model: type, encounter: object) -> Iterator[object]:
    for one in encounter.administrations.all():  # type: ignore[attr-defined]
        is_restated = any(name in addendum.changes for addendum in one.addenda.all() for name in NAMES_OF_THE_DRUG)
        name = one.drug_name or one.ndc or one.hcpcs
        if one.drug_id is None and not is_restated and name:
            yield model(
                administration=one,
                encounter=encounter,
                why="unknown",
                name=(normalise(name) or name)[:200],
                charted_name=name,
                ndc=one.ndc,
                hcpcs=one.hcpcs,
                route=one.route,
                dose_amount=one.dose_amount,
                dose_unit=one.dose_unit,
                date_of_service=encounter.date_of_service,  # type: ignore[attr-defined]
            )


class Migration(migrations.Migration):
    """A row for each encounter that was coded."""

    dependencies = [("encounters", "0011_drug_references")]

    operations = [migrations.RunPython(fill, migrations.RunPython.noop)]
