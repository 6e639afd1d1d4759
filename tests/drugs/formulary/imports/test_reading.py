from datetime import timedelta
from unittest.mock import patch

import pytest
from django.core.exceptions import PermissionDenied
from pytest_django import DjangoAssertNumQueries

from drugs import tasks
from drugs.cms.files import FileKind
from drugs.formulary import imports
from drugs.formulary.imports import reading
from drugs.formulary.imports.receiving import kept_file
from drugs.models import (
    FormularyImport,
    FormularyRelease,
    ImportConflict,
    ImportDifference,
    ImportFileChunk,
    ImportState,
)
from tests import personas
from tests.drugs.formulary.imports.acts import AT, compared, found, sent
from tests.factories.cms import price_file

pytestmark = pytest.mark.django_db

PRICING = FileKind.ASP_PRICING
ROW = ("J3373", "Inj, vancomycin hcl, 10 mg", "10 MG", "0.061")
FILE = price_file("2025Q3", ROW)


class TestReceiveFile:
    def test_keeps_the_bytes_as_they_were_sent(self) -> None:
        with patch("drugs.formulary.imports.receiving.CHUNK", 100):
            received = sent(FILE, kind=PRICING, quarter="2025Q3")
        assert ImportFileChunk.objects.count() > 1
        with kept_file(received) as kept:
            assert kept.read() == FILE
        assert (received.size, received.state) == (len(FILE), ImportState.RECEIVED)

    def test_takes_a_file_once(self) -> None:
        sent(FILE, kind=PRICING, quarter="2025Q3")
        with pytest.raises(imports.UnableToReceive, match="sent before: ASP pricing 2025Q3, received"):
            sent(FILE, kind=PRICING, quarter="2025Q3")

    def test_takes_a_refused_file_again(self) -> None:
        assert compared(FILE, kind=PRICING, quarter="2025Q4").state == ImportState.REFUSED
        assert compared(FILE, kind=PRICING).state == ImportState.DIFFERENCES

    @pytest.mark.parametrize(
        ("content", "why"), [(b"", "is empty"), (b"x" * 2048, "more than")], ids=["empty", "large"]
    )
    def test_refuses(self, content: bytes, why: str) -> None:
        with (
            patch("drugs.formulary.imports.receiving.LARGEST", 1024),
            pytest.raises(imports.UnableToReceive, match=why),
        ):
            sent(content, kind=PRICING, quarter="2025Q3")
        assert not FormularyImport.objects.exists()

    def test_refuses_a_kind_that_has_no_place_in_the_formulary(self) -> None:
        with pytest.raises(imports.UnableToReceive, match="prices of codes"):
            sent(FILE, kind=FileKind.NOC_PRICING, quarter="2025Q3")

    def test_is_for_those_who_maintain_the_formulary(self) -> None:
        with patch.object(personas, "cleo", personas.ana), pytest.raises(PermissionDenied):
            sent(FILE, kind=PRICING, quarter="2025Q3")


class TestRead:
    def test_a_broken_file_changes_nothing_and_says_where(self) -> None:
        lines = FILE.splitlines(keepends=True)
        broken = b"".join(lines[:-1])
        refused = compared(broken, kind=PRICING)
        assert refused.state == ImportState.REFUSED
        assert "it was cut" in refused.error
        assert "line" in refused.error_place
        assert not ImportDifference.objects.exists()
        assert not ImportConflict.objects.exists()
        assert not FormularyRelease.objects.exists()

    def test_a_worker_that_dies_half_way_leaves_nothing_behind_and_the_next_one_finishes(self) -> None:
        waiting = sent(FILE, kind=PRICING, quarter="2025Q3")
        with patch.object(reading, "_carry_decisions_over", side_effect=MemoryError), pytest.raises(MemoryError):
            imports.read(import_id=waiting.pk, at=AT)
        waiting.refresh_from_db()
        assert (waiting.state, waiting.attempts) == (ImportState.READING, 1)
        assert not ImportDifference.objects.exists()
        assert imports.read(import_id=waiting.pk, at=AT)
        waiting.refresh_from_db()
        assert (waiting.state, found(waiting).count()) == (ImportState.DIFFERENCES, 4)

    def test_a_file_over_which_workers_die_is_refused_at_last(self) -> None:
        waiting = sent(FILE, kind=PRICING, quarter="2025Q3")
        for _ in range(3):
            with patch.object(reading, "_carry_decisions_over", side_effect=MemoryError), pytest.raises(MemoryError):
                imports.read(import_id=waiting.pk, at=AT)
        assert not imports.read(import_id=waiting.pk, at=AT)
        waiting.refresh_from_db()
        assert (waiting.state, waiting.error[:26]) == (ImportState.REFUSED, "Reading it broke off 3 tim")

    def test_twice_does_it_once(self) -> None:
        waiting = sent(FILE, kind=PRICING, quarter="2025Q3")
        assert imports.read(import_id=waiting.pk, at=AT)
        assert not imports.read(import_id=waiting.pk, at=AT)
        waiting.refresh_from_db()
        assert waiting.round == 1

    def test_asks_no_query_a_row(self, django_assert_max_num_queries: DjangoAssertNumQueries) -> None:
        rows = [(f"J{number}", "Example", "10 MG", "1.000") for number in range(1000, 1400)]
        waiting = sent(price_file("2025Q3", *rows), kind=PRICING, quarter="2025Q3")
        with django_assert_max_num_queries(45):
            imports.read(import_id=waiting.pk, at=AT)
        assert found(FormularyImport.objects.get(pk=waiting.pk)).count() == 802


class TestSweep:
    def test_finds_what_nobody_was_told_of(self) -> None:
        waiting = sent(FILE, kind=PRICING, quarter="2025Q3")
        assert imports.waiting_for_a_worker(at=AT) == []
        later = AT + timedelta(minutes=2)
        assert imports.waiting_for_a_worker(at=later) == [waiting.pk]
        assert imports.waiting_for_a_worker(at=later) == []
        assert imports.waiting_for_a_worker(at=later + timedelta(minutes=2)) == [waiting.pk]

    def test_has_it_read(self) -> None:
        waiting = sent(FILE, kind=PRICING, quarter="2025Q3")
        with patch.object(tasks.read_import, "delay", lambda *, import_id: tasks.read_import(import_id=import_id)):
            tasks.sweep_imports()
        waiting.refresh_from_db()
        assert waiting.state == ImportState.DIFFERENCES
