"""Reads the rulebook from its files: strict keys, no duplicates, every value cited. Nothing else reads a file."""

import hashlib
import json
from collections.abc import Callable, Container, Iterable, Mapping
from dataclasses import fields
from datetime import date
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import TypeVar

from rules.citation import Source
from rules.errors import BadValue, DuplicateKey, UncitedValue
from rules.rulebook import document, entries
from rules.rulebook.cited import CITED, DATED, citation_of, period_of, refuse_overlaps, some, values_of
from rules.rulebook.document import Place, Section
from rules.rulebook.edits import CodeList, EditTable
from rules.rulebook.model import (
    CodeEntry,
    Coverage,
    Minutes,
    PriceList,
    Rulebook,
    RulebookContent,
    RuleStatement,
    layer_name,
)
from rules.rulebook.policy import LAYER_KINDS, CitedValue, PolicyKey, PolicyLayer
from rules.vocabulary import LineFamily, Role, Setting

T = TypeVar("T")

DATA_DIR = Path(__file__).resolve().parent.parent / "data"

NUMBERS = ("lesions_to", "dose_tolerance_percent", "units_to")
SWITCHES = ("jw", "jz")
CODE_LISTS = (
    *("included", "nurse_visit", "visits", "separate_visit", "practice_expense", "facility_places"),
    *("ncci_services", "ncci_modifiers", "ncci_modifiers_column_one"),
)
CONFIDENCES = ("high", "medium", "low")
STATUSES = ("complete", "partial", "absent")


@lru_cache(maxsize=8)
def load_rulebook(*, policy_dir: Path | None = None) -> Rulebook:
    """The shipped rulebook, with the policy layers (and their `sources.yaml`) of `policy_dir` beside it.

    Read once per folder. Raises a RulebookError that names file, line and key.
    """
    return Rulebook(read_content(data_dir=DATA_DIR, policy_dir=policy_dir))


def read_content(*, data_dir: Path, policy_dir: Path | None = None) -> RulebookContent:
    """The checked content of a data folder. Raises a RulebookError that names file, line and key."""
    return _Reading(data_dir).content(policy_dir=policy_dir)


class _Reading:
    """One reading of a data folder. What other files refer to (sources, rules, policy keys) is read first."""

    def __init__(self, data_dir: Path) -> None:
        self._data_dir = data_dir
        self._roots = [data_dir]
        self._digest = hashlib.sha256()
        self._sources: dict[str, Source] = {}

    def content(self, *, policy_dir: Path | None) -> RulebookContent:
        self._read_sources(self._data_dir / "sources.yaml")
        if policy_dir is not None:
            self._refuse_missing(policy_dir)
            self._roots.append(policy_dir)
            if (policy_dir / "sources.yaml").is_file():
                self._read_sources(policy_dir / "sources.yaml")
        rules = self._rules()
        keys = _policy_keys(self._document(self._data_dir / "policy_keys.yaml"), rules=rules)
        parameters, switches = self._parameters()
        return RulebookContent(
            sources=self._sources,
            rules=rules,
            coverage=_coverage(self._document(self._data_dir / "coverage.yaml"), rules=rules),
            codes=self._codes(),
            parameters=parameters,
            switches=switches,
            hierarchies=self._hierarchies(),
            policy_keys=keys,
            policies=self._policies(policy_dir=policy_dir, keys=keys),
            prices=self._prices(),
            code_lists=self._code_lists(),
            edit_tables=self._edit_tables(),
            version=self._digest.hexdigest(),
        )

    # Files

    def _document(self, path: Path) -> Section:
        read = document.read(self._text(path), file=self._name(path))
        self._add_to_version(path, read.plain())
        return read

    def _documents(self, folder: str) -> Iterable[Section]:
        return [self._document(path) for path in sorted((self._data_dir / folder).rglob("*.yaml"))]

    def _add_to_version(self, path: Path, content: object) -> None:
        """The same content gives the same version wherever its folder lies."""
        name = next(path.relative_to(root).as_posix() for root in self._roots if path.is_relative_to(root))
        canonical = json.dumps([name, content], sort_keys=True, ensure_ascii=False)
        self._digest.update(canonical.encode() + b"\n")

    def _text(self, path: Path) -> str:
        try:
            return path.read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            message = f"{self._name(path)}: not readable: {error}"
            raise BadValue(message) from error

    def _name(self, path: Path) -> str:
        """Relative to the shipped data; a facility's own file keeps its path, so that its owner finds it."""
        return path.relative_to(self._data_dir).as_posix() if path.is_relative_to(self._data_dir) else str(path)

    def _refuse_missing(self, folder: Path) -> None:
        if not folder.is_dir():
            message = f"{folder}: the policy folder does not exist"
            raise BadValue(message)

    # Kinds of file

    def _read_sources(self, path: Path) -> None:
        listed = self._document(path).only("sources").section("sources")
        for key in listed.names():
            entry = listed.section(key).only("publisher", "title", "url", "published", "accessed", "archived_url")
            _refuse_second(key, self._sources, entry.place)
            self._sources[key] = Source(
                id=key,
                publisher=entry.text("publisher"),
                title=entry.text("title"),
                url=entry.optional_text("url"),
                published=entry.optional_text("published"),
                accessed=entry.day("accessed"),
                archived_url=entry.optional_text("archived_url"),
            )

    def _rules(self) -> dict[str, RuleStatement]:
        found: dict[str, RuleStatement] = {}
        for file in self._documents("rules"):
            checked = file.only("checked", "rules").day("checked")
            listed = file.section("rules")
            for key in listed.names():
                _refuse_second(key, found, listed.place_of(key))
                found[key] = self._rule(key, listed.section(key), checked=checked)
        return found

    def _rule(self, rule_id: str, entry: Section, *, checked: date) -> RuleStatement:
        entry.only("title", "statement", "section", "confidence", "sources", *DATED)
        citations = tuple(
            citation_of(each.only("source", "locator"), sources=self._sources) for each in entry.sections("sources")
        )
        if not citations:
            message = f"{entry.place}: rule {rule_id} has no source"
            raise UncitedValue(message)
        return RuleStatement(
            id=rule_id,
            title=entry.text("title"),
            statement=entry.text("statement"),
            section=entry.text("section"),
            citations=citations,
            checked=checked,
            period=period_of(entry),
            confidence=entry.choice("confidence", CONFIDENCES),
        )

    def _codes(self) -> tuple[CodeEntry, ...]:
        found: list[CodeEntry] = []
        for file in self._documents("codes"):
            checked = file.only("checked", "codes").day("checked")
            slots = file.section("codes")
            for slot in slots.names():
                _refuse_second(slot, {entry.slot for entry in found}, slots.place_of(slot))
                entries = [(self._code(slot, each, checked=checked), each.place) for each in slots.sections(slot)]
                refuse_overlaps([(entry.period, place) for entry, place in entries])
                found.extend(entry for entry, _ in entries)
        return tuple(found)

    def _code(self, slot: str, entry: Section, *, checked: date) -> CodeEntry:
        entry.only("code", "label", "family", "role", *CITED)
        return CodeEntry(
            slot=slot,
            code=entry.text("code"),
            label=entry.text("label"),
            family=LineFamily(entry.choice("family", tuple(LineFamily))),
            role=Role(entry.choice("role", tuple(Role))),
            period=period_of(entry),
            citation=citation_of(entry, sources=self._sources),
            checked=checked,
        )

    def _parameters(
        self,
    ) -> tuple[dict[str, tuple[CitedValue[int], ...]], dict[str, tuple[CitedValue[bool], ...]]]:
        timed = tuple(field.name for field in fields(Minutes))
        numbers: dict[str, tuple[CitedValue[int], ...]] = dict.fromkeys((*timed, *NUMBERS), ())
        switches: dict[str, tuple[CitedValue[bool], ...]] = dict.fromkeys(SWITCHES, ())
        for file in self._documents("parameters"):
            checked = file.only("checked", "minutes", "numbers", "switches").day("checked")
            for section in (file.section("minutes").only(*timed), file.section("numbers").only(*NUMBERS)):
                for key in section.names():
                    _refuse_second(key, {each for each in numbers if numbers[each]}, section.place_of(key))
                    numbers[key] = values_of(
                        section.sections(key),
                        sources=self._sources,
                        checked=checked,
                        value=lambda each: each.whole_number("value"),
                    )
            flags = file.section("switches").only(*switches)
            for key in flags.names():
                _refuse_second(key, {each for each in switches if switches[each]}, flags.place_of(key))
                switches[key] = values_of(
                    flags.sections(key),
                    sources=self._sources,
                    checked=checked,
                    value=lambda each: each.choice("value", ("true", "false")) == "true",
                )
        return numbers, switches

    def _hierarchies(self) -> dict[str, tuple[CitedValue[tuple[str, ...]], ...]]:
        found: dict[str, tuple[CitedValue[tuple[str, ...]], ...]] = {}
        for file in self._documents("hierarchy"):
            checked = file.only("checked", "setting", "orders").day("checked")
            setting = file.choice("setting", tuple(Setting))
            _refuse_second(setting, found, file.place_of("setting"))
            found[setting] = values_of(
                file.sections("orders"), sources=self._sources, checked=checked, value=entries.order, keys=("order",)
            )
        return found

    def _policies(self, *, policy_dir: Path | None, keys: Mapping[str, PolicyKey]) -> tuple[PolicyLayer, ...]:
        found: dict[tuple[str, str], PolicyLayer] = {}
        shipped = self._data_dir / "policies"
        for folder in [shipped] if policy_dir is None else [shipped, policy_dir]:
            for path in sorted(folder.rglob("*.yaml")):
                if path == folder / "sources.yaml":
                    continue
                file = self._document(path)
                layer = self._layer(file, owner=path.parent.name, keys=keys)
                _refuse_second((layer.kind, layer.name), found, file.place_of("name"))
                found[layer.kind, layer.name] = layer
        return tuple(sorted(found.values(), key=lambda layer: (LAYER_KINDS.index(layer.kind), layer.name)))

    def _layer(self, file: Section, *, owner: str, keys: Mapping[str, PolicyKey]) -> PolicyLayer:
        file.only(
            *("layer", "name", "title", "checked", "values", "families", "chemo_list", "hydration_necessity"),
            "ndc_list",
        )
        name = file.text("name")
        if name != layer_name(name):
            message = f"{file.place_of('name')}: {name!r} must be lower case, its words joined by hyphens"
            raise BadValue(message)
        checked = file.day("checked")
        values = file.section("values").only(*keys)
        ndc_lists = values_of(
            file.sections("ndc_list"),
            sources=self._sources,
            checked=checked,
            value=entries.listed_codes,
            keys=("codes",),
        )
        entries.refuse_missing_list(values, "ndc_required", [entry.period for entry in ndc_lists])
        return PolicyLayer(
            kind=file.choice("layer", LAYER_KINDS),
            owner=owner,
            name=name,
            title=file.text("title"),
            checked=checked,
            values=MappingProxyType(
                {
                    key: values_of(
                        values.sections(key), sources=self._sources, checked=checked, value=_choice_of(keys[key].values)
                    )
                    for key in values.names()
                }
            ),
            families=values_of(
                file.sections("families"),
                sources=self._sources,
                checked=checked,
                value=entries.families,
                keys=("family",),
            ),
            chemo_lists=values_of(
                file.sections("chemo_list"),
                sources=self._sources,
                checked=checked,
                value=entries.chemo_list,
                keys=("names", "codes"),
            ),
            hydration_necessity=values_of(
                file.sections("hydration_necessity"),
                sources=self._sources,
                checked=checked,
                value=entries.prefixes,
                keys=("prefixes",),
            ),
            ndc_lists=ndc_lists,
        )

    def _prices(self) -> tuple[PriceList, ...]:
        found: list[tuple[PriceList, Place]] = []
        for path in sorted((self._data_dir / "prices").rglob("*.yaml")):
            file = self._document(path).only("checked", "lists")
            for entry in file.sections("lists"):
                entry.only("name", *CITED)
                name = entry.text("name")
                csv_path = path.parent / f"{name}.csv"
                csv = self._text(csv_path)
                self._add_to_version(csv_path, csv)
                prices = PriceList(
                    name=name,
                    period=period_of(entry),
                    citation=citation_of(entry, sources=self._sources),
                    checked=file.day("checked"),
                    rates=MappingProxyType(document.price_rows(csv, file=self._name(csv_path))),
                )
                found.append((prices, entry.place))
        refuse_overlaps([(prices.period, place) for prices, place in found])
        return tuple(prices for prices, _ in found)

    def _code_lists(self) -> dict[str, tuple[CitedValue[CodeList], ...]]:
        found: dict[str, tuple[CitedValue[CodeList], ...]] = {}
        for file in self._documents("edits/lists"):
            checked = file.only("checked", "lists").day("checked")
            listed = file.section("lists").only(*CODE_LISTS)
            for key in listed.names():
                _refuse_second(key, found, listed.place_of(key))
                found[key] = values_of(
                    listed.sections(key), sources=self._sources, checked=checked, value=entries.codes, keys=("codes",)
                )
        return found

    def _edit_tables(self) -> tuple[EditTable, ...]:
        found: list[tuple[EditTable, Section]] = []
        for file in self._documents("edits/cms"):
            csv_path = (self._data_dir / file.place.file).with_suffix(".csv")
            rows = self._text(csv_path)
            self._add_to_version(csv_path, rows)
            table = entries.edit_table(
                file, name=csv_path.stem, rows=rows, rows_file=self._name(csv_path), sources=self._sources
            )
            found.append((table, file))
        return entries.until_the_next(found)


def _refuse_second(key: object, earlier: Container[object], place: Place) -> None:
    if key in earlier:
        message = f"{place}: defined in an earlier file"
        raise DuplicateKey(message)


def _choice_of(values: tuple[str, ...]) -> Callable[[Section], str]:
    return lambda entry: entry.choice("value", values)


def _policy_keys(file: Section, *, rules: Mapping[str, RuleStatement]) -> dict[str, PolicyKey]:
    listed = file.only("keys").section("keys")
    found: dict[str, PolicyKey] = {}
    for key in listed.names():
        entry = listed.section(key).only("values", "statement", "rules")
        found[key] = PolicyKey(key, some(entry, "values"), entry.text("statement"), some(entry, "rules"))
        for rule in found[key].rules:
            if rule not in rules:
                message = f"{entry.place_of('rules')}: {rule!r} is not a rule"
                raise BadValue(message)
    return found


def _coverage(file: Section, *, rules: Mapping[str, RuleStatement]) -> dict[str, Coverage]:
    listed = file.only("rules").section("rules").only(*rules)
    found: dict[str, Coverage] = {}
    for rule in listed.names():
        entry = listed.section(rule).only("status", "verified_from", "note")
        found[rule] = Coverage(
            rule=rule,
            status=entry.choice("status", STATUSES),
            verified_from=entry.optional_day("verified_from"),
            note=entry.optional_text("note") or "",
        )
    return found
