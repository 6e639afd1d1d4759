"""Which encounter comes next: of what the queue was narrowed to, and what was skipped last."""

import pytest

from encounters.review import states
from tests import personas
from tests.encounters.views.desk import a_clean_encounter, address, an_encounter_with_a_missing_stop, opened, signed_in
from tests.factories.encounters import DAY_AFTER

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("the_day_after")]


def test_it_comes_behind_all_others_and_then_again() -> None:
    first, second, third = (a_clean_encounter() for _ in range(3))
    client = opened(first)
    assert client.post(address(first, "skip")).headers["Location"] == address(second)
    assert client.post(address(second, "accept"), {"version": second.version}).headers["Location"] == address(third)
    assert client.post(address(third, "accept"), {"version": third.version}).headers["Location"] == address(first)


def test_it_is_handed_to_others_as_before() -> None:
    first, _ = a_clean_encounter(), a_clean_encounter()
    opened(first).post(address(first, "skip"))
    assert signed_in(personas.eve()).post("/review/next/").headers["Location"] == address(first)


def test_it_comes_as_before_once_it_has_changed() -> None:
    first, second, _ = (a_clean_encounter() for _ in range(3))
    client = opened(first)
    client.post(address(first, "skip"))
    held = states.pend(review=first, reason="clinic", user=personas.ana(), at=DAY_AFTER, version=first.version)
    states.wake(review=held, user=personas.ana(), at=DAY_AFTER, version=held.version)
    answer = client.post(address(second, "accept"), {"version": second.version})
    assert answer.headers["Location"] == address(first)


def test_the_queue_itself_hands_out_another() -> None:
    first, second = a_clean_encounter(), a_clean_encounter()
    client = opened(first)
    client.post(address(first, "skip"))
    client.post(address(second, "release"))
    assert client.post("/review/next/").headers["Location"] == address(second)


def test_only_so_many_are_remembered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("encounters.views.handing_out.MOST_SKIPPED", 1)
    first, second, third = (a_clean_encounter() for _ in range(3))
    client = opened(first)
    for review in (first, second):
        client.post(address(review, "skip"))
    assert client.post(address(third, "accept"), {"version": third.version}).headers["Location"] == address(first)


class TestNarrowed:
    def test_the_next_one_comes_from_what_the_queue_was_narrowed_to(self) -> None:
        an_encounter_with_a_missing_stop()
        first, second = a_clean_encounter(), a_clean_encounter()
        client = signed_in()
        client.get("/review/", {"tab": "ready"})
        assert client.post("/review/next/").headers["Location"] == address(first)
        answer = client.post(address(first, "accept"), {"version": first.version}, follow=True)
        assert answer.redirect_chain[-1][0] == address(second)
        assert 'next from <a class="link" href="/review/?tab=ready">Ready</a>' in answer.text

    def test_then_from_all_and_says_so(self) -> None:
        first, other = a_clean_encounter(), an_encounter_with_a_missing_stop()
        client = signed_in()
        client.get("/review/", {"tab": "ready"})
        answer = client.post(address(first, "accept"), {"version": first.version}, follow=True)
        assert answer.redirect_chain[-1][0] == address(other)
        assert "Nothing more is free in Ready, or you skipped it. This is the best of all that is open." in answer.text
        assert "next from" not in answer.text
        # From now on it goes on with all, and says nothing more of it.
        assert client.cookies["queue"].value == ""

    def test_skipping_leads_on_in_it_then_to_all_and_never_back(self) -> None:
        other = an_encounter_with_a_missing_stop()
        first, second = a_clean_encounter(), a_clean_encounter()
        client = opened(first)
        client.get("/review/", {"tab": "ready"})
        assert client.post(address(first, "skip")).headers["Location"] == address(second)
        assert client.post(address(second, "skip")).headers["Location"] == address(other)
        assert client.post(address(other, "skip")).headers["Location"] == address(first)

    def test_skipping_all_that_is_left_says_so(self) -> None:
        review = a_clean_encounter()
        client = opened(review)
        client.get("/review/", {"q": review.encounter.patient.mrn})
        answer = client.post(address(review, "skip"), follow=True)
        assert answer.redirect_chain[-1][0] == "/review/"
        assert "That was the last one that nobody holds. It is back in the queue." in answer.text
        assert (
            "Nothing is left that nobody holds but what you skipped." in client.post("/review/next/", follow=True).text
        )

    def test_is_nobody_elses_at_the_same_browser(self) -> None:
        best, _ = an_encounter_with_a_missing_stop(), a_clean_encounter()
        client = signed_in()
        client.get("/review/", {"tab": "ready"})
        kept = client.cookies["queue"].value
        client.force_login(personas.eve())
        assert client.cookies["queue"].value == kept
        assert client.post("/review/next/").headers["Location"] == address(best)

    def test_words_are_sealed_where_the_browser_keeps_them(self) -> None:
        review = a_clean_encounter()
        client = signed_in()
        client.get("/review/", {"q": review.encounter.patient.mrn})
        kept = client.cookies["queue"]
        assert review.encounter.patient.mrn not in kept.value
        assert (kept["httponly"], kept["samesite"], kept["max-age"]) == (True, "Lax", "")
        assert client.post("/review/next/").headers["Location"] == address(review)

    @pytest.mark.parametrize("shown", [{}, {"tab": "open"}])
    def test_ends_with_a_look_at_all(self, shown: dict[str, str]) -> None:
        best, _ = an_encounter_with_a_missing_stop(), a_clean_encounter()
        client = signed_in()
        client.get("/review/", {"tab": "ready"})
        client.get("/review/", shown)
        assert client.post("/review/next/").headers["Location"] == address(best)

    @pytest.mark.parametrize("tab", ["accepted", "pended"])
    def test_stays_while_one_looks_at_what_cannot_be_worked(self, tab: str) -> None:
        an_encounter_with_a_missing_stop()
        clean = a_clean_encounter()
        client = signed_in()
        client.get("/review/", {"tab": "ready"})
        client.get("/review/", {"tab": tab})
        assert client.post("/review/next/").headers["Location"] == address(clean)

    @pytest.mark.parametrize("kept", ["{ana} tab=nonsense", "tab=ready", "~broken", "%00&&&=", "{ana} payer=NONE"])
    def test_what_the_browser_made_of_it_breaks_nothing(self, kept: str) -> None:
        review = a_clean_encounter()
        client = signed_in()
        client.cookies["queue"] = kept.format(ana=personas.ana().pk)
        assert client.post("/review/next/").headers["Location"] == address(review)
