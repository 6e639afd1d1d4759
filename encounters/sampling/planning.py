"""How many encounters to draw, and what that number is good for. Exact where the field uses exact intervals.

The discovery sample of 50 and, where its net financial error rate is 5 % or more, the full sample at 90 % confidence
and 25 % precision are those of the claims reviews of the Office of Inspector General's integrity agreements from
November 2001 on (its "Corporate Integrity Agreement FAQ" on claims reviews); an agreement of today may ask otherwise,
and it is the agreement that binds. Mean and deviation of a probe sample give the full sample's size as in RAT-STATS,
"Variable Sample Size Determination, Unrestricted Using a Probe Sample". The Health Care Fraud Self-Disclosure Protocol
asks for 100 units at least.
"""

import math
import statistics
from collections.abc import Mapping, Sequence
from decimal import Decimal

from encounters.models.sampling import Allocation
from encounters.sampling.verify_sample import clopper_pearson

DISCOVERY = 50
SELF_DISCLOSURE = 100
FULL_CONFIDENCE, FULL_PRECISION = 0.90, 0.25
MOST = 5000
"""Beyond this nobody reviews, and no search goes on."""


class UnableToPlan(Exception):
    """No number of encounters does what is asked, or nothing is known to compute it from."""


def attribute_size(*, rate: float, half_width: float, confidence: float) -> int:
    """The least number whose exact interval at `rate` is no wider than twice `half_width`. Raises UnableToPlan.

    The width falls with the number but for steps of one encounter: the number is that from which on it stays under.
    """
    low, high = 1, MOST
    if _width(high, rate, confidence) > 2 * half_width:
        message = f"Even {MOST} encounters give a wider interval."
        raise UnableToPlan(message)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if _width(middle, rate, confidence) <= 2 * half_width else (middle + 1, high)
    return low


def _width(number: int, rate: float, confidence: float) -> float:
    found = clopper_pearson(round(number * rate), number, confidence)
    return 1.0 if found is None else found[1] - found[0]


def detection_size(*, frame: int, tolerable: float, confidence: float) -> int:
    """The least number that shows at least one error, at `confidence`, where a share of `tolerable` is wrong.

    Exact: drawn without replacement from `frame` encounters of which that share, rounded up, is in error.
    """
    wrong = math.ceil(frame * tolerable)
    none_found = 1.0
    for number in range(1, frame + 1):
        none_found *= max(frame - wrong - number + 1, 0) / (frame - number + 1)
        if none_found <= 1 - confidence:
            return number
    return frame


def full_size(*, overpayments: Sequence[float], frame: int) -> int:
    """The full sample after a discovery sample: 90 % confidence, 25 % precision of the mean overpayment.

    n = (z·s / (precision·mean))², corrected for the size of the frame. Raises UnableToPlan without an overpayment.
    """
    if len(overpayments) < 2 or statistics.fmean(overpayments) <= 0:  # noqa: PLR2004 (a deviation needs two)
        message = "The discovery sample found no overpayment to be precise about."
        raise UnableToPlan(message)
    mean, deviation = statistics.fmean(overpayments), statistics.stdev(overpayments)
    z = statistics.NormalDist().inv_cdf((1 + FULL_CONFIDENCE) / 2)
    unlimited = (z * deviation / (FULL_PRECISION * mean)) ** 2
    return min(max(math.ceil(unlimited / (1 + unlimited / frame)), 1), frame)


def allocate(*, total: int, strata: Mapping[str, Sequence[Decimal]], how: str) -> dict[str, int]:
    """How many of each stratum: at least one, at most all of it, `total` together. Raises UnableToPlan.

    Neyman: by the number of units times the standard deviation of their value.
    """
    if not len(strata) <= total <= sum(len(values) for values in strata.values()):
        message = f"{total} encounters cannot be shared out over {len(strata)} strata: one each is the least."
        raise UnableToPlan(message)
    shares = {name: _share(values, how) for name, values in strata.items()}
    if not any(shares.values()):
        shares = {name: float(len(values)) for name, values in strata.items()}
    sizes = dict.fromkeys(strata, 1)
    # One by one to the stratum that is owed most: the largest remainder, with every limit kept.
    for _ in range(total - len(strata)):
        owed = {
            name: shares[name] / sum(shares.values()) * total - sizes[name]
            for name in strata
            if sizes[name] < len(strata[name])
        }
        sizes[max(owed, key=lambda name: (owed[name], name))] += 1
    return sizes


def _share(values: Sequence[Decimal], how: str) -> float:
    if how == Allocation.EQUAL:
        return 1.0
    if how == Allocation.NEYMAN:
        return len(values) * statistics.pstdev(map(float, values))
    return float(len(values))
