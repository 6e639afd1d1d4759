"""A small chart with the answer that the rules give to it, for what published cases do not ask."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rules.engine import code_encounter
from rules.facts import Administration
from rules.result import CodingResult
from rules.rulebook.model import Rulebook
from tests.factories import facts

READ: Mapping[str, Callable[[CodingResult], object]] = {
    "lines": lambda result: facts.claim(result.lines),
    "reasons": facts.reasons,
    "findings": facts.findings,
    "minutes": facts.ledger,
    "dates": lambda result: [line.date_of_service.day for line in result.lines],
    "prices": lambda result: [line.price for line in result.lines],
    "ndc": lambda result: [(line.ndc and tuple(line.ndc)) for line in facts.drugs(result)],
    "diagnoses": lambda result: [one.code for one in result.diagnoses],
    "units": lambda result: [tuple(map(str, row[2:])) for row in result.unit_ledger],
    "layers": lambda result: list(result.versions.layers),
}


@dataclass(frozen=True)
class Chart:
    """What was charted, and parts of the answer by their names in READ."""

    given: tuple[Administration, ...]
    answer: Mapping[str, object]
    policy: Mapping[str, str] = field(default_factory=dict)
    about: Mapping[str, Any] = field(default_factory=dict)
    """Fields of the encounter."""

    def is_answered(self, rulebook: Rulebook) -> bool:
        """Whether the engine gives these parts of the answer."""
        told = facts.encounter(*self.given, **self.about)
        result = code_encounter(told, rulebook=rulebook, overrides=self.policy)
        return {name: READ[name](result) for name in self.answer} == self.answer


def chart(
    *given: Administration, policy: Mapping[str, str] | None = None, about: Any = None, **answer: object
) -> Chart:
    """These administrations and parts of the answer."""
    return Chart(given, answer, policy or {}, about or {})
