"""How a charted name is made comparable. Pure text, no tables.

Two strengths. `normalise` changes only what cannot matter: case, spaces, punctuation. `reduce_name` also drops salts,
strengths and dose forms; it is tried second, and only an exact hit on a known name counts. A percentage is never
dropped: 0.9 % and 3 % sodium chloride are different fluids. Acetates, decanoates and the like stay, because
they are different drugs (methylprednisolone acetate and sodium succinate have different codes).
"""

import re
import unicodedata

SALTS = frozenset(
    {
        "hydrochloride", "hcl", "dihydrochloride", "hydrobromide", "mesylate", "dimesylate", "tosylate", "maleate",
        "tartrate", "bitartrate", "citrate", "sulfate", "sulphate", "sodium", "disodium", "phosphate", "calcium",
        "dimeglumine", "tromethamine", "besylate", "dihydrate", "monohydrate", "anhydrous",
    }
)  # fmt: skip
"""Last words that do not change the code. Ditromethamine and dipotassium are absent on purpose: pemetrexed."""

DOSE_FORMS = frozenset(
    {
        "injection", "inj", "iv", "ivpb", "vial", "vials", "solution", "soln", "syringe", "infusion", "bag", "sdv",
        "mdv", "pf", "powder", "ampule", "ampul", "premix", "push",
    }
)  # fmt: skip

_STRENGTH = re.compile(
    r"\b\d[\d,]*(?:\.\d+)?\s*(?:mg|mcg|g|gm|units?|iu|meq|mmol|ml|l|cc)"
    r"(?:\s*/\s*(?:\d[\d,]*(?:\.\d+)?\s*)?(?:mg|mcg|g|gm|units?|iu|meq|mmol|ml|l|cc|m2|kg|hr|h|vial))*(?![\w%])"
)
_PUNCTUATION = re.compile(r"[^\w%./+-]+")
_LOOSE_SIGNS = re.compile(r"(?<!\w)[./+-]+|[./+-]+(?!\w)")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_TRADEMARKS = re.compile(r"[\u00ae\u2122\u00a9]")


def _tidy(text: str) -> str:
    previous = ""
    while text != previous:
        previous = text
        text = _THOUSANDS.sub("", text)
        text = _LOOSE_SIGNS.sub(" ", _PUNCTUATION.sub(" ", text))
        text = " ".join(text.split())
    return text


def normalise(text: str) -> str:
    """Return `text` in lower case with single spaces and no idle punctuation; applying it twice changes nothing."""
    text = _TRADEMARKS.sub(" ", text)
    text = unicodedata.normalize("NFKC", text).casefold()
    text = unicodedata.normalize("NFKC", text)
    return _tidy(text)


def reduce_name(text: str) -> str:
    """Return the normalised `text` without strengths, dose forms and salts at its end; never empty for a name."""
    name = normalise(text)
    previous = ""
    while name != previous:
        previous = name
        name = _tidy(_STRENGTH.sub(" ", name)) or previous
        words = name.split()
        while len(words) > 1 and (words[-1] in SALTS or words[-1] in DOSE_FORMS):
            words.pop()
        name = " ".join(words)
    return name
