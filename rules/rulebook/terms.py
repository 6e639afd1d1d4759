"""What holds for every encounter of one date, setting, payer and facility, read from the rulebook once."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final, TypeAlias, TypeVar

from rules.result import Lost, Versions
from rules.rulebook.edits import EditsInForce, Mue, Pair
from rules.rulebook.policy import Policy

if TYPE_CHECKING:
    from rules.rulebook.model import InForce, Minutes

T = TypeVar("T")

CodeAndPrice: TypeAlias = tuple[str, Decimal | None]

TermsKey: TypeAlias = tuple[date, str, str | None, str | None]
"""Date of service, setting, payer and facility."""

CLAIMS: Final = {False: "hospital", True: "practitioner"}
"""The initiative's set of edits for a claim, by whether it is a professional's."""
_KEPT: Final = 4096
"""Sets of codes of which the answer is kept: more than a clinic bills in a year, a bound against odd input."""
AddonAlone: TypeAlias = tuple[str, frozenset[str]]
"""An add-on code, and the primary codes of which it needs one."""


def _plain(table: Mapping[str, T]) -> dict[str, T]:
    """The table as a dictionary, which the loader's tables are already."""
    return table if isinstance(table, dict) else dict(table)


class ClaimEdits:
    """The National Correct Coding Initiative edits that a claim of one kind meets on one date."""

    __slots__ = ("_bases", "_known_alone", "_known_pairs", "_mues", "_on", "_pairs")

    def __init__(self, edits: EditsInForce, *, is_professional: bool, on: date) -> None:
        self._on = on
        self._mues: dict[str, Mue] = _plain(edits.mues(CLAIMS[is_professional]))
        self._pairs: dict[str, Mapping[str, Pair]] = _plain(edits.pairs(CLAIMS[is_professional]))
        self._bases: dict[str, frozenset[str]] = _plain(edits.bases)
        self._known_pairs: dict[frozenset[str], tuple[Pair, ...]] = {}
        self._known_alone: dict[frozenset[str], tuple[AddonAlone, ...]] = {}

    def mue(self, code: str) -> Mue | None:
        """The medically unlikely edit of a code."""
        return self._mues.get(code)

    def pairs_among(self, codes: frozenset[str]) -> tuple[Pair, ...]:
        """Each pair in force on the date that two of these codes make, once, in order of the codes."""
        found = self._known_pairs.get(codes)
        if found is None:
            if len(self._known_pairs) >= _KEPT:
                self._known_pairs.clear()
            self._known_pairs[codes] = found = tuple(self._weighed(sorted(codes)))
        return found

    def _weighed(self, codes: list[str]) -> list[Pair]:
        found: list[Pair] = []
        for place, one in enumerate(codes):
            partners = self._pairs.get(one)
            if partners is not None:
                found += [partners[two] for two in codes[place + 1 :] if two in partners]
        return [pair for pair in found if pair.holds_on(self._on)]

    def addons_alone(self, codes: frozenset[str]) -> tuple[AddonAlone, ...]:
        """Each of these codes that is an add-on, where none of its primary codes is among them."""
        found = self._known_alone.get(codes)
        if found is None:
            if len(self._known_alone) >= _KEPT:
                self._known_alone.clear()
            bases = [(code, self._bases[code]) for code in sorted(codes) if code in self._bases]
            self._known_alone[codes] = found = tuple([alone for alone in bases if codes.isdisjoint(alone[1])])
        return found


class Terms:
    """The policy of an encounter, and what of the rulebook it is coded by.

    `answers`: the value of every policy key. `slots`: slot → code and price of one unit; a slot not in force is
    absent. `lost`: slot → the slot as a lost alternative, as it was last named. `versions`: what results name, once one
    was made. `infusion_from`, `hour`, `additional_from` and `hydration_from` are those of `Minutes`.
    """

    __slots__ = (
        "_edits", "_places", "additional_from", "answers", "hour", "hydration_from", "in_force", "infusion_from",
        "lost", "minutes", "policy", "slots", "versions",
    )  # fmt: skip

    def __init__(
        self,
        in_force: "InForce",
        *,
        policy: Policy,
        answers: dict[str, str],
        slots: dict[str, CodeAndPrice],
        lost: dict[str, tuple[Lost, ...]],
    ) -> None:
        self.in_force = in_force
        self.policy = policy
        self.answers = answers
        self.slots = slots
        self.lost = lost
        self.minutes: Minutes = in_force.minutes
        self.infusion_from = self.minutes.infusion_from
        self.hour = self.minutes.hour
        self.additional_from = self.minutes.additional_from
        self.hydration_from = self.minutes.hydration_from
        self.versions: Versions | None = None
        self._places: dict[str, int] | None = None
        self._edits: dict[bool, ClaimEdits] = {}

    @property
    def places(self) -> dict[str, int]:
        """Where each family stands in the facility's order, the highest at 0. Raises ParameterNotInForce."""
        if self._places is None:
            self._places = self.in_force.places
        return self._places

    def edits(self, *, is_professional: bool) -> ClaimEdits:
        """The edits of the initiative for a professional's claim, or for an institution's."""
        found = self._edits.get(is_professional)
        if found is None:
            found = ClaimEdits(self.in_force.edits, is_professional=is_professional, on=self.in_force.date)
            self._edits[is_professional] = found
        return found
