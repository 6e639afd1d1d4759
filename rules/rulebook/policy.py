"""Policies: what sources or payers decide differently, layered base, setting, payer, facility, then overrides."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from types import MappingProxyType
from typing import Generic, NoReturn, TypeVar

from rules.citation import Citation
from rules.effective import EffectivePeriod, as_of
from rules.errors import BadValue, ParameterNotInForce, UnknownKey

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

LAYER_KINDS = ("base", "setting", "payer", "facility")
OVERRIDE_LAYER = "override"
_BETWEEN_LAYERS = " \N{SINGLE RIGHT-POINTING ANGLE QUOTATION MARK} "
CHEMO_LIST_NAMES = ("chemo", "not_chemo")


@dataclass(frozen=True, slots=True)
class CitedValue(Generic[T_co]):
    """A value with the days it is in force, where it comes from, and the day somebody last checked that."""

    value: T_co
    period: EffectivePeriod
    citation: Citation
    checked: date


@dataclass(frozen=True, slots=True)
class PolicyKey:
    """A question on which policies differ: the answers it takes (the default first) and the rules it varies."""

    key: str
    values: tuple[str, ...]
    statement: str
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ChemoList:
    """A payer's or facility's own list of complex biologics.

    `names` says what being listed means: `chemo` (only these take chemo codes) or `not_chemo` (all but these do).
    """

    names: str
    codes: frozenset[str]


@dataclass(frozen=True, slots=True)
class PolicyLayer:
    """One file of policy values. A key it does not hold is left to the layers below."""

    kind: str
    owner: str
    name: str
    title: str
    checked: date
    values: Mapping[str, tuple[CitedValue[str], ...]]
    families: tuple[CitedValue[Mapping[str, str]], ...] = ()
    chemo_lists: tuple[CitedValue[ChemoList], ...] = ()
    hydration_necessity: tuple[CitedValue[tuple[str, ...]], ...] = ()
    ndc_lists: tuple[CitedValue[tuple[str, ...]], ...] = ()

    @property
    def periods(self) -> tuple[EffectivePeriod, ...]:
        """Every period in which something of the layer is in force, each once, earliest first."""
        found = {entry.period for entries in self.values.values() for entry in entries}
        found.update(entry.period for entry in self.families)
        found.update(entry.period for entry in self.chemo_lists)
        found.update(entry.period for entry in self.hydration_necessity)
        found.update(entry.period for entry in self.ndc_lists)
        return tuple(sorted(found, key=lambda period: (period.since, period.until or date.max)))

    def is_in_force(self, on: date) -> bool:
        """Whether any value of the layer is in force on `on`."""
        return any(period.holds_on(on) for period in self.periods)


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a policy value comes from. `since` and `citation` are None for an override, which no source backs."""

    layer: str
    since: date | None
    citation: Citation | None


class _ByKey(dict[str, T]):
    """Something of each policy key that is in force."""

    def __init__(self, *, on: date, keys: Mapping[str, PolicyKey]) -> None:
        super().__init__()
        self._on, self._keys = on, keys

    def __missing__(self, key: str) -> NoReturn:
        """Raises UnknownKey, and ParameterNotInForce on a date before the base policy."""
        if key in self._keys:
            message = f"policy key {key} has no value in force on {self._on}"
            raise ParameterNotInForce(message)
        message = f"{key} is not a policy key"
        raise UnknownKey(message)


class Policy:
    """Every policy key with its one value on one date; reading a value is a dictionary look-up."""

    __slots__ = (
        "_origins",
        "answers",
        "answers_by_key",
        "chemo_list",
        "chemo_list_names",
        "date",
        "families",
        "hydration_necessity",
        "layers",
        "name",
        "ndc_list",
        "unknown_layers",
        "values",
    )

    def __init__(
        self,
        *,
        on: date,
        keys: Mapping[str, PolicyKey],
        layers: tuple[PolicyLayer, ...],
        unknown_layers: tuple[str, ...],
        overrides: Mapping[str, str],
    ) -> None:
        self.date = on
        """The date of service."""
        chosen: dict[str, str] = _ByKey(on=on, keys=keys)
        self._origins: dict[str, Origin] = _ByKey(on=on, keys=keys)
        for layer in layers:
            for key, entries in layer.values.items():
                entry = as_of(entries, on)
                if entry is not None:
                    chosen[key] = entry.value
                    self._origins[key] = Origin(layer.name, entry.period.since, entry.citation)
        for key, value in overrides.items():
            chosen[key] = value
            self._origins[key] = Origin(OVERRIDE_LAYER, None, None)
        self.answers_by_key: dict[str, str] = dict(chosen) if len(chosen) == len(keys) else chosen
        """The same for whoever reads it often and writes nothing: an ordinary dictionary where no key is absent."""
        self.answers: Mapping[str, str] = MappingProxyType(chosen)
        """The value of every key, as `policy[key]` gives it, and absent as that is."""
        self.layers: tuple[str, ...] = tuple(layer.name for layer in layers) + ((OVERRIDE_LAYER,) if overrides else ())
        """Names of the layers in force, lowest first."""
        self.unknown_layers = unknown_layers
        """Layers asked for that the rulebook does not hold, or of which nothing is in force."""
        self.name: str = _BETWEEN_LAYERS.join(self.layers)
        self.values: tuple[tuple[str, str], ...] = tuple(sorted(chosen.items()))
        """Every key with its value, in order of the keys."""
        families: dict[str, str] = {}
        for layer in layers:
            of_layer = as_of(layer.families, on)
            families.update({} if of_layer is None else of_layer.value)
        self.families: Mapping[str, str] = MappingProxyType(families)
        """Administration family by generic drug name or HCPCS code, where a layer overrides the formulary's."""
        listed = _topmost((layer.chemo_lists for layer in layers), on)
        self.chemo_list: frozenset[str] = frozenset() if listed is None else listed.codes
        """HCPCS codes on the payer's own list; what being listed means is `chemo_list_names`."""
        self.chemo_list_names: str = CHEMO_LIST_NAMES[0] if listed is None else listed.names
        """`chemo` or `not_chemo`."""
        necessity = _topmost((layer.hydration_necessity for layer in layers), on)
        self.hydration_necessity: tuple[str, ...] = () if necessity is None else necessity
        """Prefixes of the ICD-10-CM codes that support hydration, with their dot."""
        ndc_list = _topmost((layer.ndc_lists for layer in layers), on)
        self.ndc_list: frozenset[str] = frozenset(ndc_list or ())
        """HCPCS codes whose lines need their NDC where `ndc_required` is `list` (I5)."""

    def __getitem__(self, key: str) -> str:
        """The value of a policy key.

        Raises UnknownKey, and ParameterNotInForce on a date before the base policy.
        """
        return self.answers[key]

    def __iter__(self) -> Iterator[str]:
        return iter(self.answers)

    def origin(self, key: str) -> Origin:
        """Which layer decided the key, since when, and on whose word. Raises as reading the value does."""
        return self._origins[key]

    def is_listed_as_chemo(self, codes: Iterable[str]) -> bool:
        """Whether the payer's own list gives a complex biologic with these HCPCS codes chemo codes (E3).

        A policy without a list lists nothing as chemo.
        """
        is_named = not self.chemo_list.isdisjoint(codes)
        return is_named if self.chemo_list_names == CHEMO_LIST_NAMES[0] else not is_named


def checked_overrides(overrides: Mapping[str, object], *, keys: Mapping[str, PolicyKey]) -> dict[str, str]:
    """The overrides as text, in order of their keys; 31 and "31", True and "true" are the same.

    Raises UnknownKey for a key that is no policy key, and BadValue for a value that its key does not take.
    """
    checked: dict[str, str] = {}
    for key, value in sorted(overrides.items()):
        if key not in keys:
            message = f"override {key}: not a policy key"
            raise UnknownKey(message)
        text = str(value).lower() if isinstance(value, bool) else str(value)
        if text not in keys[key].values:
            message = f"override {key}: {text!r} is not one of {', '.join(keys[key].values)}"
            raise BadValue(message)
        checked[key] = text
    return checked


def _topmost(of_layers: Iterable[tuple[CitedValue[T], ...]], on: date) -> T | None:
    found: T | None = None
    for entries in of_layers:
        entry = as_of(entries, on)
        if entry is not None:
            found = entry.value
    return found
