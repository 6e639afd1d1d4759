"""Whoever works for some sites sees and touches nothing of the others, whatever number they write into an address."""

from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.test import Client

from encounters import intake, reports, selectors
from encounters.intake.corrections import add_addendum
from encounters.models import AuditEvent, ClinicQuery, Encounter, Note, Review, SampleAudit, SiteAssignment
from encounters.review import bulk, claims, notes, queries, sights, states
from encounters.sampling import exporting, frames, results, rulings
from encounters.sampling.reviewing import CodedByAuditor
from encounters.selectors import Narrowed, Tab
from tests import personas
from tests.encounters.sampling.accepted import LATER, drawn, locked
from tests.encounters.views.desk import a_clean_encounter, an_encounter_with_a_missing_stop
from tests.factories.encounters import DAY_AFTER, MORNING, SERVICE_DATE, IntakeRefusalFactory, LocationFactory
from tests.factories.reviews import ClinicQueryFactory
from tests.security.attempts import form_of
from tests.security.doors import World, doors, world
from tests.security.roles import API, PAGES

pytestmark = pytest.mark.django_db


@pytest.fixture
def mine() -> Review:
    """An encounter of the site that Ana and Ben work for."""
    review = a_clean_encounter()
    assert review.encounter.location is not None
    for person in (personas.ana(), personas.ben(), personas.finn(), personas.hal()):
        SiteAssignment.objects.create(user=person, location=review.encounter.location)
    return review


@pytest.fixture
def other(mine: Review) -> Review:
    """An encounter of another site."""
    return an_encounter_with_a_missing_stop()


class TestReads:
    def test_show_what_is_of_the_site(self, mine: Review, other: Review) -> None:
        rows = selectors.review_queue(user=personas.ana(), asked=Narrowed(), on=SERVICE_DATE)
        assert [row.pk for row in rows] == [mine.pk]
        assert selectors.tab_counts(user=personas.ana())[Tab.OPEN] == 1
        with pytest.raises(Encounter.DoesNotExist):
            selectors.encounter_detail(encounter_id=other.encounter_id, user=personas.ana())
        with pytest.raises(Encounter.DoesNotExist):
            selectors.encounter_for_review(encounter_id=other.encounter_id, user=personas.ana())

    def test_count_what_is_accepted_there(self, mine: Review, other: Review) -> None:
        states.accept(review=other, user=personas.eve(), at=MORNING, version=other.version, reason="the nurse told me")
        assert selectors.tab_counts(user=personas.eve())[Tab.ACCEPTED] == 1
        assert selectors.tab_counts(user=personas.ana())[Tab.ACCEPTED] == 0

    def test_show_everything_to_whoever_is_bound_to_no_site(self, mine: Review, other: Review) -> None:
        assert selectors.review_queue(user=personas.eve(), asked=Narrowed(), on=SERVICE_DATE).count() == 2

    def test_hide_what_has_no_site(self, mine: Review, other: Review) -> None:
        Encounter.objects.filter(pk=other.encounter_id).update(location=None)
        with pytest.raises(Encounter.DoesNotExist):
            selectors.encounter_for_review(encounter_id=other.encounter_id, user=personas.ana())

    def test_of_questions_and_of_the_trail_are_bound_too(self, mine: Review, other: Review) -> None:
        ClinicQueryFactory.create(review=other, administration=other.encounter.administrations.get(external_id="a2"))
        assert not queries.queries(user=personas.ana()).exists()
        from encounters.audit import reading

        claims.claim(review=other, user=personas.eve(), at=MORNING)
        wanted = reading.Wanted(encounter_id=other.encounter_id)
        assert not reading.events(wanted=wanted, user=personas.finn()).exists()
        assert reading.events(wanted=wanted, user=_auditor_of_all()).exists()


def _auditor_of_all() -> object:
    from tests.factories.users import UserFactory

    return UserFactory.create(groups=["auditor"])


class TestActs:
    def test_on_another_site_are_refused_by_the_domain(self, mine: Review, other: Review) -> None:
        user, at, version = personas.ben(), DAY_AFTER, other.version
        given = other.encounter.administrations.get(external_id="a1")
        query = ClinicQueryFactory.create(review=other, administration=given)
        refusal = IntakeRefusalFactory.create(encounter=other.encounter)
        acts = {
            "claim": lambda: claims.claim(review=other, user=user, at=at),
            "release": lambda: claims.release(review=other, user=user, at=at),
            "assign": lambda: claims.assign(review=other, to=None, user=user, at=at),
            "accept": lambda: states.accept(review=other, user=user, at=at, version=version, reason="x"),
            "pend": lambda: states.pend(review=other, user=user, at=at, version=version, reason="clinic"),
            "reopen": lambda: states.reopen(review=other, user=user, at=at, version=version, reason="x"),
            "see": lambda: sights.see(review=other, run_number=1, administrations=["a2"], user=user, at=at),
            "note": lambda: notes.write(review=other, text="x", anchor_kind="encounter", user=user, at=at),
            "withdraw": lambda: queries.withdraw(query=query, reason="x", user=user, at=at),
            "answer": lambda: queries.answer(query=query, answer="x", user=user, at=at),
            "settle": lambda: intake.settle_refusal(refusal=refusal, user=user, reason="x", at=at),
            "addendum": lambda: add_addendum(
                administration=given, changes={"dose_amount": "2"}, reason="x", author=user, at=at
            ),
        }
        before = AuditEvent.objects.count()
        for name, act in acts.items():
            with pytest.raises(PermissionDenied):
                act()
            assert AuditEvent.objects.count() == before, name
        assert claims.claim_next(user=personas.ana(), at=at) == mine
        assert claims.assign_many(reviews=[other.pk], to=None, user=user, at=at) == 0
        with pytest.raises(bulk.UnableToAcceptTogether):
            bulk.accept_together(reviews=[(mine, mine.version), (other, version)], user=personas.ana(), at=at, seed="1")
        assert not Note.objects.exists()
        assert ClinicQuery.objects.get().state == "open"


class TestSums:
    def test_of_reports_are_over_ones_own_sites(self, mine: Review, other: Review) -> None:
        for review in (mine, other):
            states.accept(review=review, user=personas.eve(), at=DAY_AFTER, version=review.version, reason="told me")
        asked = reports.Asked(since=SERVICE_DATE, until=SERVICE_DATE + timedelta(days=7))
        done = {
            who.__name__: reports.figures(reports.asked_by(who(), asked), on=SERVICE_DATE).done
            for who in (personas.ben, personas.finn, personas.eve, personas.kim)
        }
        assert done == {"ben": 1, "finn": 1, "eve": 2, "kim": 2}

    def test_of_what_waits_and_what_was_found_are_too(self, mine: Review, other: Review) -> None:
        week = reports.Asked(since=SERVICE_DATE, until=SERVICE_DATE + timedelta(days=7))
        ben, everybody = (
            reports.figures(reports.asked_by(who(), week), on=SERVICE_DATE) for who in (personas.ben, personas.kim)
        )
        assert sum(row[1] for row in ben.table("ages").rows) == 1
        assert sum(row[1] for row in everybody.table("ages").rows) == 2
        assert ben.table("findings").rows == ()
        assert everybody.table("findings").rows != ()

    def test_that_are_taken_out_say_of_which_sites(self, mine: Review) -> None:
        asked = reports.Asked(since=SERVICE_DATE, until=SERVICE_DATE + timedelta(days=7))
        reports.export(asked, user=personas.ben(), at=DAY_AFTER)
        event = AuditEvent.objects.get(tag="review:report:exported")
        assert (event.after or {})["sites"] == [mine.location_id]


class TestSamples:
    @pytest.fixture
    def both(self, mine: Review, other: Review) -> tuple[Review, Review]:
        """The two, accepted by Eve."""
        for review in (mine, other):
            states.accept(review=review, user=personas.eve(), at=DAY_AFTER, version=review.version, reason="told me")
        return mine, other

    def test_are_drawn_from_ones_own_sites(self, both: tuple[Review, Review]) -> None:
        frame = frames.Frame()
        assert [unit.encounter for unit in frames.listed(frame=frame, user=personas.finn()).units] == [
            both[0].encounter_id
        ]
        assert len(frames.listed(frame=frame, user=personas.kim()).units) == 2

    def test_of_other_sites_are_shown_to_nobody_who_does_not_audit_in_them(self, both: tuple[Review, Review]) -> None:
        kim, finn = personas.kim(), personas.finn()
        sample = drawn(2, auditors=[kim], user=kim)
        assert sample in results.samples(user=kim)
        assert sample not in results.samples(user=finn)
        for read in (
            lambda: results.progress(sample=sample, user=finn),
            lambda: exporting.export(sample=sample, user=finn, at=DAY_AFTER),
        ):
            with pytest.raises(PermissionDenied):
                read()
        theirs = drawn(1, auditors=[kim])
        assert theirs in results.samples(user=finn)

    def test_are_reviewed_and_ruled_upon_by_whom_they_name(self, both: tuple[Review, Review]) -> None:
        kim, finn = personas.kim(), personas.finn()
        sample = drawn(2, auditors=[finn], user=kim)
        assert sample in results.samples(user=finn)
        audit = SampleAudit.objects.get(item__sample=sample, item__encounter=both[1].encounter_id)
        locked(audit, [CodedByAuditor("96999", 1)])
        rulings.rule(found=audit, row=1, kind="disagreed", reason="by the chart", user=finn, at=LATER)
        rulings.rule(found=audit, row=1, kind="escalated", reason="to a lead", user=finn, at=LATER)
        with pytest.raises(PermissionDenied):
            rulings.rule(found=audit, row=1, kind="upheld", reason="so it is", user=personas.ben(), at=LATER)
        assert not rulings.disputes(user=personas.ben()).exists()


class TestNumbersInAddresses:
    """Every door that takes a number of an encounter or of what hangs on it, with that of another site."""

    @pytest.fixture
    def place(self) -> World:
        place = world()
        mine = LocationFactory.create()
        for person in (personas.ana(), personas.ben(), personas.finn(), personas.hal()):
            SiteAssignment.objects.create(user=person, location=mine)
        return place

    def test_open_nothing(self, place: World) -> None:
        wrong = []
        leads_back = {302}
        for who in (personas.ana, personas.ben, personas.finn, personas.hal):
            client = Client(raise_request_exception=False)
            client.force_login(who())
            for door in doors():
                is_of_chart = {"encounter_id", "query_id", "batch_id", "refusal_id", "run_id"} & {*door.parameters} or (
                    door.name.startswith("encounters-api:") and door.parameters
                )
                if not is_of_chart or door.name not in {*PAGES, *API}:
                    continue
                for method in door.methods:
                    sent: dict[str, Any] = {"data": form_of(door.name, place)} if method == "post" else {}
                    if door.is_of_api and method == "post":
                        sent["content_type"] = "application/json"
                    answer = getattr(client, method)(place.address(door), **sent)
                    allowed = {403, 404, 405} | (leads_back if method == "get" else set())
                    if answer.status_code not in allowed:
                        wrong.append(f"{who.__name__} {method} {door.name}: {answer.status_code}")
        assert not wrong, "\n".join(wrong)

    def test_stand_in_no_list(self, place: World) -> None:
        client = Client()
        client.force_login(personas.hal())
        for name in ("encounters", "runs", "lines", "batches", "queries"):
            assert client.get(f"/api/v1/{name}").json()["results"] == [], name
