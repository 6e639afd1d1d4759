"""Items with their lines from three sides, in the words of the export: what the scores are computed from."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from encounters import coding
from encounters.installed import load_rulebook
from encounters.models import FinalLine, Sample, SampleAudit, SampleItem, SampleRuling
from encounters.sampling import verify_sample
from rules.explain import rules_of
from rules.result import CodedLine

Line = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Compared:
    """One row of a comparison: the final line, the auditor's, whether they are the same, and what was said of it."""

    number: int
    final: Line | None
    audited: Line | None
    is_same: bool
    rulings: tuple[SampleRuling, ...]

    @property
    def standing(self) -> str:
        """The last kind of ruling; of a row that differs and nobody ruled `differs`, of one that does not `same`."""
        if self.is_same:
            return "same"
        return self.rulings[-1].kind if self.rulings else "differs"


def items_of(sample: Sample) -> list[dict[str, Any]]:
    """Every item of the sample with final, suggested and audited lines, prices, rules, drugs and rulings."""
    items = list(sample.items.select_related("encounter", "run").order_by("position"))
    return [_data(item, final, audits) for item, final, audits in _with_lines(items)]


def data_of(item: SampleItem) -> dict[str, Any]:
    """One item as `items_of` gives it."""
    ((found, final, audits),) = _with_lines([item])
    return _data(found, final, audits)


def compared(*, found: SampleAudit) -> tuple[Compared, ...]:
    """The rows of a locked audit against the final lines."""
    data = data_of(found.item)
    audit = next(each for each in data["audits"] if each["place"] == found.place)
    said: dict[int, list[SampleRuling]] = {}
    for ruling in found.rulings.order_by("pk"):
        said.setdefault(ruling.row, []).append(ruling)
    rows = verify_sample.compare(data["final"], audit["lines"])
    return tuple(
        Compared(number, final, audited, is_same, tuple(said.get(number, ())))
        for number, (final, audited, is_same) in enumerate(rows, start=1)
    )


def _with_lines(items: Sequence[SampleItem]) -> Iterable[tuple[SampleItem, list[FinalLine], list[SampleAudit]]]:
    finals: dict[int, list[FinalLine]] = {}
    for line in FinalLine.objects.filter(review__in=[item.review_id for item in items]).order_by("position"):
        finals.setdefault(line.review_id, []).append(line)
    audits: dict[int, list[SampleAudit]] = {}
    found = SampleAudit.objects.filter(item__in=items).select_related("lock").order_by("place")
    for audit in found.prefetch_related("lock__lines", "rulings"):
        audits.setdefault(audit.item_id, []).append(audit)
    for item in items:
        mine = [line for line in finals.get(item.review_id, ()) if line.acceptance == item.acceptance]
        yield item, mine, audits.get(item.pk, [])


def _data(item: SampleItem, final: Sequence[FinalLine], audits: Sequence[SampleAudit]) -> dict[str, Any]:
    result = coding.result_of(item.run)
    suggested = {line.key: line for line in result.lines}
    names = {each.id: each.drug.name for each in coding.facts_of(item.run).administrations}
    data: dict[str, Any] = {
        "position": item.position,
        "encounter": item.encounter_id,
        "account": item.encounter.external_id,
        "date_of_service": item.encounter.date_of_service.isoformat(),
        "stratum": item.stratum,
        "coder": item.coder_name,
        "run": item.run.number,
        "rules_version": item.run.rulebook_version,
        "final": [_final(line, suggested.get(line.line_key), names) for line in final],
        "suggested": [_suggested(line, names) for line in result.lines],
        "audits": [_audit(audit) for audit in audits],
    }
    prices = {line.code: line.price for line in result.lines if line.price is not None}
    on = load_rulebook().as_of(item.encounter.date_of_service)
    said = {line["code"] for side in (data["final"], *(each["lines"] for each in data["audits"])) for line in side}
    for code in said - prices.keys():
        price = on.price(code, item.encounter.setting)
        if price is not None:
            prices[code] = price
    data["prices"] = {code: str(price) for code, price in sorted(prices.items())}
    return data


def _final(line: FinalLine, suggested: CodedLine | None, names: Mapping[str, str]) -> Line:
    return {
        "code": line.code,
        "units": line.units,
        "modifiers": sorted(line.modifiers),
        "date": line.date_of_service.isoformat(),
        "origin": line.origin,
        "rules": list(rules_of(suggested)) if suggested else [],
        "drugs": _drugs(line.administrations, names),
    }


def _suggested(line: CodedLine, names: Mapping[str, str]) -> Line:
    return {
        "code": line.code,
        "units": line.units,
        "modifiers": sorted(line.modifiers),
        "date": line.date_of_service.isoformat(),
        "rules": list(rules_of(line)),
        "drugs": _drugs(line.administrations, names),
    }


def _drugs(administrations: Iterable[str], names: Mapping[str, str]) -> list[str]:
    return list(dict.fromkeys(names.get(one, one).lower() for one in administrations))


def _audit(audit: SampleAudit) -> dict[str, Any]:
    locked = audit.lock if audit.is_locked else None
    return {
        "place": audit.place,
        "auditor": audit.auditor_name,
        "had_seen": audit.had_seen,
        "locked_at": locked.at.isoformat() if locked else None,
        "lines": [
            {
                "code": line.code,
                "units": line.units,
                "modifiers": sorted(line.modifiers),
                "date": line.date_of_service.isoformat(),
                "drugs": [line.drugs.lower()] if line.drugs else [],
                "words": line.words,
            }
            for line in sorted(locked.lines.all(), key=lambda line: line.position)
        ]
        if locked
        else [],
        "rulings": [
            {
                "row": ruling.row,
                "kind": ruling.kind,
                "reason": ruling.reason,
                "by": ruling.actor_name,
                "at": ruling.at.isoformat(),
            }
            for ruling in sorted(audit.rulings.all(), key=lambda ruling: ruling.pk)
        ],
    }
