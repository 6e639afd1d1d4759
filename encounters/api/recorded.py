"""What an interface reads of patients is recorded as what a person sees."""

from collections.abc import Callable, Iterable
from typing import Any, cast

from django.contrib.auth.models import User
from django.utils import timezone
from rest_framework.request import Request

from encounters.audit import Tag, looking
from encounters.audit.blinding import refuse_covered, uncovered
from encounters.models import Encounter


class RecordedReads:
    """A list leaves one event with the encounters it showed, one record an event of its encounter.

    Named before the mixins of the framework. `encounter_of` finds the encounter's id of a row, `encounter_path` is the
    way to it for a query. What its reader is to audit blind is not among them.
    """

    encounter_of: Callable[[Any], int]
    encounter_path = "encounter"
    viewed_tag = Tag.ENCOUNTER_VIEWED
    basename: str

    def paginate_queryset(self, queryset: Any) -> Any:  # the framework's
        """The rows of the page; with them the encounters that it shows."""
        rows = uncovered(queryset, user=self._user(), encounter=self.encounter_path)
        page = super().paginate_queryset(rows)  # type: ignore[misc]
        self._record_list(page or ())
        return page

    def get_object(self) -> Any:  # the framework's
        """The one record, seen."""
        found = super().get_object()  # type: ignore[misc]
        encounter = Encounter(pk=type(self).encounter_of(found))
        refuse_covered(encounter_id=encounter.pk, user=self._user())
        looking.viewed(
            encounter=encounter,
            user=self._user(),
            at=timezone.now(),
            tag=self.viewed_tag,
            what=f"API {self.basename}",
        )
        return found

    def _record_list(self, rows: Iterable[Any]) -> None:
        shown = [type(self).encounter_of(row) for row in rows]
        looking.listed(encounters=shown, user=self._user(), at=timezone.now(), what=f"API {self.basename}")

    def _user(self) -> User:
        """Whoever asks: the permissions let nobody in who is nobody."""
        request: Request = self.request  # type: ignore[attr-defined]
        return cast("User", request.user)
