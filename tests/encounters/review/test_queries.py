"""Questions to the clinic: non-leading, answered once, and the answer wakes what waited."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest
from django.core.exceptions import PermissionDenied
from django.db import connection, transaction

from encounters.models import Addendum, AuditEvent, ClinicQuery, Review
from encounters.models.query import QueryState
from encounters.models.review import ReviewState
from encounters.review import claims, hold, queries, states, templates
from encounters.review.hold import ReviewHasChanged
from encounters.review.queries import UnableToAnswer, UnableToAsk
from encounters.review.templates import BadTemplate
from rules.vocabulary import FindingKind
from tests import personas
from tests.encounters.review.work import wait_until_somebody_waits_for_a_lock
from tests.encounters.views.desk import an_encounter_with_a_missing_stop
from tests.factories.encounters import DAY_AFTER, MORNING

pytestmark = pytest.mark.django_db

TODAY = date(2026, 1, 16)
LEADING = re.compile(
    r"\$|dollar|pay(?:ment|er|s)?\b|reimburs|bill|charge|code|revenue|claim|CPT|HCPCS|\b\d{5}\b|[A-Z]\d{4}|"
    r"\bshould\b|\bmust have\b|\bwould\b|correct\?|is it true|confirm that",
    re.IGNORECASE,
)


@pytest.fixture
def review() -> Review:
    return claims.claim(review=an_encounter_with_a_missing_stop(), user=personas.ana(), at=DAY_AFTER)


def now(review: Review) -> Review:
    return Review.objects.select_related("run").get(pk=review.pk)


def asked(review: Review, **values: str) -> ClinicQuery:
    said = {"administration": "a2", "template_id": "stop_time", "asked_of": "the infusion nurse"} | values
    return queries.ask(review=review, user=personas.ana(), at=DAY_AFTER, version=now(review).version, **said)


def pended(review: Review) -> None:
    states.pend(
        review=review,
        reason="clinic",
        note="",
        until=None,
        user=personas.ana(),
        at=DAY_AFTER,
        version=now(review).version,
    )


class TestTemplates:
    def test_lead_nobody_and_speak_of_no_payment(self) -> None:
        found = {each.id: LEADING.findall(each.text) for each in templates.templates_on(TODAY)}
        assert {name: words for name, words in found.items() if words} == {}

    def test_ask_and_offer_a_way_out(self) -> None:
        for each in templates.templates_on(TODAY):
            assert "?" in each.text or "say what" in each.text, each.id
            assert not re.search(r"\d{1,2}:\d{2}", each.text), each.id

    def test_name_findings_that_there_are(self) -> None:
        named = {kind for each in templates.templates_on(TODAY) for kind in each.findings}
        assert named <= {kind.value for kind in FindingKind}

    def test_hold_from_their_day(self) -> None:
        assert templates.templates_on(date(2025, 12, 31)) == ()

    def test_fall_back_on_the_open_question(self) -> None:
        found = templates.fitting("lot_missing", on=TODAY)
        assert found is not None
        assert found.id == "open_question"

    @pytest.mark.parametrize(
        ("change", "problem"),
        [
            ({"text": "Was {answer} right?"}, "which no chart says"),
            ({"answer": "guess"}, "is answered by"),
            ({"answer": "choice"}, "lists its choices"),
            ({"field": "price"}, "no field"),
            ({"payment": 1}, "unknown key"),
            ({"from": "soon"}, "needs a date"),
        ],
        ids=["place", "answer", "choices", "field", "key", "date"],
    )
    def test_are_read_strictly(self, change: dict[str, object], problem: str) -> None:
        row: dict[str, object] = {
            "id": "x",
            "from": TODAY,
            "title": "X",
            "findings": [],
            "answer": "words",
            "text": "What is documented about {drug}?",
        }
        assert templates.read_template(row).answer == "words"
        assert templates.read_template(row | {"text": "{drug}: why?"}).asked({"drug": "iron"}) == "Iron: why?"
        with pytest.raises(BadTemplate, match=problem):
            templates.read_template(row | change)


class TestAsk:
    def test_puts_the_charts_words_into_the_question(self, review: Review) -> None:
        query = asked(review)
        assert "Fosaprepitant 1,000 mg is charted with a start at 10:00 on 15 January 2026" in query.text
        assert (query.state, query.expires_date) == (QueryState.OPEN, TODAY + timedelta(days=14))
        assert AuditEvent.objects.filter(tag="review:query:asked", actor=personas.ana()).count() == 1

    def test_is_asked_once_at_a_time(self, review: Review) -> None:
        asked(review)
        with pytest.raises(UnableToAsk, match="open already"):
            asked(review)
        assert ClinicQuery.objects.count() == 1

    @pytest.mark.parametrize(
        "wrong", [{"asked_of": " "}, {"template_id": "price"}, {"administration": "a9"}], ids=["whom", "what", "which"]
    )
    def test_names_somebody_something(self, review: Review, wrong: dict[str, str]) -> None:
        with pytest.raises(UnableToAsk):
            asked(review, **wrong)

    def test_over_a_newer_version_is_refused(self, review: Review) -> None:
        version = now(review).version
        asked(review)
        with pytest.raises(ReviewHasChanged):
            queries.ask(
                review=review,
                administration="a1",
                template_id="dose",
                asked_of="nurse",
                user=personas.ana(),
                at=DAY_AFTER,
                version=version,
            )

    def test_needs_the_permission(self, review: Review) -> None:
        with pytest.raises(PermissionDenied):
            queries.ask(
                review=review,
                administration="a2",
                template_id="stop_time",
                asked_of="nurse",
                user=personas.finn(),
                at=DAY_AFTER,
                version=now(review).version,
            )


class TestAnswer:
    def test_with_a_value_charts_it_codes_again_and_wakes(self, review: Review) -> None:
        query = asked(review)
        pended(review)
        queries.answer(
            query=query,
            answer="10:22, by the pump",
            value="2026-01-15T10:22:00-05:00",
            answered_by="N. Nurse",
            user=personas.hal(),
            at=DAY_AFTER,
        )
        closed = ClinicQuery.objects.get()
        assert (closed.state, closed.answered_by_name, closed.recorded_by) == (
            QueryState.ANSWERED,
            "N. Nurse",
            personas.hal(),
        )
        assert closed.addendum == Addendum.objects.get()
        assert "Answer of the infusion nurse" in Addendum.objects.get().reason
        assert now(review).run.number == 2
        assert now(review).state != ReviewState.PENDED
        assert now(review).woken_because

    def test_in_words_wakes_without_charting(self, review: Review) -> None:
        query = asked(review)
        pended(review)
        queries.answer(query=query, answer="cannot be determined", user=personas.eve(), at=DAY_AFTER)
        assert not Addendum.objects.exists()
        assert now(review).state == ReviewState.TO_DECIDE
        assert now(review).woken_because == "answered: cannot be determined"

    def test_is_given_once(self, review: Review) -> None:
        query = asked(review)
        queries.answer(query=query, answer="no", user=personas.ana(), at=DAY_AFTER)
        with pytest.raises(UnableToAnswer, match="answered already"):
            queries.answer(query=query, answer="yes", user=personas.ana(), at=DAY_AFTER)
        assert ClinicQuery.objects.get().answer == "no"

    @pytest.mark.parametrize(
        ("answer", "value"), [(" ", None), ("early", "2026-01-14T10:00:00-05:00"), ("soon", "soon")]
    )
    def test_that_cannot_be_is_refused_whole(self, review: Review, answer: str, value: str | None) -> None:
        query = asked(review)
        with pytest.raises(UnableToAnswer):
            queries.answer(query=query, answer=answer, value=value, user=personas.ana(), at=DAY_AFTER)
        assert ClinicQuery.objects.get().state == QueryState.OPEN
        assert not Addendum.objects.exists()

    def test_needs_a_permission(self, review: Review) -> None:
        query = asked(review)
        with pytest.raises(PermissionDenied):
            queries.answer(query=query, answer="no", user=personas.finn(), at=DAY_AFTER)


class TestWithdraw:
    def test_says_why(self, review: Review) -> None:
        query = asked(review)
        with pytest.raises(UnableToAsk, match="why"):
            queries.withdraw(query=query, reason=" ", user=personas.ana(), at=DAY_AFTER)
        queries.withdraw(query=query, reason="found in the record", user=personas.ana(), at=DAY_AFTER)
        assert ClinicQuery.objects.get().state == QueryState.WITHDRAWN
        assert asked(review).state == QueryState.OPEN


class TestExpireDue:
    def test_closes_what_nobody_answered_and_wakes_it(self, review: Review) -> None:
        asked(review)
        pended(review)
        assert queries.expire_due(on=TODAY + timedelta(days=14), at=MORNING + timedelta(days=15)) == 0
        assert queries.expire_due(on=TODAY + timedelta(days=15), at=MORNING + timedelta(days=16)) == 1
        assert ClinicQuery.objects.get().state == QueryState.EXPIRED
        assert now(review).woken_because == "a question to the clinic expired"


@pytest.mark.django_db(transaction=True)
class TestManyAtOnce:
    def test_the_sweep_never_waits_in_a_circle_with_acts_on_several_encounters(self) -> None:
        """Whoever holds several reviews took them in the order of their ids; the sweep does so too."""
        first, second = an_encounter_with_a_missing_stop(), an_encounter_with_a_missing_stop()
        for review in (second, first):
            asked(review)

        def sweep() -> int:
            try:
                return queries.expire_due(on=TODAY + timedelta(days=15), at=MORNING + timedelta(days=16))
            finally:
                connection.close()

        with ThreadPoolExecutor(1) as pool:
            with transaction.atomic():
                hold.lock(first, None)
                swept = pool.submit(sweep)
                wait_until_somebody_waits_for_a_lock()
                with connection.cursor() as cursor:
                    cursor.execute("SET LOCAL lock_timeout = '2s'")
                hold.lock(second, None)
            assert swept.result(timeout=30) == 2
