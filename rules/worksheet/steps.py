"""Steps as the stages write them."""

from rules.result import Scalar, Step, make_step


def step(kind: str, rule: str, /, **values: Scalar) -> Step:
    """A step without a policy value behind it."""
    return make_step(kind, rule, tuple(values.items()))
