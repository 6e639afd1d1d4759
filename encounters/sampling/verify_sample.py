"""Verifies an exported sample offline: hashes, the draw, every score. Needs Python 3.10 and nothing else.

    python3 verify_sample.py            in the unpacked folder
    python3 verify_sample.py FILE.zip   on the export as it is

The application computes with this very file, and puts it into each export: what it prints here is what was shown.

Frame      one line of JSON a unit, sorted by encounter; its SHA-256 is the frame hash. `[encounter, acceptance, run,
           digest of the run's result, digest of the final lines, stratum, coder, value]`.
Draw       each unit's key is SHA-256 of `sample-draw-1`, seed, frame hash and encounter, a line feed between them;
           of each stratum the units with the lowest keys are drawn.
Lines      compared by code, modifiers, units and date. A difference that was conceded, or overturned by a lead,
           counts as right.
Intervals  proportions: Clopper and Pearson, exact, two-sided (Biometrika 26, 1934). Money and kappa: percentile
           bootstrap of 2,000 samples of encounters, within strata, seeded by the seed.
"""

import hashlib
import json
import math
import random
import sys
import zipfile
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

ALGORITHM = "sample-draw-1"
RESAMPLES = 2000
RIGHT = ("conceded", "overturned")
DECISIVE = (*RIGHT, "disagreed", "upheld")
Line = dict[str, Any]
Statistic = Callable[[list[list[Any]]], "float | None"]
Money = tuple[float, float, float, int]


def canonical(value: object) -> str:
    """The one text of a value: JSON without blanks, keys in order."""
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def digest(text: str) -> str:
    """SHA-256 of the text in UTF-8, as hexadecimal digits."""
    return hashlib.sha256(text.encode()).hexdigest()


def listing(units: Iterable[list[Any]]) -> str:
    """The frame as one text: a line a unit, by encounter."""
    return "".join(canonical(unit) + "\n" for unit in sorted(units, key=lambda unit: unit[0]))


def stratum_of(line: str) -> str:
    """The stratum that a line of the frame names."""
    return str(json.loads(line)[5])


def key_of(seed: str, frame_hash: str, encounter: int) -> str:
    """The place of a unit in the draw: whoever has the seed and the frame can compute it."""
    return digest(f"{ALGORITHM}\n{seed}\n{frame_hash}\n{encounter}")


def draw(units: list[list[Any]], sizes: dict[str, int], seed: str, frame_hash: str) -> list[list[Any]]:
    """Encounters drawn, as [encounter, stratum, key], by key. `sizes` says how many of each stratum.

    Whoever takes the lowest keys of a stratum draws without replacement, each unit with the same chance.
    """
    drawn = []
    for stratum, size in sorted(sizes.items()):
        keys = sorted((key_of(seed, frame_hash, unit[0]), unit[0]) for unit in units if unit[5] == stratum)
        drawn += [[encounter, stratum, key] for key, encounter in keys[:size]]
    return sorted(drawn, key=lambda each: each[2])


def compare(final: list[Line], audited: list[Line]) -> list[tuple[Line | None, Line | None, bool]]:
    """The rows of two codings side by side, as (final or None, audited or None, whether they are the same).

    First what is the same in every field, then what has the same code and date, then what one side alone has.
    """
    left = list(audited)
    partner: dict[int, Line] = {}
    for is_same in (_same, _near):
        for number, line in enumerate(final):
            found = None if number in partner else next((other for other in left if is_same(line, other)), None)
            if found is not None:
                partner[number] = found
                left.remove(found)
    rows = [
        (line, partner.get(number), number in partner and _same(line, partner[number]))
        for number, line in enumerate(final)
    ]
    return rows + [(None, line, False) for line in left]


def _same(line: Line, other: Line) -> bool:
    return all(line[name] == other[name] for name in ("code", "units", "modifiers", "date"))


def _near(line: Line, other: Line) -> bool:
    return line["code"] == other["code"] and line["date"] == other["date"]


def clopper_pearson(right: int, number: int, confidence: float) -> list[float] | None:
    """The exact two-sided interval of a proportion, None where there is nothing to count."""
    if not number:
        return None
    alpha = (1 - confidence) / 2
    low = 0.0 if right == 0 else _root(lambda p: _above(right, number, p) - alpha)
    high = 1.0 if right == number else 1 - _root(lambda p: _above(number - right, number, p) - alpha)
    return [low, high]


def _above(right: int, number: int, p: float) -> float:
    """Probability of `right` or more of `number` at rate `p`."""
    if p <= 0:
        return 1.0 if right == 0 else 0.0
    if p >= 1:
        return 1.0
    is_upper = right > number * p
    counts = range(right, number + 1) if is_upper else range(right - 1, -1, -1)
    total, term = 0.0, -1.0
    for k in counts:
        if term < 0:
            term = math.exp(
                math.lgamma(number + 1)
                - math.lgamma(k + 1)
                - math.lgamma(number - k + 1)
                + k * math.log(p)
                + (number - k) * math.log1p(-p)
            )
        elif is_upper:
            term *= (number - k + 1) / k * p / (1 - p)
        else:
            term *= (k + 1) / (number - k) * (1 - p) / p
        total += term
        if term < total * 1e-18:
            break
    return total if is_upper else 1 - total


def _root(rising: Callable[[float], float]) -> float:
    """Where a rising function of a probability crosses zero."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if rising(middle) < 0 else (low, middle)
    return (low + high) / 2


def bootstrap(strata: list[list[Any]], statistic: Statistic, *, confidence: float, seed: str) -> list[float] | None:
    """The percentile interval of `statistic` over samples drawn again within each stratum; None without spread."""
    groups = [group for group in strata if group]
    if sum(len(group) for group in groups) <= 1:
        return None
    dice = random.Random(f"bootstrap\n{seed}")  # noqa: S311 (drawn again, not secret)
    found = []
    for _ in range(RESAMPLES):
        value = statistic([[group[int(dice.random() * len(group))] for _ in group] for group in groups])
        if value is not None:
            found.append(value)
    if not found:
        return None
    found.sort()
    alpha = (1 - confidence) / 2
    last = len(found) - 1
    return [found[math.floor(alpha * last)], found[math.ceil((1 - alpha) * last)]]


def proportion(right: int, number: int, confidence: float) -> dict[str, Any]:
    """A count with its rate and exact interval."""
    return {
        "right": right,
        "n": number,
        "rate": right / number if number else None,
        "interval": clopper_pearson(right, number, confidence),
    }


def rows_of(item: dict[str, Any], side: str = "final") -> list[dict[str, Any]]:
    """The compared rows of an item's first auditor, each with whether it counts as right and its two values."""
    audit = item["audits"][0]
    standing: dict[int, str] = {}
    if side == "final":
        for ruling in audit["rulings"]:
            if ruling["kind"] in DECISIVE:
                standing[ruling["row"]] = ruling["kind"]
    rows = []
    for number, (line, truth, is_same) in enumerate(compare(item[side], audit["lines"]), start=1):
        is_right = is_same or standing.get(number) in RIGHT
        said, true = _value(line, item["prices"]), _value(line if is_right else truth, item["prices"])
        rows.append(
            {"line": line, "truth": line if is_right else truth, "is_right": is_right, "value": said, "true": true}
        )
    return rows


def _value(line: Line | None, prices: dict[str, str | None]) -> float | None:
    """Dollars of a line: nothing for no line, None where no price is known."""
    if line is None:
        return 0.0
    price = prices.get(line["code"])
    return None if price is None else float(price) * line["units"]


def _money(rows: list[dict[str, Any]]) -> Money:
    """Dollars as billed, too much (net), and in error either way (gross), of the rows with prices; and how many not."""
    priced = [row for row in rows if row["value"] is not None and row["true"] is not None]
    off = [row["value"] - row["true"] for row in priced]
    return (sum(row["value"] for row in priced), sum(off), sum(abs(each) for each in off), len(rows) - len(priced))


def _ratio(part: int, weights: dict[str, float]) -> Statistic:
    def statistic(groups: list[list[Any]]) -> float | None:
        whole = error = 0.0
        for group in groups:
            for stratum, money in group:
                whole += weights[stratum] * money[0]
                error += weights[stratum] * money[part]
        return error / whole if whole else None

    return statistic


def scores(sample: dict[str, Any], items: list[dict[str, Any]], side: str = "final") -> dict[str, Any]:
    """What the reviews found, of the items that their first auditor has locked; `side` is final or suggested."""
    confidence, seed = sample["confidence"], sample["seed"]
    done = [item for item in items if item["audits"] and item["audits"][0]["locked_at"]]
    by_item = [(item, rows_of(item, side)) for item in done]
    rows = [row for _, found in by_item for row in found]
    right = sum(row["is_right"] for row in rows)
    said = [row for row in rows if row["line"] is not None]
    true = [row for row in rows if row["truth"] is not None]
    whole = [(item, all(row["is_right"] for row in found)) for item, found in by_item]
    sizes: dict[str, int] = {}
    for item in done:
        sizes[item["stratum"]] = sizes.get(item["stratum"], 0) + 1
    weights = {stratum: sample["strata"][stratum] / size for stratum, size in sizes.items()}
    monies = [(item["stratum"], _money(found)) for item, found in by_item]
    strata = [[each for each in monies if each[0] == stratum] for stratum in sorted(sizes)]
    units = sum(weights[item["stratum"]] for item in done)
    net, gross = _ratio(1, weights), _ratio(2, weights)
    right_said = sum(row["is_right"] for row in said)
    # What a concession took out of the truth is neither billed wrongly nor missed.
    right_true = sum(row["is_right"] for row in true)
    return {
        "reviewed": len(done),
        "drawn": len(items),
        "line_exact": proportion(right, len(rows), confidence),
        "precision": proportion(right_said, len(said), confidence),
        "recall": proportion(right_true, len(true), confidence),
        "encounter_exact": proportion(sum(ok for _, ok in whole), len(whole), confidence),
        "encounter_exact_weighted": sum(weights[item["stratum"]] for item, ok in whole if ok) / units
        if units
        else None,
        "money": {
            "billed": round(sum(money[0] for _, money in monies), 2),
            "net": round(sum(money[1] for _, money in monies), 2),
            "gross": round(sum(money[2] for _, money in monies), 2),
            "lines_without_price": sum(money[3] for _, money in monies),
            "net_rate": net(strata),
            "net_interval": bootstrap(strata, net, confidence=confidence, seed=seed),
            "gross_rate": gross(strata),
            "gross_interval": bootstrap(strata, gross, confidence=confidence, seed=seed),
            "overpayments": [round(money[1], 2) for _, money in monies],
        },
        "kappa": kappa(done, confidence, seed),
        "by_rule": _by(by_item, lambda _item, row: _told(row, "rules"), confidence),
        "by_drug": _by(by_item, lambda _item, row: _told(row, "drugs"), confidence),
        "by_coder": _by(by_item, lambda item, _row: [item["coder"]], confidence),
        "by_stratum": [[stratum, proportion(*_counted(whole, stratum), confidence)] for stratum in sorted(sizes)],
    }


def _counted(whole: list[tuple[dict[str, Any], bool]], stratum: str) -> tuple[int, int]:
    mine = [ok for item, ok in whole if item["stratum"] == stratum]
    return sum(mine), len(mine)


def _told(row: dict[str, Any], name: str) -> list[str]:
    line = row["line"] or row["truth"]
    return (line or {}).get(name) or ["no rule: not billed" if name == "rules" else "not said"]


def _by(
    by_item: list[tuple[dict[str, Any], list[dict[str, Any]]]],
    names: Callable[[dict[str, Any], dict[str, Any]], list[str]],
    confidence: float,
) -> list[list[Any]]:
    """Lines right by what they are grouped by, the lowest rate first."""
    counts: dict[str, tuple[int, int]] = {}
    for item, rows in by_item:
        for row in rows:
            for name in names(item, row):
                right, number = counts.get(name, (0, 0))
                counts[name] = (right + row["is_right"], number + 1)
    found = [[name, proportion(right, number, confidence)] for name, (right, number) in counts.items()]
    return sorted(found, key=lambda each: (each[1]["rate"], -each[1]["n"], each[0]))


def kappa(items: list[dict[str, Any]], confidence: float, seed: str) -> dict[str, Any]:
    """Cohen's kappa of two auditors over the final lines of the encounters that both have locked: right, or not."""
    pairs = []
    for item in items:
        locked = [audit for audit in item["audits"] if audit["locked_at"]]
        if len(locked) > 1:
            sides = [[same for line, _, same in compare(item["final"], audit["lines"]) if line] for audit in locked[:2]]
            pairs.append(list(zip(*sides, strict=True)))
    found = _kappa([pairs])
    return {
        "encounters": len(pairs),
        "lines": sum(len(pair) for pair in pairs),
        "kappa": found,
        "interval": bootstrap([pairs], _kappa, confidence=confidence, seed=seed) if pairs else None,
    }


def _kappa(groups: list[list[Any]]) -> float | None:
    lines = [line for pairs in groups for pair in pairs for line in pair]
    if not lines:
        return None
    number = len(lines)
    agreed = sum(first == second for first, second in lines) / number
    first, second = (sum(line[side] for line in lines) / number for side in (0, 1))
    chance = first * second + (1 - first) * (1 - second)
    return 1.0 if chance == 1 else (agreed - chance) / (1 - chance)


def verify(read: Callable[[str], bytes]) -> Iterator[tuple[str, bool]]:
    """What holds and what does not, as (words, whether it holds); `read(name)` gives a file of the export as bytes."""
    manifest = json.loads(read("manifest.json"))
    sample = manifest["sample"]
    for name, wanted in sorted(manifest["files"].items()):
        yield f"{name} is as it was exported", hashlib.sha256(read(name)).hexdigest() == wanted
    text = read("frame.jsonl").decode()
    units = [json.loads(line) for line in text.splitlines()]
    yield (
        f"the frame of {len(units)} units has the hash {sample['frame_hash'][:16]}",
        (digest(text) == sample["frame_hash"] and listing(units) == text),
    )
    drawn = draw(units, sample["sizes"], sample["seed"], sample["frame_hash"])
    yield f"the {len(drawn)} units are drawn again, in the same order", drawn == json.loads(read("draw.json"))
    items = json.loads(read("reviews.json"))
    yield (
        "the reviews are those of the draw",
        [[item["encounter"], item["stratum"]] for item in items] == [each[:2] for each in drawn],
    )
    frozen = {unit[0]: unit[4] for unit in units}
    yield (
        "the final lines are those of the frame",
        all(
            digest(
                canonical([[line["code"], line["units"], line["modifiers"], line["date"]] for line in item["final"]])
            )
            == frozen[item["encounter"]]
            for item in items
        ),
    )
    results = json.loads(read("results.json"))
    for side in ("final", "suggested"):
        again = json.loads(canonical(scores(sample, items, side)))
        yield f"every score of the {side} lines is computed again", _close(again, results[side])


def _close(one: object, other: object) -> bool:
    """The same; numbers to nine places, since processors round differently."""
    if isinstance(one, float) and isinstance(other, (int, float)):
        return math.isclose(one, other, rel_tol=1e-9, abs_tol=1e-9)
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_close(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_close, one, other))
    return one == other


def main(arguments: list[str]) -> int:
    """Prints what holds; 1 where something does not."""
    place = Path(arguments[0]) if arguments else Path(__file__).parent
    if place.is_file():
        with zipfile.ZipFile(place) as archive:
            found = list(verify(archive.read))
    else:
        found = list(verify(lambda name: (place / name).read_bytes()))
    for words, holds in found:
        sys.stdout.write(f"{'holds ' if holds else 'BROKEN'}  {words}\n")
    is_sound = all(holds for _, holds in found)
    sys.stdout.write("The sample is verified.\n" if is_sound else "The sample does not hold.\n")
    return 0 if is_sound else 1


if __name__ == "__main__":
    raise SystemExit(main(sys.argv[1:]))
