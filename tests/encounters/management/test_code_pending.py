"""The command that codes without a worker."""

from io import StringIO

import pytest
from django.core.management import call_command

from encounters.models import AuditEvent, CodingRun, Encounter
from encounters.models.encounter import CodingState
from rules import engine
from rules.result import CodingResult
from tests.factories.encounters import DrugAdministrationFactory

pytestmark = pytest.mark.django_db


def said(*arguments: str) -> str:
    out = StringIO()
    call_command("code_pending", *arguments, stdout=out)
    return out.getvalue()


def fail(*_: object, **__: object) -> CodingResult:
    raise ZeroDivisionError


def test_codes_what_waits_and_nothing_twice() -> None:
    for _ in range(3):
        DrugAdministrationFactory.create()
    assert said() == "3 coded, 0 could not be coded\n"
    assert said() == "0 coded, 0 could not be coded\n"
    assert CodingRun.objects.count() == 3


def test_counts_what_could_not_be_coded(monkeypatch: pytest.MonkeyPatch) -> None:
    DrugAdministrationFactory.create()
    monkeypatch.setattr(engine, "code_encounter", fail)
    assert said() == "0 coded, 1 could not be coded\n"


def test_tries_failed_ones_again_only_when_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    DrugAdministrationFactory.create()
    with monkeypatch.context() as broken:
        broken.setattr(engine, "code_encounter", fail)
        said()
    assert said() == "0 coded, 0 could not be coded\n"
    assert said("--failed") == "1 failed encounters are tried again\n1 coded, 0 could not be coded\n"
    assert Encounter.objects.get().coding_state == CodingState.CODED
    assert AuditEvent.objects.get(tag="coding:run:requested").before == {"error": "ZeroDivisionError: "}
