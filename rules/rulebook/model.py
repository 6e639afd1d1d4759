"""The rulebook over all dates, and what of it is in force on one date of service."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any, NoReturn

from rules.citation import Citation, Source
from rules.effective import EffectivePeriod, as_of
from rules.errors import ParameterNotInForce, UnknownKey
from rules.rulebook.edits import NO_CODES, CodeList, EditsInForce, EditTable
from rules.rulebook.policy import CitedValue, Policy, PolicyKey, PolicyLayer, checked_overrides
from rules.rulebook.terms import Terms, TermsKey
from rules.vocabulary import LineFamily, Role, Setting

_DATES_KEPT = 1024
_POLICIES_KEPT = 256
"""Per cache: more than a year of work needs, and a bound against odd input."""


@dataclass(frozen=True, slots=True)
class CodeEntry:
    """A code in one slot of the engine, with our own short label."""

    slot: str
    code: str
    label: str
    family: LineFamily
    role: Role
    period: EffectivePeriod
    citation: Citation
    checked: date


@dataclass(frozen=True, slots=True)
class Minutes:
    """The time thresholds, all in whole minutes."""

    infusion_from: int
    """An IV run this long is an infusion; a shorter one is a push (B1)."""
    first_hour_to: int
    """The first hour's code reaches to this minute, inclusive (B2)."""
    hour: int
    """Length of a further hour (B3)."""
    additional_from: int
    """Minutes beyond the last whole hour that earn a further hour (B3)."""
    hydration_from: int
    """Shortest hydration that is reported (B4)."""
    prolonged_over: int
    """A pump infusion longer than this is prolonged (C9)."""
    run_limit: int
    """A run longer than this, without a pump, cannot be right (R5)."""
    pump_run_limit: int
    """A run longer than this cannot be right on a pump either (R5)."""


@dataclass(frozen=True, slots=True)
class RuleStatement:
    """A rule in the product's own words, with its sources and the dates it holds."""

    id: str
    title: str
    statement: str
    section: str
    """Sections of the coding rules that apply it, "none" where they do not speak of it."""
    citations: tuple[Citation, ...]
    checked: date
    period: EffectivePeriod
    confidence: str
    """high, medium or low: how well its sources carry it."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """How much of a rule the engine does: complete, partial (the note says what is missing) or absent."""

    rule: str
    status: str
    verified_from: date | None
    """Earliest date of service for which it was verified; None where the rule is absent."""
    note: str
    cases: tuple[str, ...] = ()
    """Worked cases that fail without the rule."""
    charts: tuple[str, ...] = ()
    """Small charts of the tests that are answered otherwise without the rule."""

    @property
    def is_proven(self) -> bool:
        """Whether anything would fail without the rule."""
        return bool(self.cases or self.charts)


@dataclass(frozen=True, slots=True)
class PriceList:
    """National unadjusted payment rates by code: status indicator, and US dollars or None. Facility only."""

    name: str
    period: EffectivePeriod
    citation: Citation
    checked: date
    rates: Mapping[str, tuple[str, Decimal | None]]


class CodesInForce(dict[str, str]):
    """Slot → code on one date."""

    def __init__(self, codes: Mapping[str, str], *, on: date) -> None:
        super().__init__(codes)
        self._on = on

    def __missing__(self, slot: str) -> NoReturn:
        """Raises ParameterNotInForce, naming slot and date."""
        message = f"code slot {slot} holds no code in force on {self._on}"
        raise ParameterNotInForce(message)


@dataclass(frozen=True, slots=True, kw_only=True)
class RulebookContent:
    """What the loader hands over: everything, over all dates, already checked."""

    version: str
    sources: Mapping[str, Source]
    rules: Mapping[str, RuleStatement]
    coverage: Mapping[str, Coverage]
    codes: tuple[CodeEntry, ...]
    parameters: Mapping[str, tuple[CitedValue[int], ...]]
    switches: Mapping[str, tuple[CitedValue[bool], ...]]
    hierarchies: Mapping[str, tuple[CitedValue[tuple[str, ...]], ...]]
    policy_keys: Mapping[str, PolicyKey]
    policies: tuple[PolicyLayer, ...]
    prices: tuple[PriceList, ...]
    code_lists: Mapping[str, tuple[CitedValue[CodeList], ...]]
    edit_tables: tuple[EditTable, ...]


class Rulebook:
    """Every rule, value and policy layer over all dates."""

    def __init__(self, content: RulebookContent) -> None:
        self.content = content
        self.version: str = content.version
        """SHA-256 of the content in hexadecimal: comments and layout do not change it, a value does."""
        self.rules: Mapping[str, RuleStatement] = MappingProxyType(dict(content.rules))
        self.sources: Mapping[str, Source] = MappingProxyType(dict(content.sources))
        self.coverage: Mapping[str, Coverage] = MappingProxyType(dict(content.coverage))
        self.policy_keys: Mapping[str, PolicyKey] = MappingProxyType(dict(content.policy_keys))
        self.policies: tuple[PolicyLayer, ...] = content.policies
        self.codes: tuple[CodeEntry, ...] = content.codes
        self._labels = {entry.code: entry.label for entry in content.codes}
        self._as_of: dict[date, InForce] = {}
        self._shared: dict[object, Any] = {}
        self.kept_terms: dict[TermsKey, Terms] = {}
        """What encounters were coded by, for the next one of the same date, setting, payer and facility."""

    def as_of(self, date_of_service: date) -> "InForce":
        """What is in force on a date; any date does, and what is absent on it says so when it is asked for."""
        found = self._as_of.get(date_of_service)
        if found is None:
            if len(self._as_of) >= _DATES_KEPT:
                self._as_of.clear()
            found = self._as_of[date_of_service] = InForce(self.content, date_of_service, shared=self._shared)
        return found

    def labels_on(self, date_of_service: date) -> tuple[tuple[str, str], ...]:
        """The administration codes in force on a date, each once with its short label, in order of the codes."""
        found = {entry.code: entry.label for entry in self.codes if entry.period.holds_on(date_of_service)}
        return tuple(sorted(found.items()))

    def keep(self, key: TermsKey, terms: Terms) -> None:
        """Adds to `kept_terms`, within a bound."""
        if len(self.kept_terms) >= _DATES_KEPT:
            self.kept_terms.clear()
        self.kept_terms[key] = terms

    def label(self, code: str) -> str:
        """Our own short label of a code, the code itself where there is none."""
        return self._labels.get(code, code)


class InForce:
    """The rulebook on one date of service."""

    def __init__(self, content: RulebookContent, on: date, *, shared: dict[object, Any]) -> None:
        self._content = content
        self._shared = shared
        """By their content, what dates have in common: a processor keeps few things at hand."""
        self.date = on
        self.codes: Mapping[str, str] = CodesInForce(
            {entry.slot: entry.code for entry in content.codes if entry.period.holds_on(on)}, on=on
        )
        self.is_jw_in_force: bool = _switch(content.switches["jw"], on)
        """Whether the amount discarded is reported on its own line, with JW (H5)."""
        self.is_jz_in_force: bool = _switch(content.switches["jz"], on)
        """Whether a line without discarded amount says so, with JZ (H5)."""
        self._minutes: Minutes | None = _minutes(content.parameters, on)
        prices = as_of(content.prices, on)
        self._rates: Mapping[str, tuple[str, Decimal | None]] = {} if prices is None else prices.rates
        self._slots: dict[bool, dict[str, tuple[str, Decimal | None]]] = {}
        self._places: dict[str, int] = {}
        self.edits = EditsInForce(content.edit_tables, on=on)
        """National Correct Coding Initiative edits: MUE, PTP pairs and add-on codes."""
        self._code_lists: dict[str, CodeList] = {
            name: NO_CODES if (entry := as_of(entries, on)) is None else entry.value
            for name, entries in content.code_lists.items()
        }
        self._layers = {(layer.kind, layer.name): layer for layer in content.policies}
        self._base = tuple(layer for layer in content.policies if layer.kind == "base" and layer.is_in_force(on))
        self._policies: dict[tuple[object, ...], Policy] = {}

    @property
    def minutes(self) -> Minutes:
        """The time thresholds. Raises ParameterNotInForce."""
        if self._minutes is None:
            message = f"time thresholds: not all in force on {self.date}"
            raise ParameterNotInForce(message)
        return self._minutes

    @property
    def hierarchy(self) -> tuple[str, ...]:
        """The facility's order of families for the initial service, highest first. Raises ParameterNotInForce."""
        return self.hierarchy_of(Setting.FACILITY)

    def hierarchy_of(self, setting: str) -> tuple[str, ...]:
        """The order of families in a setting, highest first. Raises ParameterNotInForce."""
        entry = as_of(self._content.hierarchies.get(setting, ()), self.date)
        if entry is None:
            message = f"hierarchy of setting {setting}: none in force on {self.date}"
            raise ParameterNotInForce(message)
        return entry.value

    @property
    def places(self) -> dict[str, int]:
        """Where each family stands in the facility's order, the highest at 0. Raises ParameterNotInForce."""
        if not self._places:
            self._places.update({name: place for place, name in enumerate(self.hierarchy)})
        return self._places

    def number(self, name: str) -> int:
        """A parameter that is no time threshold. Raises UnknownKey or ParameterNotInForce."""
        entries = self._content.parameters.get(name)
        if entries is None:
            message = f"{name} is not a parameter"
            raise UnknownKey(message)
        entry = as_of(entries, self.date)
        if entry is None:
            message = f"parameter {name}: none in force on {self.date}"
            raise ParameterNotInForce(message)
        return entry.value

    def codes_of(self, name: str) -> CodeList:
        """A list of codes; empty on a date before its first. Raises UnknownKey."""
        found = self._code_lists.get(name)
        if found is None:
            message = f"{name} is not a list of codes"
            raise UnknownKey(message)
        return found

    def rule(self, rule_id: str) -> RuleStatement:
        """A rule that holds on the date. Raises UnknownKey or ParameterNotInForce."""
        found = self._content.rules.get(rule_id)
        if found is None:
            message = f"{rule_id} is not a rule"
            raise UnknownKey(message)
        if not found.period.holds_on(self.date):
            message = f"rule {rule_id} does not hold on {self.date}"
            raise ParameterNotInForce(message)
        return found

    def price(self, code: str, setting: str) -> Decimal | None:
        """US dollars of one unit of an administration code; None where no price is published for the setting."""
        if setting != Setting.FACILITY:
            return None
        status, rate = self._rates.get(code, ("", None))
        return Decimal(0) if status == "N" else rate

    def slots(self, setting: str) -> dict[str, tuple[str, Decimal | None]]:
        """Slot → code and price of one unit, as `codes` and `price` give them; a slot not in force is absent."""
        is_facility = setting == Setting.FACILITY
        found = self._slots.get(is_facility)
        if found is None:
            found = {slot: (code, self.price(code, setting)) for slot, code in self.codes.items()}
            self._slots[is_facility] = found
        return found

    def is_packaged(self, code: str, setting: str) -> bool:
        """Whether the setting's payment system always pays the code within another (OPPS status N)."""
        return setting == Setting.FACILITY and self._rates.get(code, ("", None))[0] == "N"

    def policy(
        self,
        *,
        setting: str,
        payer: str | None,
        facility: str | None,
        overrides: Mapping[str, str],
    ) -> Policy:
        """The policy of one encounter.

        A layer that is unknown, or of which nothing is in force, is named in `unknown_layers` and otherwise ignored.
        Raises UnknownKey or BadValue for an override that is no policy key or no value of its key.
        """
        key: tuple[object, ...] = (setting, payer, facility)
        if overrides:
            key = (*key, tuple(sorted(overrides.items())))
        found = self._policies.get(key)
        if found is None:
            if len(self._policies) >= _POLICIES_KEPT:
                self._policies.clear()
            found = self._policies[key] = self._compose(
                asked=(("setting", setting), ("payer", payer), ("facility", facility)), overrides=overrides
            )
        return found

    def terms(self, *, policy: Policy, setting: str) -> Terms:
        """What an encounter in a setting is coded by under a policy. Raises ParameterNotInForce."""
        answers, slots = policy.answers_by_key, self.slots(setting)
        if len(self._shared) >= _DATES_KEPT:
            self._shared.clear()
        if len(answers) == len(self._content.policy_keys):
            # Else what is said of an absent key names the date.
            answers = self._shared.setdefault(policy.values, answers)
        slots, lost = self._shared.setdefault(tuple(slots.items()), (slots, {}))
        return Terms(self, policy=policy, answers=answers, slots=slots, lost=lost)

    def _compose(self, *, asked: Iterable[tuple[str, str | None]], overrides: Mapping[str, str]) -> Policy:
        layers = list(self._base)
        unknown: list[str] = []
        for kind, name in asked:
            if name is None:
                continue
            layer = self._layers.get((kind, layer_name(str(name))))
            if layer is None or not layer.is_in_force(self.date):
                unknown.append(str(name))
            else:
                layers.append(layer)
        return Policy(
            on=self.date,
            keys=self._content.policy_keys,
            layers=tuple(layers),
            unknown_layers=tuple(unknown),
            overrides=checked_overrides(overrides, keys=self._content.policy_keys),
        )


def layer_name(text: str) -> str:
    """The name by which a layer is found: lower case, words joined by hyphens. "Blue Shield" is `blue-shield`."""
    return "-".join(text.lower().split())


def _switch(entries: tuple[CitedValue[bool], ...], on: date) -> bool:
    entry = as_of(entries, on)
    return entry is not None and entry.value


def _minutes(parameters: Mapping[str, tuple[CitedValue[int], ...]], on: date) -> Minutes | None:
    values: dict[str, int] = {}
    for field in fields(Minutes):
        entry = as_of(parameters[field.name], on)
        if entry is None:
            return None
        values[field.name] = entry.value
    return Minutes(**values)
