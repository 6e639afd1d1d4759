"""The words that decide most often, each under a name of its own.

Reading a member off its enumeration is a call in Python 3.11, and a coding run would make hundreds of them.
"""

from rules.vocabulary import LineFamily, Route, Technique

CHEMO, THERAPEUTIC, HYDRATION = LineFamily.CHEMO, LineFamily.THERAPEUTIC, LineFamily.HYDRATION
INFUSION, PUSH = Technique.INFUSION, Technique.PUSH
IV = Route.IV
