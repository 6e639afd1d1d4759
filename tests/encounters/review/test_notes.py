"""Notes: append-only, each on what it hangs, corrected by their author only."""

import pytest
from django.core.exceptions import PermissionDenied

from encounters.models import AuditEvent, Note, Review
from encounters.review import notes
from encounters.review.notes import UnableToNote
from tests import personas
from tests.encounters.review.work import a_review
from tests.factories.encounters import DAY_AFTER

pytestmark = pytest.mark.django_db


@pytest.fixture
def review() -> Review:
    return a_review()


def written(review: Review, text: str = "pump changed at noon", **on: str) -> Note:
    return notes.write(review=review, text=text, user=personas.ana(), at=DAY_AFTER, **on)


class TestWrite:
    def test_keeps_words_author_time_and_anchor(self, review: Review) -> None:
        note = written(review, anchor_kind="line", anchor="96365", anchor_words="96365")
        assert notes.notes_of(review) == [note]
        assert (note.author, note.author_name, note.at, note.anchor) == (personas.ana(), "Ana", DAY_AFTER, "96365")
        assert AuditEvent.objects.filter(tag="review:note:written").count() == 1

    @pytest.mark.parametrize(
        ("text", "on"),
        [
            (" ", {}),
            ("x" * 2001, {}),
            ("ok", {"anchor_kind": "line"}),
            ("ok", {"anchor": "96365"}),
            ("ok", {"anchor_kind": "bar", "anchor": "a1"}),
        ],
        ids=["empty", "too long", "no anchor", "no kind", "unknown kind"],
    )
    def test_refuses_what_says_nothing_or_hangs_on_nothing(self, review: Review, text: str, on: dict[str, str]) -> None:
        with pytest.raises(UnableToNote):
            written(review, text, **on)

    def test_needs_the_permission(self, review: Review) -> None:
        with pytest.raises(PermissionDenied):
            notes.write(review=review, text="seen", user=personas.finn(), at=DAY_AFTER)


class TestRewrite:
    def test_is_a_new_version_and_the_old_one_is_kept(self, review: Review) -> None:
        first = written(review)
        second = notes.rewrite(note=first, text="pump changed at one", user=personas.ana(), at=DAY_AFTER)
        assert notes.notes_of(review) == [second]
        assert Note.objects.get(pk=first.pk).text == "pump changed at noon"
        assert AuditEvent.objects.get(tag="review:note:rewritten").before == {"note": "pump changed at noon"}

    def test_is_for_the_author(self, review: Review) -> None:
        with pytest.raises(UnableToNote, match="its author"):
            notes.rewrite(note=written(review), text="no", user=personas.eve(), at=DAY_AFTER)

    def test_of_an_old_version_is_refused(self, review: Review) -> None:
        first = written(review)
        notes.rewrite(note=first, text="pump changed at one", user=personas.ana(), at=DAY_AFTER)
        with pytest.raises(UnableToNote, match="corrected already"):
            notes.rewrite(note=first, text="pump changed at two", user=personas.ana(), at=DAY_AFTER)
