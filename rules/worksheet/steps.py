"""Steps as the stages write them."""

from rules.result import Scalar, Step


def step(kind: str, rule: str, /, **values: Scalar) -> Step:
    """A step without a policy value behind it."""
    return Step(kind, rule, tuple(values.items()))
