"""What one billing unit is, read from the words of a code's descriptor. What is not certain is left unread.

Two texts say it: the long description ("Injection, bevacizumab, 10 mg") and the dosage column of CMS's price files
("10 MG"). "Up to 50 mg" is one unit for each 50 mg begun, and CMS's price file prints it as 50 MG. Two amounts side by
side are one only where the text gives their total. "Per vial" or "per therapeutic dose" counts each.
"""

import re
from decimal import Decimal
from typing import NamedTuple

from drugs.cms.cells import text_of
from drugs.models import Unit


class BillingAmount(NamedTuple):
    """The amount of one billing unit."""

    amount: Decimal
    unit: Unit
    counted_ingredient: str = ""
    """The ingredient that the amount counts, where the text names it beside another or as a part."""


class Unread(NamedTuple):
    """A descriptor that does not say one amount, and why."""

    why: str


_UNITS = {
    Unit.MG: r"mgs?|milligrams?",
    Unit.MCG: r"mcgs?|micrograms?|ug",
    Unit.G: r"gms?|grams?|g",
    Unit.UNITS: r"(?:usp |international |factor )?units?|i\.? ?u\.?",
    Unit.MEQ: r"meq|milliequivalents?",
    Unit.ML: r"mls?|cc|milliliters?",
    Unit.L: r"l|liters?",
}
_NUMBER = r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?|\.\d+"
_UNIT = "|".join(f"(?P<{unit.name}>{words})" for unit, words in _UNITS.items())
_AMOUNT = re.compile(
    rf"(?<![\d.^x])(?<!\d[,-])(?P<number>{_NUMBER})[ -]?(?P<million>million )?(?:{_UNIT})(?![\w^])", re.ASCII
)
_ALONE = re.compile(rf"(?:up to |per )?(?:{_NUMBER})[ -]?(?:million )?(?:{'|'.join(_UNITS.values())})", re.ASCII)
_ONE = re.compile(rf"\bper (?P<part>factor [ivx]+ )?(?:{_UNIT})(?![\w^])", re.ASCII)

_CONCENTRATION = re.compile(r" ?(?:/|per ) ?(?:\d+ ?)?(?:ml|cc)\b")
_IN = re.compile(r"\b(?:in|containing|contains|provided in) $")
_OTHER_COUNTS = (
    (re.compile(r"\bplaque forming|\bpfu\b"), "it counts plaque forming units"),
    (re.compile(r"\bvector genomes?\b"), "it counts vector genomes"),
    (re.compile(r"\bcells\b"), "it counts cells"),
    (re.compile(r"\bsq(?:uare)? ?\.? ?(?:cm|cenitmeter|centimeter|inch|in\b)"), "it counts an area"),
    (re.compile(r"\b(?:milli|micro)?curies?\b|\bmci\b|\buci\b|\bgbq\b|\bmbq\b"), "it counts radioactivity"),
    (re.compile(r"\bkiu\b"), "it counts kallikrein inhibitor units"),
)
_TIME = re.compile(r"\bdays?\b|\bmonths?\b|\bhours?\b")
_RANGE = re.compile(r"\b(?:less than|greater than|more than|over|minimum of|at least|equal to)\s+[\d.]+")
_EACH = re.compile(
    r"\b(?:per|each|1|single|full) (?:single[ -](?:use|dose) |unit |therapeutic |study |treatment |us )?"
    r"(?:vial|dose|dosage form|infusion|treatment|implant|instillation|ea|each|applicator|patch|device|ampule|unit)\b"
    r"|\beach$|^each\b|\bpatient ready dose\b"
)
_NO_DRUG = re.compile(r"\bnot otherwise (?:specified|classified)|\bunclassified\b|\bnos\b|\bnoc\b")
_BRACKETS = re.compile(r"\(([^()]*)\)")
_EQUALS_ONE = re.compile(rf"(?P<amount>(?:{_NUMBER}) ?(?:ml|cc)) = 1 unit")
_PART = re.compile(r" (?:of )?(?P<part>iron|immune ?globulin)\b| (?P<equivalent>[a-z]+) equivalent\b")
_BESIDE = re.compile(r",? and (?!\.?\d)[a-z]")
_JOINS = re.compile(r"^(?:and\b|/|,|-|&) ?| and$")
_NAME = re.compile(r" ?[a-z][a-z -]+")
_FORMS = re.compile(r"^(?:injection|infusion|intravesical instillation|instillation|implant)\b,? *")


def read_amount(text: str) -> BillingAmount | Unread:
    """Return the amount that `text` says: a long description, or the dosage column of a CMS price file.

    >>> read_amount("Injection, bevacizumab, 10 mg").amount
    Decimal('10')
    >>> read_amount("Injection, cabotegravir and rilpivirine, 2mg/3mg").counted_ingredient
    'cabotegravir'
    >>> read_amount("2MG/3MG").why
    'it says several amounts: 2mg, 3mg'
    """
    words = text_of(text).lower().replace("µ", "u").replace("μ", "u")
    if one_unit := _EQUALS_ONE.search(words):
        return _read(_found(one_unit["amount"])[0], "", "")
    outside, inside = _BRACKETS.sub(" ", words).strip(), " ".join(_BRACKETS.findall(words))
    amounts = _found(outside)
    if _EACH.search(outside) and not _is_counted(outside, amounts):
        return BillingAmount(Decimal(1), Unit.EACH)
    return _unread(outside, amounts) or _of_amounts(outside, amounts, noted=_found(inside))


def _unread(outside: str, amounts: list[re.Match[str]]) -> Unread | None:
    """Return why the words do not say one amount of a unit of ours, None where they may."""
    if range_ := _RANGE.search(_last(outside)):
        return Unread(f"it says a range: {range_[0]}")
    counted = _other_count(outside, amounts[-1].end() if amounts else 0)
    return counted if amounts or not _ONE.search(outside) else None


def _of_amounts(outside: str, amounts: list[re.Match[str]], *, noted: list[re.Match[str]]) -> BillingAmount | Unread:
    if len(amounts) > 1:
        return _of_several(outside, amounts, noted=noted)
    if amounts:
        return _read(amounts[0], outside[: amounts[0].start()], outside[amounts[0].end() :])
    return _without_amount(outside, noted)


def _last(words: str) -> str:
    """Return what follows the last comma."""
    return words.rpartition(",")[2].strip()


def _other_count(words: str, start: int) -> Unread | None:
    """Return what the words count that is no unit of the formulary, None where they do not say."""
    return next((Unread(why) for sign, why in _OTHER_COUNTS if sign.search(words, start)), None)


def _without_amount(outside: str, noted: list[re.Match[str]]) -> BillingAmount | Unread:
    """Return the amount of a text that has no number before a unit."""
    if one := _ONE.search(outside):
        return BillingAmount(Decimal(1), _unit(one), (one["part"] or "").strip())
    if _TIME.search(outside):
        return Unread("it counts a time")
    if _NO_DRUG.search(outside):
        return Unread("it is for drugs without a code of their own")
    if noted:
        return Unread(f"its only amount is in brackets: {noted[0][0]}")
    if _AMOUNT.search(outside):
        return Unread("its only amount is a strength, or what it comes in")
    return Unread("it says no amount")


def _found(words: str) -> list[re.Match[str]]:
    """Return the amounts of `words` that are no concentration and not what something comes in."""
    return [
        found
        for found in _AMOUNT.finditer(words)
        if not _CONCENTRATION.match(words, found.end()) and not _IN.search(words, 0, found.start())
    ]


def _is_counted(outside: str, amounts: list[re.Match[str]]) -> bool:
    """Whether the words end with an amount, so that "per vial" before it says something else."""
    return bool(amounts) and not _EACH.search(outside, amounts[-1].end()) and "up to" not in outside


def _of_several(outside: str, amounts: list[re.Match[str]], *, noted: list[re.Match[str]]) -> BillingAmount | Unread:
    """Return the total where a bracket says it, the amount that ends the text on its own, or the first ingredient's.

    A unit of a combination holds a fixed amount of each ingredient, so the first one's amount counts the units, where
    the text says which ingredient that is. Two amounts without names say nothing.
    """
    if _ALONE.fullmatch(_last(outside)):
        return _read(amounts[-1], "", "")
    units = {_unit(found) for found in amounts}
    total = sum((_number(found) for found in amounts), Decimal(0))
    if len(noted) == 1 and {_unit(noted[0])} == units and _number(noted[0]) == total:
        return BillingAmount(total, _unit(noted[0]))
    if first := _first_ingredient(outside, amounts):
        return _read(amounts[0], "", "")._replace(counted_ingredient=first)  # type: ignore[call-arg]
    said = ", ".join(found[0] for found in amounts)
    return Unread(f"it says several amounts: {said}")


def _first_ingredient(outside: str, amounts: list[re.Match[str]]) -> str:
    """Return the ingredient that the first of several amounts counts; empty where names and amounts do not pair.

    A name stands before each amount, or after each, or all names before all amounts.
    """
    said = "|".join(re.escape(found[0]) for found in amounts)
    between = re.split(rf"(?:up to )?(?:{said})", _FORMS.sub("", outside))
    before, after = between[: len(amounts)], between[1:]
    if all(_NAME.fullmatch(part.rstrip()) for part in after):
        return _name(after[0])
    if all(_NAME.fullmatch(part) for part in map(_name, before)):
        return _name(before[0])
    names = [part.strip() for part in re.split(r",? and |/|, ", before[0].strip(" ,"))]
    is_paired = len(names) == len(amounts) and all(part.strip() in {"/", "-", "&", ""} for part in before[1:])
    return names[0] if is_paired and all(_NAME.fullmatch(name) for name in names) else ""


def _name(part: str) -> str:
    """Return the name out of what stands between two amounts."""
    return _JOINS.sub("", part.strip(" ,"))


def _read(found: re.Match[str], before: str, after: str) -> BillingAmount | Unread:
    number = _number(found)
    if not number:
        return Unread(f"it says none: {found[0]}")
    return BillingAmount(number, _unit(found), _counted(before, after))


def _counted(before: str, after: str) -> str:
    """Return the ingredient that an amount counts, empty where the text leaves no choice."""
    if part := _PART.match(after):
        return part["part"] or part["equivalent"]
    if _BESIDE.match(after):
        return _FORMS.sub("", before).strip(" ,")
    return ""


def _number(found: re.Match[str]) -> Decimal:
    number = Decimal(found["number"].replace(",", ""))
    return number * 1_000_000 if found["million"] else number


def _unit(found: re.Match[str]) -> Unit:
    return next(unit for unit in _UNITS if found[unit.name])
