"""Samples end to end in the domain: frozen frames, blind reviews that nothing gets around, rulings, exports."""

import io
import json
import subprocess
import sys
import zipfile
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.test import Client

from encounters import selectors
from encounters.audit import Tag, reading
from encounters.audit.blinding import LinesAreCovered
from encounters.audit.reading import Wanted
from encounters.models import AuditEvent, Encounter, Review, Sample, SampleAudit
from encounters.sampling import comparing, drawing, exporting, frames, planning, results, reviewing, rulings
from encounters.sampling.drawing import UnableToDraw
from encounters.sampling.frames import Frame
from encounters.sampling.reviewing import CodedByAuditor, UnableToLock
from encounters.sampling.rulings import UnableToRule
from tests import personas
from tests.encounters.sampling.accepted import LATER, accepted, drawn, lines_of, locked
from tests.factories.reviews import ReviewFactory

pytestmark = pytest.mark.django_db


def audit(sample: Sample, position: int = 1, place: int = 1) -> SampleAudit:
    return SampleAudit.objects.select_related("item__encounter", "item__review", "item__run").get(
        item__sample=sample, item__position=position, place=place
    )


class TestFrame:
    def test_lists_what_is_accepted_and_fits(self) -> None:
        first, second = accepted(2)
        ReviewFactory.create()
        found = frames.listed(frame=Frame(), user=personas.finn())
        assert [unit.encounter for unit in found.units] == [first.encounter_id, second.encounter_id]
        assert frames.read(found.text) == found.units

    @pytest.mark.parametrize(
        ("asked", "number"),
        [
            (Frame(coder="ana"), 2),
            (Frame(coder="eve"), 0),
            (Frame(setting="office"), 0),
            (Frame(drug="cefa"), 2),
            (Frame(drug="nothing"), 0),
            (Frame(rule="Z99"), 0),
            (Frame(least_value=Decimal(1_000_000)), 0),
            (Frame(most_value=Decimal(1_000_000)), 2),
            (Frame(payer="nobody"), 0),
        ],
    )
    def test_is_narrowed(self, asked: Frame, number: int) -> None:
        accepted(2, is_coded=True)
        assert len(frames.listed(frame=asked, user=personas.finn()).units) == number
        assert Frame.of_words(asked.words()) == asked

    @pytest.mark.parametrize("who", [each for each in personas.EVERYBODY if each is not personas.finn])
    def test_is_for_auditors(self, who: Callable[[], User]) -> None:
        with pytest.raises(PermissionDenied):
            frames.listed(frame=Frame(), user=who())


class TestDraw:
    def test_freezes_the_frame_and_can_be_repeated(self) -> None:
        accepted(5)
        sample = drawn(3)
        accepted(2)
        assert (sample.frame_size, sample.size, sample.items.count()) == (5, 3, 3)
        assert drawing.holds(sample=sample)
        event = AuditEvent.objects.get(tag=Tag.SAMPLE_DRAWN)
        assert event.after is not None
        assert event.after["seed"] == "20260105"
        assert event.after["frame"] == sample.frame_hash

    def test_says_how_often_a_frame_was_drawn_from(self) -> None:
        accepted(3)
        first = drawn(1)
        drawn(1, seed="another")
        assert drawing.drawn_before(frame_hash=first.frame_hash).count() == 2

    @pytest.mark.parametrize(
        ("plan", "words"),
        [
            ({"seed": " "}, "seed"),
            ({"size": 9}, "cannot be drawn"),
            ({"auditors": []}, "One auditor"),
            ({"read_twice": 1}, "second auditor"),
            ({"frame_hash": "0" * 64}, "has changed"),
        ],
    )
    def test_refuses(self, plan: dict[str, object], words: str) -> None:
        accepted(2)
        with pytest.raises(UnableToDraw, match=words):
            drawn(**({"size": 1} | plan))

    def test_refuses_an_auditor_who_coded_or_may_not_audit(self) -> None:
        personas.ana().groups.add(personas.finn().groups.get())
        accepted(1, coder=User.objects.get(username="ana"))
        with pytest.raises(UnableToDraw, match="somebody else"):
            drawn(1, auditors=[User.objects.get(username="ana")])
        with pytest.raises(UnableToDraw, match="may not audit"):
            drawn(1, auditors=[personas.eve()])

    def test_says_who_had_looked_before(self) -> None:
        (review,) = accepted()
        client = Client()
        client.force_login(personas.finn())
        client.get(f"/history/{review.encounter_id}/")
        assert audit(drawn(1)).had_seen


class TestBlind:
    def test_shows_the_chart_and_no_line(self) -> None:
        accepted(is_coded=True)
        found = reviewing.blind(found=audit(drawn(1)), user=personas.finn(), at=LATER)
        assert [one.drug.name for one in found.facts.administrations] == ["cefazolin"]
        assert AuditEvent.objects.filter(tag=Tag.ITEM_VIEWED, actor=personas.finn()).exists()

    def test_covers_every_other_read_until_the_lock_and_records_the_try(self) -> None:
        (review,) = accepted()
        sample, finn = drawn(1), personas.finn()
        encounter = Encounter.objects.get(pk=review.encounter_id)
        reads: list[Callable[[], object]] = [
            lambda: selectors.encounter_detail(encounter_id=encounter.pk, user=finn),
            lambda: selectors.encounter_for_review(encounter_id=encounter.pk, user=finn),
            lambda: selectors.history(encounter=encounter, user=finn),
            lambda: selectors.runs_of(encounter=encounter, user=finn),
            lambda: selectors.final_lines_of(encounter=encounter, user=finn),
            lambda: reading.events(wanted=Wanted(encounter_id=encounter.pk), user=finn),
        ]
        for number, read in enumerate(reads, start=1):
            with pytest.raises(LinesAreCovered):
                read()
            assert AuditEvent.objects.filter(tag=Tag.COVERED_READ_REFUSED, encounter=encounter).count() == number
        assert not reading.events(wanted=Wanted(), user=finn).filter(encounter=encounter).exists()
        locked(audit(sample))
        assert all(read() is not None for read in reads)

    def test_covers_pages_and_interface(self, client: Client) -> None:
        (review,) = accepted(is_coded=True)
        drawn(1)
        client.force_login(personas.finn())
        run = review.accepted_run_id
        pages = [
            f"/review/{review.encounter_id}/",
            f"/review/{review.encounter_id}/compare/",
            f"/history/{review.encounter_id}/",
            f"/audit/replay/{run}/",
            f"/audit/trail/?encounter={review.encounter_id}",
            f"/audit/trail/export.csv?encounter={review.encounter_id}",
            f"/api/v1/encounters/{review.encounter_id}",
            f"/api/v1/runs/{run}",
        ]
        assert {page: client.get(page).status_code for page in pages} == dict.fromkeys(pages, 403)
        for page in ("/review/?tab=accepted", "/api/v1/runs", "/api/v1/lines", "/audit/trail/"):
            assert "96365" not in client.get(page).content.decode(), page
        client.force_login(personas.kim())
        assert client.get(f"/history/{review.encounter_id}/").status_code == 200

    def test_is_the_auditors_own(self) -> None:
        accepted()
        sample = drawn(1)
        with pytest.raises(PermissionDenied):
            reviewing.audit_of(sample_id=sample.pk, position=1, user=personas.kim())
        with pytest.raises(PermissionDenied):
            reviewing.lock(found=audit(sample), lines=[], user=personas.kim(), at=LATER)

    def test_is_locked_once(self) -> None:
        accepted()
        found = locked(audit(drawn(1)))
        with pytest.raises(UnableToLock):
            reviewing.lock(found=found, lines=[], user=personas.finn(), at=LATER)


class TestRulings:
    @pytest.fixture
    def found(self) -> SampleAudit:
        accepted()
        return locked(audit(drawn(1)), [CodedByAuditor("96365", 2)])

    def say(self, found: SampleAudit, kind: str, who: User, row: int = 1) -> None:
        rulings.rule(found=found, row=row, kind=kind, reason="15 minutes are a push", user=who, at=LATER)

    def standing(self, found: SampleAudit) -> str:
        return comparing.compared(found=found)[0].standing

    def test_go_from_auditor_to_coder_to_lead(self, found: SampleAudit) -> None:
        for kind, who in (
            ("disagreed", personas.finn()),
            ("rebutted", personas.ana()),
            ("escalated", personas.ana()),
            ("overturned", personas.ben()),
        ):
            self.say(found, kind, who)
            assert self.standing(found) == kind
        progress = results.progress(sample=found.item.sample, user=personas.finn())
        assert progress.scores["precision"]["right"] == 1
        assert AuditEvent.objects.filter(tag=Tag.ITEM_RULED).count() == 4

    def test_refuse_strangers_and_wrong_turns(self, found: SampleAudit) -> None:
        for kind, who in (
            ("disagreed", personas.kim()),
            ("rebutted", personas.eve()),
            ("escalated", personas.eve()),
            ("upheld", personas.finn()),
        ):
            with pytest.raises(PermissionDenied):
                self.say(found, kind, who)
        for kind, who in (("rebutted", personas.ana()), ("upheld", personas.ben()), ("nonsense", personas.ben())):
            with pytest.raises(UnableToRule):
                self.say(found, kind, who)
        with pytest.raises(UnableToRule, match="no difference"):
            self.say(found, "disagreed", personas.finn(), row=99)

    def test_refuse_a_lead_who_coded_it(self) -> None:
        accepted(coder=personas.ben())
        found = locked(audit(drawn(1)), [CodedByAuditor("96365", 2)])
        self.say(found, "disagreed", personas.finn())
        self.say(found, "escalated", personas.finn())
        with pytest.raises(PermissionDenied):
            self.say(found, "overturned", personas.ben())

    def test_stand_before_the_coder_and_the_lead(self, found: SampleAudit) -> None:
        self.say(found, "disagreed", personas.finn())
        assert rulings.disputes(user=personas.ana()).count() == 1
        assert rulings.disputes(user=personas.ben()).count() == 0
        self.say(found, "escalated", personas.finn())
        assert rulings.disputes(user=personas.ben()).count() == 1
        with pytest.raises(PermissionDenied):
            rulings.disputes(user=personas.cleo())


class TestExport:
    def verified(self, content: bytes, place: Path) -> subprocess.CompletedProcess[str]:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            archive.extractall(place)
        command = [sys.executable, "-I", str(place / "verify_sample.py")]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=place)

    @pytest.fixture
    def sample(self) -> Sample:
        accepted(4, is_coded=True)
        sample = drawn(3, auditors=[personas.finn(), personas.kim()], read_twice=2)
        locked(audit(sample, 1))
        locked(audit(sample, 2), [CodedByAuditor("96365", 1)])
        locked(audit(sample, 3))
        locked(audit(sample, 1, 2))
        return sample

    def test_verifies_itself_offline_and_is_the_same_again(self, sample: Sample, tmp_path: Path) -> None:
        content = exporting.export(sample=sample, user=personas.finn(), at=LATER)
        assert content == exporting.bundle(sample)
        found = self.verified(content, tmp_path)
        assert (found.returncode, found.stderr) == (0, "")
        assert "The sample is verified." in found.stdout
        assert "BROKEN" not in found.stdout
        assert AuditEvent.objects.filter(tag=Tag.SAMPLE_EXPORTED, after__bytes=len(content)).exists()

    @pytest.mark.parametrize("name", ["frame.jsonl", "draw.json", "reviews.json", "results.json"])
    def test_breaks_where_a_file_was_changed(self, sample: Sample, tmp_path: Path, name: str) -> None:
        content = exporting.bundle(sample)
        self.verified(content, tmp_path)
        changed = (tmp_path / name).read_text().replace("1", "7", 1)
        (tmp_path / name).write_text(changed)
        command = [sys.executable, "-I", str(tmp_path / "verify_sample.py")]
        assert subprocess.run(command, capture_output=True, text=True, check=False).returncode == 1

    def test_breaks_where_a_score_and_its_hash_were_changed(self, sample: Sample, tmp_path: Path) -> None:
        self.verified(exporting.bundle(sample), tmp_path)
        found = json.loads((tmp_path / "results.json").read_text())
        found["final"]["precision"]["right"] += 1
        (tmp_path / "results.json").write_text(json.dumps(found))
        manifest = json.loads((tmp_path / "manifest.json").read_text())
        manifest["files"]["results.json"] = (
            __import__("hashlib").sha256((tmp_path / "results.json").read_bytes()).hexdigest()
        )
        (tmp_path / "manifest.json").write_text(json.dumps(manifest))
        command = [sys.executable, "-I", str(tmp_path / "verify_sample.py")]
        found = subprocess.run(command, capture_output=True, text=True, check=False)
        assert found.returncode == 1
        assert "BROKEN  every score of the final lines" in found.stdout

    def test_waits_for_who_still_reviews_blind(self, sample: Sample) -> None:
        with pytest.raises(exporting.UnableToExport):
            exporting.export(sample=sample, user=personas.kim(), at=LATER)

    def test_a_coder_named_like_a_formula_is_no_formula_in_its_tables(self) -> None:
        User.objects.filter(pk=personas.ana().pk).update(username="@ana", first_name="@ana")
        accepted(coder=User.objects.get(username="@ana"))
        with zipfile.ZipFile(io.BytesIO(exporting.bundle(drawn(1)))) as archive:
            tables = [archive.read(f"{name}.csv").decode() for name in ("frame", "lines")]
        assert all(",'@ana," in table for table in tables)
        assert not any(",@ana," in table for table in tables)

    def test_names_no_patient(self, sample: Sample) -> None:
        content = exporting.bundle(sample)
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            text = b"".join(archive.read(name) for name in archive.namelist())
        for review in Review.objects.select_related("encounter__patient"):
            assert review.encounter.patient.mrn.encode() not in text


class TestPlanning:
    def test_attribute_size_is_the_least(self) -> None:
        size = planning.attribute_size(rate=0.95, half_width=0.05, confidence=0.95)
        assert planning._width(size, 0.95, 0.95) <= 0.1
        assert planning._width(size - 1, 0.95, 0.95) > 0.1

    def test_detection_size_is_as_published(self) -> None:
        """AICPA's table of discovery sampling: 5 % at 95 % of a large population takes 59, at 90 % 45."""
        assert planning.detection_size(frame=1_000_000, tolerable=0.05, confidence=0.95) == 59
        assert planning.detection_size(frame=1_000_000, tolerable=0.05, confidence=0.90) == 45
        assert planning.detection_size(frame=10, tolerable=0.05, confidence=0.95) == 10

    def test_full_size_follows_mean_and_deviation(self) -> None:
        """Mean 10, deviation 10 at 90 % and 25 %: (1.645 × 10 / 2.5)² = 43.3."""
        overpayments = [0.0, 20.0] * 25
        assert planning.full_size(overpayments=overpayments, frame=1_000_000) == 45
        assert planning.full_size(overpayments=overpayments, frame=50) == 24
        with pytest.raises(planning.UnableToPlan):
            planning.full_size(overpayments=[0.0, 0.0], frame=50)

    def test_allocation_adds_up_and_keeps_its_limits(self) -> None:
        strata = {"a": [Decimal(n) for n in range(90)], "b": [Decimal(5)] * 9, "c": [Decimal(1)]}
        assert planning.allocate(total=20, strata=strata, how="proportional") == {"a": 18, "b": 1, "c": 1}
        assert planning.allocate(total=20, strata=strata, how="equal") == {"a": 10, "b": 9, "c": 1}
        assert planning.allocate(total=20, strata=strata, how="neyman") == {"a": 18, "b": 1, "c": 1}
        with pytest.raises(planning.UnableToPlan):
            planning.allocate(total=2, strata=strata, how="equal")


class TestPages:
    def test_draw_review_and_show(self, client: Client) -> None:
        accepted(3, is_coded=True)
        client.force_login(personas.finn())
        said = client.get("/audit/samples/new/").context["form"].initial
        asked = {
            **said,
            "name": "October",
            "stratified_by": "payer",
            "allocation": "proportional",
            "first_auditor": "finn",
            "plan": "own",
            "size": 3,
            "size_words": "all of them",
        }
        looked = client.post("/audit/samples/new/", asked | {"look": 1})
        assert looked.status_code == 200
        drawn_page = client.post("/audit/samples/new/", asked | {"draw": 1, "frame_hash": looked.context["found"].hash})
        sample = Sample.objects.get()
        assert drawn_page.url == f"/audit/samples/{sample.pk}/"
        page = f"/audit/samples/{sample.pk}/1/"
        assert client.get(f"/audit/samples/{sample.pk}/next/").url == page
        blind = client.get(page).content.decode()
        assert "covered until you reveal" in blind
        assert "96365" not in blind
        assert "J0690" not in blind
        assert client.post(page, {"lock": 1}).status_code == 422
        assert client.post(page, {"lock": 1, "code": "9", "units": "1"}).status_code == 422
        client.post(
            page, {"lock": 1, "code": ["96365", "", "96366"], "units": ["1", "1", "2"], "words": ["", "", "hours"]}
        )
        assert "96365" in client.get(page).content.decode()
        assert client.get(f"/audit/samples/{sample.pk}/").status_code == 200
        assert client.get("/audit/samples/").status_code == 200
        assert client.get(f"/audit/samples/{sample.pk}/export.zip").status_code == 302
        differing = next(row for row in comparing.compared(found=audit(sample)) if not row.is_same)
        address = f"/audit/rulings/{audit(sample).pk}/{differing.number}/"
        client.post(address, {"kind": "disagreed", "reason": "not documented"})
        client.force_login(personas.ana())
        assert "not documented" in client.get("/audit/answers/").content.decode()

    @pytest.mark.parametrize("who", [each for each in personas.EVERYBODY if each is not personas.finn])
    def test_are_for_auditors(self, client: Client, who: Callable[[], User]) -> None:
        accepted()
        sample = drawn(1)
        client.force_login(who())
        for page in ("", "new/", f"{sample.pk}/", f"{sample.pk}/1/", f"{sample.pk}/next/", f"{sample.pk}/export.zip"):
            assert client.get(f"/audit/samples/{page}").status_code == 403, page
        assert lines_of(sample.items.get().review)
