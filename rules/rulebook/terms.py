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
NO_PRIMARIES: Final[frozenset[str]] = frozenset()


def _plain(table: Mapping[str, T]) -> dict[str, T]:
    """The table as a dictionary, which the loader's tables are already."""
    return table if isinstance(table, dict) else dict(table)


class ClaimEdits:
    """The National Correct Coding Initiative edits that a claim of one kind meets on one date."""

    __slots__ = ("_bases", "_mues", "_on", "_pairs")

    def __init__(self, edits: EditsInForce, *, is_professional: bool, on: date) -> None:
        self._on = on
        self._mues: dict[str, Mue] = _plain(edits.mues(CLAIMS[is_professional]))
        self._pairs: dict[str, Mapping[str, Pair]] = _plain(edits.pairs(CLAIMS[is_professional]))
        self._bases: dict[str, frozenset[str]] = _plain(edits.bases)

    def mue(self, code: str) -> Mue | None:
        """The medically unlikely edit of a code."""
        return self._mues.get(code)

    def pairs_among(self, codes: list[str]) -> list[Pair]:
        """Each pair in force on the date that two of these different codes make, once."""
        found: list[Pair] = []
        for place, one in enumerate(codes):
            partners = self._pairs.get(one)
            if partners is not None:
                found += [partners[two] for two in codes[place + 1 :] if two in partners]
        return [pair for pair in found if pair.holds_on(self._on)]

    def primaries_missing(self, code: str, codes: set[str]) -> frozenset[str]:
        """The codes of which an add-on code needs one, where these hold none; empty for every other code."""
        primaries = self._bases.get(code)
        return NO_PRIMARIES if primaries is None or not codes.isdisjoint(primaries) else primaries


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
