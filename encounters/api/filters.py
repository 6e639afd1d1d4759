"""What lists may be narrowed by."""

from django.db.models import QuerySet
from django_filters import rest_framework as filters

from encounters.api.queries import lines_of_newest_runs
from encounters.models import CodedLine, CodingRun, Encounter


class EncounterFilter(filters.FilterSet):
    """Encounters by their names, dates and state."""

    source = filters.CharFilter()
    encounter_id = filters.CharFilter(field_name="external_id")
    mrn = filters.CharFilter(field_name="patient__mrn")
    location = filters.CharFilter(field_name="location__code")
    payer = filters.CharFilter(field_name="payer__code")
    date_of_service = filters.DateFromToRangeFilter()

    class Meta:
        model = Encounter
        fields = ("setting", "coding_state")


class RunFilter(filters.FilterSet):
    """Runs by encounter and by what made them."""

    class Meta:
        model = CodingRun
        fields = ("encounter", "trigger", "rulebook_version", "formulary_version")


class LineFilter(filters.FilterSet):
    """Suggested lines by code, date and encounter."""

    encounter = filters.NumberFilter(field_name="run__encounter")
    date_of_service = filters.DateFromToRangeFilter()
    is_newest = filters.BooleanFilter(
        method="of_newest_run", help_text="true: only lines of each encounter's newest run."
    )

    class Meta:
        model = CodedLine
        fields = ("run", "code", "family", "role")

    def of_newest_run(self, queryset: QuerySet[CodedLine], name: str, value: object) -> QuerySet[CodedLine]:
        """Keep lines of the newest run of their encounter."""
        return lines_of_newest_runs(queryset) if value else queryset
