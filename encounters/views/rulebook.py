"""The rules in reading order, each with its source and dates, and the policies with their values."""

from itertools import groupby

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from encounters import worked_cases
from encounters.http import PageRequest
from encounters.installed import load_rulebook
from rules.rulebook.model import RuleStatement

CHAPTERS = {
    "A": "The encounter and its initial service",
    "B": "Time",
    "C": "Kinds of service",
    "D": "Hydration",
    "E": "Families of drugs",
    "F": "Companions",
    "G": "Settings and programs",
    "H": "Drug units",
    "I": "NDC",
    "R": "Screening and the record",
}


@require_safe
def index(request: PageRequest) -> HttpResponse:
    """Every rule and policy layer that is shipped."""
    rulebook = load_rulebook()
    rules = sorted(rulebook.rules.values(), key=_reading_order)
    rows = [
        (rule, rulebook.coverage.get(rule.id), [rulebook.sources[citation.source_id] for citation in rule.citations])
        for rule in rules
    ]
    chapters = [
        (CHAPTERS.get(letter, letter), list(group)) for letter, group in groupby(rows, key=lambda row: row[0].id[0])
    ]
    context = {
        "rulebook": rulebook,
        "chapters": chapters,
        "policies": rulebook.policies,
        "keys": rulebook.policy_keys.values(),
    }
    return render(request, "encounters/rules/index.html", context)


@require_safe
def conformance(request: PageRequest) -> HttpResponse:
    """Every published case beside its source, the published answer and ours."""
    context = {"rulebook": load_rulebook(), "conformance": worked_cases.checked()}
    return render(request, "encounters/rules/conformance.html", context)


def _reading_order(rule: RuleStatement) -> tuple[str, int]:
    return rule.id[0], int(rule.id[1:]) if rule.id[1:].isdigit() else 0
