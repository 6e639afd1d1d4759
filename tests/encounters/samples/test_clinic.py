"""The demo clinic: weeks of work and a queue, the same for the same seed, and copies that carry real runs."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
import yaml

from encounters import coding
from encounters.models import AcceptedTally, AuditEvent, CodingRun, DrugReferences, Encounter, FinalLine, Review
from encounters.models.review import ReviewState
from encounters.samples import copies
from encounters.samples.clinic import Clinic, UnableToBuildClinic, _dice, build_clinic
from encounters.samples.loading import FOLDER
from encounters.samples.loading import SOURCE as SAMPLES
from encounters.samples.variants import Variants
from rules.rulebook.loader import load_rulebook
from rules.snapshot import result_to_json

AS_OF = date(2026, 1, 20)
AT = datetime(2026, 1, 20, 12, tzinfo=UTC)

pytestmark = pytest.mark.django_db


def a_clinic(**wanted: Any) -> Clinic:
    usual = {"encounters": 24, "waiting": 10, "seed": 7, "weeks": 2, "as_of": AS_OF, "at": AT, "password": "demo"}
    return build_clinic(**usual | wanted)


def ours() -> list[Encounter]:
    return list(Encounter.objects.filter(source__startswith="demo-clinic").order_by("pk").select_related("patient"))


class TestBuildClinic:
    def test_fills_weeks_with_finished_work_and_the_last_days_with_a_queue(self) -> None:
        built = a_clinic()
        assert (built.distinct, built.copies, built.waiting, built.finished) == (24, 0, 10, 14)
        encounters = ours()
        assert len(encounters) == 24
        assert all(0 < (AS_OF - each.date_of_service).days <= 14 for each in encounters)
        reviews = Review.objects.exclude(encounter__source=SAMPLES)
        assert reviews.filter(state=ReviewState.ACCEPTED).count() >= 13
        assert reviews.exclude(state=ReviewState.ACCEPTED).count() >= 9
        assert all(run.result_digest == coding.digest(run.result) for run in CodingRun.objects.all())
        accepted = AuditEvent.objects.filter(tag="review:encounter:accepted")
        assert len({event.actor_name for event in accepted}) > 1
        assert all(event.at < AT for event in accepted)

    def test_copies_carry_the_run_of_their_original(self) -> None:
        built = a_clinic(encounters=30, distinct=12)
        assert (built.distinct, built.copies) == (12, 18)
        copied = [each for each in ours() if each.external_id.count("-") == 2]
        assert len(copied) == 18
        assert len({each.patient.mrn for each in ours()}) == 30
        for copy in copied:
            original = Encounter.objects.get(external_id=copy.external_id.rpartition("-")[0])
            assert copy.patient != original.patient
            run, first = copy.runs.latest("number"), original.runs.latest("number")
            assert result_to_json(coding.answer(coding.facts_of(run), rulebook=load_rulebook())) == run.result
            # Only where it names the encounter: the number may stand for a dose elsewhere.
            named = '"encounter_id":"{}"'
            assert run.result.replace(named.format(copy.pk), named.format(original.pk)) == first.result
            assert (run.facts_digest, run.result_digest) == (coding.digest(run.facts), coding.digest(run.result))
            review, model = Review.objects.get(encounter=copy), Review.objects.get(encounter=original)
            assert (review.state, review.codes, review.run) == (model.state, model.codes, run)
            assert review.search_text.startswith(f"{copy.patient.mrn} {copy.external_id} ".lower())
            assert FinalLine.objects.filter(review=review).count() == FinalLine.objects.filter(review=model).count()
            assert DrugReferences.objects.filter(encounter=copy).exists()
            given = copy.administrations.order_by("pk")
            assert [one.external_id for one in given] == [
                one.external_id for one in original.administrations.order_by("pk")
            ]
            assert all(one.order is None or one.order.encounter == copy for one in given)

    def test_leaves_room_for_what_comes_after_the_copies(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(copies, "BATCH", 5)
        a_clinic(encounters=30, distinct=12)
        a_clinic(encounters=4, waiting=2, seed=8)
        assert len(ours()) == 34

    def test_is_the_same_for_the_same_seed(self) -> None:
        content = yaml.safe_load((FOLDER / "clinic.yaml").read_text(encoding="utf-8"))
        made = [list(Variants(content, random=_dice(seed, "charts"), prefix="D").take(40)) for seed in (1, 1, 2)]
        assert made[0] == made[1] != made[2]

    def test_is_there_once(self) -> None:
        a_clinic(encounters=2, waiting=1)
        with pytest.raises(UnableToBuildClinic, match="already"):
            a_clinic(encounters=2, waiting=1)

    @pytest.mark.parametrize("wrong", [{"waiting": 0}, {"waiting": 25}, {"weeks": 0}])
    def test_refuses_figures_that_fit_no_clinic(self, wrong: dict[str, int]) -> None:
        with pytest.raises(UnableToBuildClinic, match="At least one"):
            a_clinic(**wrong)

    def test_is_tallied(self) -> None:
        a_clinic(encounters=30, distinct=12)
        assert AcceptedTally.objects.count() == 1
        assert AcceptedTally.objects.get().change == Review.objects.filter(state=ReviewState.ACCEPTED).count()
