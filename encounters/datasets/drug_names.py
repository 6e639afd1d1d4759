"""The datasets' names of items as a chart would write them."""

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

# "Norepinephrine (mcg/min)", "Propofol ()": the unit of the rate, in the name's last brackets.
_UNIT = re.compile(r"\s*\((?:[\w.%]*/[\w/]*|)\)\s*$")
# "Volume (mL) Magnesium": the column that the rate stood in.
_COLUMN = re.compile(r"^volume \(ml\)\s*", re.IGNORECASE)
# "Metoprolol (Lopressor)": the brand behind the ingredient.
_BRAND = re.compile(r"\s*\([A-Z][\w .-]+\)\s*$")


@dataclass(frozen=True, slots=True)
class ChartedDrug:
    """A name as a chart would write it, and the kind where the list knows it."""

    name: str
    kind: str = ""


@cache
def _listed() -> dict[str, ChartedDrug]:
    content = yaml.safe_load(Path(__file__).with_name("names.yaml").read_text(encoding="utf-8"))
    return {str(name): ChartedDrug(said["drug"], said["kind"]) for name, said in content["names"].items()}


@cache
def charted_drug(text: str) -> ChartedDrug:
    """The drug that the dataset's `text` means; a name that is not listed stands as it is, without its unit."""
    name = _COLUMN.sub("", _UNIT.sub("", text.strip())).strip()
    for candidate in (name, _BRAND.sub("", name)):
        if listed := _listed().get(candidate.lower()):
            return listed
    return ChartedDrug((_BRAND.sub("", name) or name)[:200])
