"""What holds for every encounter of one date, setting, payer and facility, read from the rulebook once."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import TYPE_CHECKING, Final, TypeAlias

from rules.result import Versions
from rules.rulebook.edits import EditsInForce, Mue, Pair, Partners
from rules.rulebook.policy import Policy

if TYPE_CHECKING:
    from rules.rulebook.model import InForce, Minutes

CodeAndPrice: TypeAlias = tuple[str, Decimal | None]

TermsKey: TypeAlias = tuple[date, str, str | None, str | None]
"""Date of service, setting, payer and facility."""

CLAIMS: Final = {False: "hospital", True: "practitioner"}
"""The initiative's set of edits for a claim, by whether it is a professional's."""


class ClaimEdits:
    """The National Correct Coding Initiative edits that a claim of one kind meets on one date."""

    __slots__ = ("_bases", "_mues", "_on", "_pairs")

    def __init__(self, edits: EditsInForce, *, is_professional: bool, on: date) -> None:
        self._on = on
        self._mues: Mapping[str, Mue] = edits.mues(CLAIMS[is_professional])
        self._pairs: Partners = edits.pairs(CLAIMS[is_professional])
        self._bases: Mapping[str, frozenset[str]] = edits.bases

    def mue(self, code: str) -> Mue | None:
        """The medically unlikely edit of a code."""
        return self._mues[code] if code in self._mues else None  # noqa: SIM401 (a call, where this is none)

    def pairs_among(self, codes: list[str]) -> list[Pair]:
        """Each pair in force on the date that two of these different codes make, once."""
        found: list[Pair] = []
        for place, one in enumerate(codes):
            if one not in self._pairs:
                continue
            partners = self._pairs[one]
            found += [partners[two] for two in codes[place + 1 :] if two in partners]
        return [pair for pair in found if pair.holds_on(self._on)]

    def primaries_missing(self, code: str, codes: set[str]) -> frozenset[str]:
        """The codes of which an add-on code needs one, where these hold none; empty for every other code."""
        if code not in self._bases:
            return frozenset()
        primaries = self._bases[code]
        return primaries if codes.isdisjoint(primaries) else frozenset()


class Terms:
    """The policy of an encounter, and what of the rulebook it is coded by.

    `answers`: the value of every policy key. `slots`: slot → code and price of one unit; a slot not in force is
    absent. `versions`: what results name, once one was made. `infusion_from`, `hour`, `additional_from` and
    `hydration_from` are those of `Minutes`.
    """

    __slots__ = (
        "_edits", "_places", "additional_from", "answers", "hour", "hydration_from", "in_force", "infusion_from",
        "minutes", "policy", "slots", "versions",
    )  # fmt: skip

    def __init__(
        self,
        in_force: "InForce",
        *,
        policy: Policy,
        answers: dict[str, str],
        slots: Mapping[str, CodeAndPrice],
    ) -> None:
        self.in_force = in_force
        self.policy = policy
        self.answers = answers
        self.slots = slots
        self.minutes: Minutes = in_force.minutes
        self.infusion_from = self.minutes.infusion_from
        self.hour = self.minutes.hour
        self.additional_from = self.minutes.additional_from
        self.hydration_from = self.minutes.hydration_from
        self.versions: Versions | None = None
        self._places: Mapping[str, int] | None = None
        self._edits: dict[bool, ClaimEdits] = {}

    @property
    def places(self) -> Mapping[str, int]:
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
