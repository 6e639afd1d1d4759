"""The rulebook's data as a reviewer would want it: cited, dated, without gaps, in our own words, with a full ledger."""

import ast
import re
from collections.abc import Iterable, Iterator
from datetime import date
from itertools import chain, pairwise
from pathlib import Path

import pytest

from rules.citation import Citation
from rules.effective import EffectivePeriod, gaps, overlaps
from rules.rulebook.loader import DATA_DIR, load_rulebook
from rules.rulebook.model import Rulebook
from rules.rulebook.policy import CitedValue, PolicyLayer

# Single words of the official descriptors and of their short forms that our own labels and statements do without.
DESCRIPTOR_WORDS = (
    *("intramuscular", "intravenous", "proph/", "prophyla", "specify", "subcutaneous", "substance"),
    *("technique", "ther/", "thoracentesis"),
)
LONGEST_LABEL = 45
SLOTS = {
    *("hydration_initial", "hydration_additional", "therapeutic_infusion_initial", "therapeutic_hour"),
    *("therapeutic_sequential", "therapeutic_concurrent", "sc_infusion_initial", "sc_infusion_hour"),
    *("sc_infusion_setup", "injection", "therapeutic_intra_arterial", "therapeutic_push_initial", "therapeutic_push"),
    *("therapeutic_push_repeat", "on_body_injector", "therapeutic_unlisted", "chemo_injection"),
    *("chemo_injection_hormonal", "intralesional", "intralesional_many", "chemo_push_initial", "chemo_push"),
    *("chemo_infusion_initial", "chemo_hour", "chemo_pump_start", "chemo_sequential", "chemo_ia_push"),
    *("chemo_ia_infusion", "chemo_ia_hour", "chemo_ia_pump", "pleural", "peritoneal", "intrathecal", "pump_refill"),
    *("pump_refill_implanted", "port_flush", "reservoir", "chemo_unlisted", "declotting", "intravesical"),
    *("pump_start_medicare", "prolonged_infusion_facility", "unclassified", "unclassified_biologic"),
    *("unclassified_antineoplastic", "unclassified_new"),
}
AUTHORITY_RULES = {
    f"{letter}{number}"
    for letter, last in {"A": 7, "B": 12, "C": 14, "D": 6, "E": 5, "F": 6, "G": 5, "H": 18, "I": 6}.items()
    for number in range(1, last + 1)
}


@pytest.fixture(scope="module")
def rulebook() -> Rulebook:
    return load_rulebook()


def rules_named_in(path: Path) -> Iterator[str]:
    """The rule ids that calls of `step` name, as their second argument."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "step":
            rule = node.args[1] if len(node.args) > 1 else None
            if isinstance(rule, ast.Constant) and isinstance(rule.value, str):
                yield rule.value


def of_layer(layer: PolicyLayer) -> Iterator[tuple[str, tuple[CitedValue[object], ...]]]:
    for key, entries in layer.values.items():
        yield f"{layer.kind} {layer.name}: {key}", entries
    yield f"{layer.kind} {layer.name}: families", layer.families
    yield f"{layer.kind} {layer.name}: chemo_list", layer.chemo_lists
    yield f"{layer.kind} {layer.name}: hydration_necessity", layer.hydration_necessity


def series(rulebook: Rulebook) -> dict[str, tuple[CitedValue[object], ...]]:
    """Every series of dated values by a name that a reader finds again."""
    content = rulebook.content
    found: dict[str, tuple[CitedValue[object], ...]] = {}
    found.update({f"parameter: {key}": entries for key, entries in content.parameters.items()})
    found.update({f"switch: {key}": entries for key, entries in content.switches.items()})
    found.update({f"hierarchy: {key}": entries for key, entries in content.hierarchies.items()})
    found.update({f"list of codes: {key}": entries for key, entries in content.code_lists.items()})
    found.update(chain.from_iterable(of_layer(layer) for layer in rulebook.policies))
    return found


def periods_by_slot(rulebook: Rulebook) -> dict[str, list[EffectivePeriod]]:
    found: dict[str, list[EffectivePeriod]] = {}
    for entry in rulebook.codes:
        found.setdefault(entry.slot, []).append(entry.period)
    return found


def citations(rulebook: Rulebook) -> Iterable[tuple[str, Citation]]:
    for name, entries in series(rulebook).items():
        yield from ((name, entry.citation) for entry in entries)
    for code in rulebook.codes:
        yield f"code {code.code}", code.citation
    for rule in rulebook.rules.values():
        yield from ((f"rule {rule.id}", citation) for citation in rule.citations)
    for prices in rulebook.content.prices:
        yield f"prices {prices.name}", prices.citation
    for table in rulebook.content.edit_tables:
        yield f"edits {table.name}", table.citation


def test_every_value_is_cited_and_checked(rulebook: Rulebook) -> None:
    wrong = [name for name, citation in citations(rulebook) if citation.source_id not in rulebook.sources]
    wrong += [
        f"{name}: checked before its source was read"
        for name, entries in series(rulebook).items()
        for entry in entries
        if entry.checked < rulebook.sources[entry.citation.source_id].accessed
    ]
    assert not wrong, "\n".join(wrong)


def test_every_source_is_used(rulebook: Rulebook) -> None:
    used = {citation.source_id for _, citation in citations(rulebook)}
    assert not set(rulebook.sources) - used


def test_every_source_can_be_found_again(rulebook: Rulebook) -> None:
    wrong = [
        f"{source.id}: {source.url}"
        for source in rulebook.sources.values()
        if source.url is not None and not re.fullmatch(r"https?://[^\s/]+\S*", source.url)
    ]
    assert not wrong, "\n".join(wrong)


def test_no_gaps_and_no_overlaps(rulebook: Rulebook) -> None:
    every = {name: [entry.period for entry in entries] for name, entries in series(rulebook).items()}
    every.update({f"slot {slot}": periods for slot, periods in periods_by_slot(rulebook).items()})
    every["prices"] = [prices.period for prices in rulebook.content.prices]
    wrong = [
        f"{name}: {', '.join(map(str, found))}"
        for name, periods in every.items()
        for found in (*((gap,) for gap in gaps(periods)), *overlaps(periods))
    ]
    assert not wrong, "\n".join(wrong)


def test_price_lists_stand_in_order(rulebook: Rulebook) -> None:
    names = [prices.name for prices in rulebook.content.prices]
    assert names == sorted(names)
    starts = [prices.period.since for prices in rulebook.content.prices]
    assert all(first < second for first, second in pairwise(starts))


def test_every_price_list_is_named_and_every_code_has_a_status(rulebook: Rulebook) -> None:
    files = {path.stem for path in (DATA_DIR / "prices").rglob("*.csv")}
    assert files == {prices.name for prices in rulebook.content.prices}
    wrong = [
        f"{prices.name}: {entry.code}"
        for prices in rulebook.content.prices
        for entry in rulebook.codes
        if entry.period.overlaps(prices.period) and entry.code not in prices.rates
    ]
    assert not wrong, "\n".join(wrong)


def test_base_holds_every_key_at_its_default(rulebook: Rulebook) -> None:
    base = next(layer for layer in rulebook.policies if layer.kind == "base")
    assert set(base.values) == set(rulebook.policy_keys)
    wrong = [
        key
        for key, entries in base.values.items()
        if [entry.value for entry in entries] != [rulebook.policy_keys[key].values[0]]
    ]
    assert not wrong, "\n".join(wrong)


def test_the_engine_s_slots_are_filled(rulebook: Rulebook) -> None:
    assert {entry.slot for entry in rulebook.codes} == SLOTS
    assert len({entry.code for entry in rulebook.codes}) == len(rulebook.codes)


def test_every_rule_of_the_reference_is_stated(rulebook: Rulebook) -> None:
    assert not AUTHORITY_RULES - set(rulebook.rules)


def test_the_coverage_ledger_is_complete(rulebook: Rulebook) -> None:
    assert set(rulebook.coverage) == set(rulebook.rules)
    wrong = [
        each.rule
        for each in rulebook.coverage.values()
        if (each.verified_from is None) is not (each.status == "absent")
        or (each.status != "complete" and not each.note)
        or (each.verified_from is not None and each.verified_from < rulebook.rules[each.rule].period.since)
    ]
    assert not wrong, "\n".join(wrong)


def test_every_rule_that_a_policy_varies_names_it(rulebook: Rulebook) -> None:
    absent = {each.rule for each in rulebook.coverage.values() if each.status == "absent"}
    wrong = [key.key for key in rulebook.policy_keys.values() if absent.issuperset(key.rules)]
    assert not wrong, "\n".join(wrong)


def test_every_rule_that_the_engine_names_is_stated_and_not_absent(rulebook: Rulebook) -> None:
    rules_dir = DATA_DIR.parent
    named = {
        (path.relative_to(rules_dir).as_posix(), rule)
        for path in sorted(rules_dir.rglob("*.py"))
        for rule in rules_named_in(path)
    }
    assert named
    wrong = [
        f"{file}: {rule}"
        for file, rule in sorted(named)
        if rule not in rulebook.rules or rulebook.coverage[rule].status == "absent"
    ]
    assert not wrong, "\n".join(wrong)


def test_no_official_descriptor_text(rulebook: Rulebook) -> None:
    wrong = [
        f"{path.relative_to(DATA_DIR)}: {words}"
        for path in sorted(DATA_DIR.rglob("*.*"))
        if path.name != "sources.yaml"  # titles and addresses are as their publishers wrote them
        for words in DESCRIPTOR_WORDS
        if words in path.read_text(encoding="utf-8").lower()
    ]
    wrong += [f"{entry.code}: {entry.label}" for entry in rulebook.codes if len(entry.label) > LONGEST_LABEL]
    assert not wrong, "\n".join(wrong)


def test_nothing_lies_in_the_data_that_is_not_read() -> None:
    folders = ("rules", "codes", "parameters", "hierarchy", "policies", "prices", "edits")
    top = {"sources.yaml", "policy_keys.yaml", "coverage.yaml"}
    wrong = [
        str(path.relative_to(DATA_DIR))
        for path in DATA_DIR.rglob("*")
        if path.is_file() and path.relative_to(DATA_DIR).parts[0] not in folders and path.name not in top
    ]
    assert not wrong, "\n".join(wrong)


def test_nothing_is_dated_after_it_was_checked(rulebook: Rulebook) -> None:
    wrong = [
        f"{name}: {entry.period}"
        for name, entries in series(rulebook).items()
        for entry in entries
        if entry.period.since > max(entry.checked, date(2026, 11, 21))
    ]
    assert not wrong, "\n".join(wrong)
