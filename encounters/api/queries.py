"""The rows behind the lists, with what they print fetched along."""

from django.db.models import OuterRef, Prefetch, QuerySet, Subquery

from encounters.models import CodedLine, CodingRun, Diagnosis, DrugAdministration, Encounter, RunFinding


def encounters() -> QuerySet[Encounter]:
    """Encounters, newest date of service first."""
    return Encounter.objects.select_related("patient", "location", "payer").order_by("-date_of_service", "-pk")


def charts() -> QuerySet[Encounter]:
    """Encounters with their charts."""
    administrations = (
        DrugAdministration.objects.select_related("drug", "access", "order")
        .prefetch_related("containers", "pauses", "addenda")
        .order_by("position")
    )
    return encounters().prefetch_related(
        Prefetch("administrations", administrations),
        Prefetch("diagnoses", Diagnosis.objects.order_by("position")),
    )


def runs() -> QuerySet[CodingRun]:
    """Runs, newest first, without those that were made wrong on purpose."""
    return CodingRun.objects.filter(seeded__isnull=True).order_by("-pk")


def whole_runs() -> QuerySet[CodingRun]:
    """Runs with their lines and findings."""
    return runs().prefetch_related(
        Prefetch("lines", CodedLine.objects.select_related("run").order_by("position")),
        Prefetch("findings", RunFinding.objects.order_by("position")),
    )


def lines() -> QuerySet[CodedLine]:
    """Suggested lines of all runs, newest run first."""
    return CodedLine.objects.select_related("run").order_by("-run_id", "position")


def lines_of_newest_runs(rows: QuerySet[CodedLine]) -> QuerySet[CodedLine]:
    """Those of `rows` that belong to the newest run of their encounter."""
    known = CodingRun.objects.filter(encounter=OuterRef("run__encounter"), seeded__isnull=True)
    newest = known.order_by("-number").values("pk")[:1]
    return rows.filter(run=Subquery(newest))
