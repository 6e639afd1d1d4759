"""Values of a result that are made by position: each field holds what its name says."""

from collections.abc import Iterator
from datetime import date
from decimal import Decimal

from rules.engine import code_encounter
from rules.result import Lost, NdcLine, Step
from rules.rulebook.loader import load_rulebook
from rules.vocabulary import FindingKind, LineFamily, Reason, Role, Severity
from rules.worksheet.drafts import Draft, coded_line
from rules.worksheet.steps import make_finding, make_not_billed, make_step
from rules.worksheet.units import Entry
from tests.bench.encounters import encounters
from tests.factories.facts import encounter, infusion

WHY = Step("kind", "B1", (("minutes", 3),), ("long_push", "push"))


def tuples_in(value: object) -> Iterator[tuple[object, ...]]:
    """Every named tuple that the value holds, itself included."""
    if isinstance(value, tuple):
        if hasattr(value, "_fields"):
            yield value
        for part in value:
            yield from tuples_in(part)


def test_a_line_has_the_values_of_its_draft_under_their_names() -> None:
    [given] = encounter(infusion()).administrations
    entry = Entry(given, visit=1, start=600, stop=660, offset=0, chart=((600, 660),))
    draft = Draft(
        slot="therapeutic_infusion_initial",
        code="96365",
        units=2,
        role=Role.INITIAL,
        family=LineFamily.THERAPEUTIC,
        entries=[entry],
        date_of_service=date(2026, 1, 15),
        order=(1, 0, 2, 600, entry.id),
        steps=[WHY],
        visit=3,
        access="B",
        minutes=60,
        lost=(Lost("96367", WHY),),
        price=Decimal("7.5"),
        modifiers=["59"],
    )
    draft.key, draft.diagnoses, draft.narrative = "96365-59-1", ("C18.9",), "words"
    draft.ndc, draft.further_ndcs = NdcLine("1", None, "ML"), (NdcLine("2", None, "UN"),)
    assert coded_line(draft)._asdict() == {
        "key": "96365-59-1",
        "code": "96365",
        "units": 2,
        "role": Role.INITIAL,
        "family": LineFamily.THERAPEUTIC,
        "administrations": (entry.id,),
        "date_of_service": date(2026, 1, 15),
        "modifiers": ("59",),
        "access": "B",
        "visit": 3,
        "minutes": 60,
        "steps": (WHY,),
        "lost": (Lost("96367", WHY),),
        "diagnoses": ("C18.9",),
        "narrative": "words",
        "ndc": NdcLine("1", None, "ML"),
        "price": Decimal("7.5"),
        "further_ndcs": (NdcLine("2", None, "UN"),),
    }


def test_what_is_made_by_position_is_what_is_made_by_name() -> None:
    kind, severity, reason = FindingKind.UNLISTED, Severity.WARNS, Reason.PAUSED
    step = Step(kind="kind", rule="B1", values=(("minutes", 3),), policy=("long_push", "push"))
    assert make_step("kind", "B1", (("minutes", 3),), ("long_push", "push")) == step
    found = make_finding(kind, severity, ("a1",), step, WHY)
    assert (found.kind, found.severity, found.administrations) == (kind, severity, ("a1",))
    assert (found.step, found.mend, found.counterfactuals) == (step, WHY, ())
    not_billed = make_not_billed("a1", reason, step, 4)
    assert not_billed._asdict() == {"administration": "a1", "reason": reason, "step": step, "minutes": 4}


def test_every_value_of_a_result_has_all_its_fields() -> None:
    rulebook = load_rulebook()
    for facts in encounters(6, count=40, has_drug_lines=True):
        result = code_encounter(facts, rulebook=rulebook)
        assert (result.encounter_id, result.versions.rulebook) == (facts.encounter_id, rulebook.version)
        assert {row.administration for row in result.minute_ledger} <= {one.id for one in facts.administrations}
        assert all(sum(map(_minutes_of, row.spans)) == row.minutes for row in result.minute_ledger)
        for value in tuples_in(result):
            assert len(value) == len(value._fields)


def _minutes_of(span: tuple[str, str]) -> int:
    start, stop = ((60 * int(clock[11:13]) + int(clock[14:16])) for clock in span)
    return (stop - start) % 1440
