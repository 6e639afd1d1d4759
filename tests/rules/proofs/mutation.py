"""A rule taken out of the engine for the length of one case: parts of its code replaced, or values of its data."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import pytest

from rules.rulebook.loader import load_rulebook
from rules.rulebook.model import Rulebook
from rules.rulebook.policy import PolicyLayer


@dataclass(frozen=True, kw_only=True)
class Mutation:
    """What the engine does without a rule.

    `code` replaces parts of the engine by their dotted names. `minutes`, `switches` and `policy` put parameters,
    switches and keys of the base policy to other values, on every date.
    """

    without: str
    """What is no longer so, in words."""
    code: Mapping[str, object] = field(default_factory=dict)
    minutes: Mapping[str, int] = field(default_factory=dict)
    switches: Mapping[str, bool] = field(default_factory=dict)
    policy: Mapping[str, str] = field(default_factory=dict)

    @contextmanager
    def applied(self) -> Iterator[Rulebook]:
        """The rulebook to code by while the parts are replaced. AttributeError where a part is not there."""
        with pytest.MonkeyPatch.context() as patch:
            for name, part in self.code.items():
                patch.setattr(name, part)
            yield self.rulebook()

    def rulebook(self) -> Rulebook:
        """The shipped rulebook with its values replaced; one of its own, since rulebooks keep what they worked out."""
        content = load_rulebook().content
        return Rulebook(
            replace(
                content,
                parameters=_put(content.parameters, self.minutes),
                switches=_put(content.switches, self.switches),
                policies=tuple(self._with_values(layer) for layer in content.policies),
            )
        )

    def _with_values(self, layer: PolicyLayer) -> PolicyLayer:
        return replace(layer, values=_put(layer.values, self.policy)) if layer.kind == "base" else layer


def _put(series: Mapping[str, tuple[Any, ...]], changes: Mapping[str, object]) -> dict[str, tuple[Any, ...]]:
    """Every dated value of the named series put to another one."""
    found = dict(series)
    for name, value in changes.items():
        found[name] = tuple(replace(entry, value=value) for entry in found[name])
    return found


def nothing(*_: object, **__: object) -> None:
    """In place of what a rule does: nothing."""


def always(answer: object) -> Callable[..., Any]:
    """In place of what a rule asks: one answer to everything."""

    def answered(*_: object, **__: object) -> object:
        return answer

    return answered


YES, NO, NONE, EMPTY = always(answer=True), always(answer=False), always(answer=None), always(answer=())
