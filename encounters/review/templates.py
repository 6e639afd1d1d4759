"""The questions that may be put to the clinic: dated templates in a file, read strictly."""

import string
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import yaml
from django.utils.text import capfirst

from encounters.addenda import READERS

FOLDER = Path(__file__).parent / "query_templates"
PLACES = frozenset({"drug", "dose", "dose_or_none", "date", "start", "stop", "access"})
"""What a text may name: only what is charted."""
ANSWERS = frozenset({"time", "amount", "choice", "words"})
KEYS = frozenset({"id", "from", "title", "findings", "answer", "text"})
MORE_KEYS = frozenset({"field", "choices"})


class BadTemplate(ValueError):
    """A template that cannot be used; the message names it and what is wrong."""

    def __init__(self, name: object, problem: str) -> None:
        """Names the template."""
        super().__init__(f"query template {name}: {problem}")


@dataclass(frozen=True, slots=True)
class QueryTemplate:
    """A question with its places. `answer`: time, amount, choice or words; `field`: what of the chart it gives."""

    id: str
    since: date
    title: str
    findings: tuple[str, ...]
    answer: str
    text: str
    field: str = ""
    choices: tuple[str, ...] = ()

    def asked(self, places: Mapping[str, str]) -> str:
        """The question with what the chart says in its places, a capital first."""
        return capfirst(self.text.format_map(places))


def templates_on(on: date) -> tuple[QueryTemplate, ...]:
    """The templates in force on a day, in the order of the file: of each id the newest that has begun."""
    found: dict[str, QueryTemplate] = {}
    for template in _all():
        known = found.get(template.id)
        if template.since <= on and (known is None or known.since < template.since):
            found[template.id] = template
    return tuple(found.values())


def fitting(kind: str, *, on: date) -> QueryTemplate | None:
    """The template for a kind of finding on a day; the open question where none is made for it."""
    templates = templates_on(on)
    return next((each for each in templates if kind in each.findings), templates[-1] if templates else None)


def find(template_id: str, *, on: date) -> QueryTemplate | None:
    """The template of an id on a day."""
    return next((each for each in templates_on(on) if each.id == template_id), None)


@cache
def _all() -> tuple[QueryTemplate, ...]:
    rows = [
        row
        for path in sorted(FOLDER.glob("*.yaml"))
        for row in yaml.safe_load(path.read_text(encoding="utf-8"))["templates"]
    ]
    return tuple(read_template(row) for row in rows)


def read_template(row: Mapping[str, object]) -> QueryTemplate:
    """One template of the file. Raises BadTemplate."""
    name = row.get("id")
    if missing := KEYS - row.keys():
        raise BadTemplate(name, f"lacks {', '.join(sorted(missing))}")
    if unknown := row.keys() - KEYS - MORE_KEYS:
        raise BadTemplate(name, f"has the unknown key {', '.join(sorted(unknown))}")
    text, since, findings, choices = row["text"], row["from"], row["findings"], row.get("choices", [])
    if not isinstance(since, date) or not isinstance(findings, list) or not isinstance(choices, list):
        raise BadTemplate(name, "needs a date and lists")
    template = QueryTemplate(
        id=str(name),
        since=since,
        title=str(row["title"]),
        findings=tuple(map(str, findings)),
        answer=str(row["answer"]),
        text=str(text),
        field=str(row.get("field", "")),
        choices=tuple(map(str, choices)),
    )
    places = {place for _, place, _, _ in string.Formatter().parse(template.text) if place is not None}
    if places - PLACES:
        raise BadTemplate(name, f"names {', '.join(sorted(places - PLACES))}, which no chart says")
    if template.answer not in ANSWERS or bool(template.choices) != (template.answer == "choice"):
        raise BadTemplate(name, "is answered by a time, an amount, words, or a choice that lists its choices")
    if template.field and template.field not in READERS:
        raise BadTemplate(name, f"{template.field} is no field of an administration")
    return template
