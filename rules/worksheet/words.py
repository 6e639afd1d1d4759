"""The words that decide most often, each under a name of its own.

Reading a member off its enumeration is a call in Python 3.11, and a coding run would make hundreds of them.
"""

from typing import Final

from rules.vocabulary import LineFamily, Route, Technique

CHEMO: Final = LineFamily.CHEMO
THERAPEUTIC: Final = LineFamily.THERAPEUTIC
HYDRATION: Final = LineFamily.HYDRATION
INFUSION: Final = Technique.INFUSION
PUSH: Final = Technique.PUSH
INJECTION: Final = Technique.INJECTION
ON_BODY_INJECTOR: Final = Technique.ON_BODY_INJECTOR
PUMP_INITIATION: Final = Technique.PUMP_INITIATION
PUMP_REFILL: Final = Technique.PUMP_REFILL
PUMP_UNATTENDED: Final = Technique.PUMP_UNATTENDED
IV: Final = Route.IV
SC: Final = Route.SC
INTRA_ARTERIAL: Final = Route.INTRA_ARTERIAL
