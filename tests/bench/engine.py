"""How many encounters a second the engine codes on one core, beside two grouping libraries of the same field.

`python -m tests.bench.engine` measures in alternating rounds, so that a busy machine slows everyone alike, counts
processor time, and ends with one line of JSON; `--write FILE` also writes the table. The other libraries run their
own README example, the same one each time, of which a processor soon knows every branch. Held against them is
therefore what is coded in the same way: one encounter over and over before the next one, over the same encounters
that are also measured in turn. They are no part of the product: `requirements-bench.txt` goes into an environment of
its own.
"""

import argparse
import json
import os
import platform
import re
import resource
import sys
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from itertools import chain, cycle, repeat
from pathlib import Path
from statistics import median

from rules import explain
from rules.engine import code_encounter
from rules.facts import EncounterFacts
from rules.result import CodingResult
from rules.rulebook.loader import load_rulebook
from rules.rulebook.model import Rulebook
from tests.bench.encounters import encounters

SIZES = (1, 6, 40)
COMPARED = 6
"""Administrations of the encounters that are held against the other libraries."""
DIFFERENT = 200
TIMES = 100
"""How often an encounter is coded before the next one, where it is held against a library that repeats its example."""
ROUNDS = 25
ROUND_SECONDS = 0.05
PEERS = ("drg", "hccinfhir")

KINDS = {"native": "compiled from their Python source by `make native`", "python": "plain Python"}

Work = Callable[[], object]


def main(arguments: Sequence[str]) -> None:
    """Measures and prints; writes the table where asked to."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.engine", description=__doc__)
    parser.add_argument("--write", type=Path, help="the file that the table goes into")
    chosen = parser.parse_args(arguments)
    rulebook = load_rulebook()
    rates = measured(works(rulebook))
    figures = {
        "engine": engine_kind(),
        "encounters_per_second": {str(size): round(rates[f"coded {size}"]) for size in SIZES},
        "explained_per_second": {str(size): round(rates[f"explained {size}"]) for size in SIZES},
        "with_drug_lines_per_second": {str(size): round(rates[f"drugs {size}"]) for size in SIZES},
        "repeated_per_second": {str(COMPARED): round(rates["repeated"])},
        **{f"{peer}_per_second": round(rates[peer]) for peer in PEERS},
        **{f"ratio_{peer}": round(rates["repeated"] / rates[peer], 2) for peer in PEERS},
        **{f"ratio_{peer}_in_turn": round(rates[f"coded {COMPARED}"] / rates[peer], 2) for peer in PEERS},
    }
    if chosen.write is not None:
        peaks = {size: peak_of(rulebook, size) for size in SIZES}
        chosen.write.write_text(f"{table(rates, peaks).rstrip()}\n{_measured_apart(chosen.write)}", encoding="utf-8")
    sys.stdout.write(json.dumps(figures) + "\n")


def _measured_apart(page: Path) -> str:
    """The section that `make bench-impact` wrote, which is not measured here; all others are written anew."""
    before = page.read_text(encoding="utf-8") if page.exists() else ""
    kept = re.search(r"^## Replay\n.*?(?=^## |\Z)", before, re.DOTALL | re.MULTILINE)
    return f"\n{kept[0].rstrip()}\n" if kept else ""


def works(rulebook: Rulebook) -> dict[str, Work]:
    """What is measured, by name; each call is one encounter or one record."""
    found: dict[str, Work] = {"repeated": _coding(_repeated(encounters(COMPARED, count=DIFFERENT)), rulebook)}
    for size in SIZES:
        plain = cycle(encounters(size, count=DIFFERENT))
        explained = cycle(encounters(size, count=DIFFERENT))
        drugs = cycle(encounters(size, count=DIFFERENT, has_drug_lines=True))
        found[f"coded {size}"] = _coding(plain, rulebook)
        found[f"explained {size}"] = _explaining(explained, rulebook)
        found[f"drugs {size}"] = _coding(drugs, rulebook)
    return found | peers()


def _coding(of: Iterator[EncounterFacts], rulebook: Rulebook) -> Work:
    return lambda: code_encounter(next(of), rulebook=rulebook)


def _repeated(different: Sequence[EncounterFacts]) -> Iterator[EncounterFacts]:
    """Each of them so often that no call but the first meets a new one, for ever."""
    return chain.from_iterable(repeat(facts, TIMES) for facts in cycle(different))


def _explaining(of: Iterator[EncounterFacts], rulebook: Rulebook) -> Work:
    return lambda: explained(code_encounter(next(of), rulebook=rulebook), rulebook)


def explained(result: CodingResult, rulebook: Rulebook) -> list[object]:
    """Every sentence that a page shows of a result."""
    said: list[object] = [explain.line_explanation(line, rulebook=rulebook) for line in result.lines]
    said += [explain.finding_text(finding) for finding in result.findings]
    said += [explain.not_billed_why(one) for one in result.not_billed]
    return said


def peers() -> dict[str, Work]:
    """The README examples of the other libraries."""
    from drg import MSDRGEngine
    from hccinfhir import HCCInFHIR

    engine = MSDRGEngine()
    processor = HCCInFHIR(model_name="CMS-HCC Model V28")
    secondary, procedures, diagnoses = ["J9601", "E1165"], ["02703DZ"], ["E11.9", "I10", "N18.3"]
    return {
        "drg": lambda: engine.group(
            principal_dx="I2109", secondary_dxs=secondary, procedures=procedures, age=67, sex="M"
        ),
        "hccinfhir": lambda: processor.calculate_from_diagnosis(diagnoses, age=67, sex="F"),
    }


def measured(of: dict[str, Work]) -> dict[str, float]:
    """Calls a second of processor time: the median over rounds in which each has its turn."""
    calls = {name: _calls(work) for name, work in of.items()}
    rates: dict[str, list[float]] = {name: [] for name in of}
    for _ in range(ROUNDS):
        for name, work in of.items():
            rates[name].append(calls[name] / _seconds(work, calls[name]))
    return {name: median(each) for name, each in rates.items()}


def _calls(work: Work) -> int:
    """How many calls fill a round, after a first lap in which caches fill."""
    once = _seconds(work, DIFFERENT) / DIFFERENT
    return max(10, round(ROUND_SECONDS / once))


def _seconds(work: Work, calls: int) -> float:
    since = time.process_time()
    for _ in range(calls):
        work()
    return time.process_time() - since


def peak_of(rulebook: Rulebook, size: int) -> int:
    """Bytes that coding one encounter of that size needs at most, its result included."""
    peak = 0
    for facts in encounters(size, count=20):
        code_encounter(facts, rulebook=rulebook)
        tracemalloc.start()
        code_encounter(facts, rulebook=rulebook)
        peak = max(peak, tracemalloc.get_traced_memory()[1])
        tracemalloc.stop()
    return peak


def table(rates: dict[str, float], peaks: dict[int, int]) -> str:
    """The page of figures."""
    rows = [
        f"| {size} | {rates[f'coded {size}']:,.0f} | {rates[f'explained {size}']:,.0f} | "
        f"{rates[f'drugs {size}']:,.0f} | {peaks[size] / 1024:,.0f} KiB |"
        for size in SIZES
    ]
    repeated, in_turn = rates["repeated"], rates[f"coded {COMPARED}"]
    others = [
        f"| {peer} {version(peer)} | {rates[peer]:,.0f} | {repeated / rates[peer]:.2f} | {in_turn / rates[peer]:.2f} |"
        for peer in PEERS
    ]
    resident = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return "\n".join(
        [
            "# Benchmarks",
            "",
            f"Written by `make bench` on {datetime.now(UTC).date().isoformat()}: {_machine()}, one core;",
            f"rules: {KINDS[engine_kind()]}.",
            "",
            "## Engine",
            "",
            f"Encounters a second of processor time, the median of {ROUNDS} alternating rounds over {DIFFERENT}",
            "different infusion days: chemotherapy with its premedication, fluid, antibiotics, biologics, pauses,",
            "missing stops and second accesses. A result holds its lines, steps, findings and both ledgers, and no",
            'counterfactuals. "Explained" codes the encounter and makes every sentence of it.',
            "",
            "| administrations | coded | explained | coded with drug lines | peak memory |",
            "| --: | --: | --: | --: | --: |",
            *rows,
            "",
            f"The whole process, with the rulebook and the other libraries loaded, held {resident:,.0f} MiB at most.",
            "",
            "## Beside other grouping libraries",
            "",
            f"Their own README example, in the same rounds, beside encounters of {COMPARED} administrations. They code",
            "one record over and over, of which a processor soon knows every branch; so the ratio is of ours coded",
            f"{TIMES} times each before the next of the {DIFFERENT}: {repeated:,.0f} a second. The last column is of",
            f"the {DIFFERENT} in turn, each met anew as on a clinic's day, against the same one record of theirs.",
            "",
            "| library | records a second | ratio | ours in turn |",
            "| :-- | --: | --: | --: |",
            *others,
            "",
        ]
    )


def engine_kind() -> str:
    """What the rules run as: `native` or `python`."""
    return "python" if explain.__file__.endswith(".py") else "native"


def _machine() -> str:
    """Processor, cores, system and Python."""
    information = Path("/proc/cpuinfo")
    lines = information.read_text(encoding="utf-8").splitlines() if information.exists() else []
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    processor = models[0] if models else platform.machine()
    return f"{processor}, {os.cpu_count()} cores, {platform.system()}, Python {platform.python_version()}"


if __name__ == "__main__":
    main(sys.argv[1:])
