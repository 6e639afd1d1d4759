"""Steps, findings and what is not billed as the stages write them, of all their fields in order: the quickest way."""

from typing import Final

from rules.result import Finding, NotBilled, Scalar, Step
from rules.vocabulary import FindingKind, Reason, Severity

NEW: Final = tuple.__new__
"""Makes a named tuple of all its fields in their order; naming each of them costs as much as some stages."""
_STEP: Final = Step
_FINDING: Final = Finding
_NOT_BILLED: Final = NotBilled


def make_step(
    kind: str, rule: str, values: tuple[tuple[str, Scalar], ...] = (), policy: tuple[str, str] | None = None
) -> Step:
    """A step as `Step(...)` makes it; most of what a run makes are steps."""
    return NEW(_STEP, (kind, rule, values, policy))


def step(kind: str, rule: str, /, **values: Scalar) -> Step:
    """A step without a policy value behind it."""
    return make_step(kind, rule, tuple(values.items()))


def make_finding(
    kind: FindingKind, severity: Severity, administrations: tuple[str, ...], why: Step, mend: Step | None
) -> Finding:
    """A finding as `Finding(...)` makes it, without counterfactuals."""
    return NEW(_FINDING, (kind, severity, administrations, why, mend, ()))


def make_not_billed(administration: str, reason: Reason, why: Step, minutes: int | None) -> NotBilled:
    """An entry of what is not billed as `NotBilled(...)` makes it."""
    return NEW(_NOT_BILLED, (administration, reason, why, minutes))
