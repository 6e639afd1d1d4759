"""Reads the rulebook from its files: strict keys, no duplicates, every value cited. Nothing else reads a file."""

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import fields
from datetime import date
from functools import cache, lru_cache, partial
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import TypeVar

from rules.citation import Source
from rules.errors import BadValue, UncitedValue
from rules.rulebook import document, entries
from rules.rulebook.cited import CITED, DATED, citation_of, period_of, refuse_overlaps, refuse_second, values_of
from rules.rulebook.document import Place, Section
from rules.rulebook.edits import CodeList, EditTable
from rules.rulebook.model import CodeEntry, Minutes, PriceList, Rulebook, RulebookContent, RuleStatement, layer_name
from rules.rulebook.policy import LAYER_KINDS, CitedValue, PolicyKey, PolicyLayer
from rules.vocabulary import LineFamily, Role, Setting

T = TypeVar("T")

FORMATS = frozenset({".yaml", ".csv"})
CODE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = CODE_DIR / "data"

NUMBERS = (
    *("lesions_to", "dose_tolerance_percent", "units_to"),
    *("overpayment_days", "overpayment_suspension_days", "overpayment_years"),
)
SWITCHES = ("jw", "jz")
CODE_LISTS = (
    *("included", "nurse_visit", "visits", "separate_visit", "practice_expense", "facility_places"),
    *("ncci_services", "ncci_modifiers", "ncci_modifiers_column_one"),
)
CONFIDENCES = ("high", "medium", "low")

OWN = "own/"
"""What the names of a facility's own files begin with, beside the shipped ones."""
OWN_SOURCES = OWN + "sources.yaml"
OWN_KINDS = ("payer", "facility")
"""Layers that a facility may add; base and settings are shipped."""


@lru_cache(maxsize=8)
def load_rulebook(*, policy_dir: Path | None = None) -> Rulebook:
    """The shipped rulebook, with the policy layers (and their `sources.yaml`) of `policy_dir` beside it.

    Read once per folder. Raises a RulebookError that names file, line and key.
    """
    return Rulebook(read_content(data_dir=DATA_DIR, policy_dir=policy_dir))


@cache
def code_digest() -> str:
    """SHA-256 of the engine's own source files in hexadecimal: releases that differ in one have two digests."""
    digest = hashlib.sha256()
    for path in sorted(CODE_DIR.rglob("*.py")):
        digest.update(path.relative_to(CODE_DIR).as_posix().encode() + b"\n" + path.read_bytes() + b"\n")
    return digest.hexdigest()


def read_content(*, data_dir: Path, policy_dir: Path | None = None) -> RulebookContent:
    """The checked content of a data folder. Raises a RulebookError that names file, line and key."""
    return _Reading(files_of(data_dir=data_dir, policy_dir=policy_dir), own_dir=policy_dir).content()


def read_files(files: Mapping[str, bytes]) -> RulebookContent:
    """The checked content of files as `files_of` gave them, kept elsewhere since. Raises a RulebookError."""
    return _Reading(files, own_dir=None).content()


def files_of(*, data_dir: Path = DATA_DIR, policy_dir: Path | None = None) -> dict[str, bytes]:
    """Every file of a rulebook by its name within it: what `read_files` makes the same rulebook of, on any machine.

    Names of a facility's own files begin with `own/`. Raises BadValue where a folder or a file cannot be read.
    """
    found = _folder(data_dir, "")
    if policy_dir is not None:
        if not policy_dir.is_dir():
            message = f"{policy_dir}: the policy folder does not exist"
            raise BadValue(message)
        found |= _folder(policy_dir, OWN)
    return found


def _folder(folder: Path, prefix: str) -> dict[str, bytes]:
    paths = [path for path in folder.rglob("*") if path.suffix in FORMATS]
    try:
        return {prefix + path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}
    except OSError as error:
        message = f"{folder}: not readable: {error}"
        raise BadValue(message) from error


class _Reading:
    """One reading of a rulebook's files. What others refer to (sources, rules, policy keys) is read first."""

    def __init__(self, files: Mapping[str, bytes], *, own_dir: Path | None) -> None:
        self._files = files
        self._own_dir = own_dir
        self._digest = hashlib.sha256()
        self._sources: dict[str, Source] = {}

    def content(self) -> RulebookContent:
        self._read_sources("sources.yaml")
        if OWN_SOURCES in self._files:
            self._read_sources(OWN_SOURCES)
        rules = self._rules()
        keys = entries.policy_keys(self._document("policy_keys.yaml"), rules=rules)
        parameters, switches = self._parameters()
        return RulebookContent(
            sources=self._sources,
            rules=rules,
            coverage=entries.coverage(self._document("coverage.yaml"), rules=rules),
            codes=self._codes(),
            parameters=parameters,
            switches=switches,
            hierarchies=self._hierarchies(),
            policy_keys=keys,
            policies=self._policies(keys=keys),
            prices=self._prices(),
            code_lists=self._code_lists(),
            edit_tables=self._edit_tables(),
            version=self._digest.hexdigest(),
        )

    # Files

    def _document(self, name: str) -> Section:
        read = document.read(self._text(name), file=self._shown(name))
        self._add_to_version(name, read.plain())
        return read

    def _documents(self, folder: str) -> Iterable[Section]:
        return [self._document(name) for name in self._names(f"{folder}/")]

    def _names(self, prefix: str) -> list[str]:
        """The names of the YAML files of a folder and those below it, in the order in which they are read."""
        found = [name for name in self._files if name.startswith(prefix) and name.endswith(".yaml")]
        return sorted(found, key=PurePosixPath)

    def _add_to_version(self, name: str, content: object) -> None:
        """The same content gives the same version wherever its folder lies."""
        canonical = json.dumps([name.removeprefix(OWN), content], sort_keys=True, ensure_ascii=False)
        self._digest.update(canonical.encode() + b"\n")

    def _text(self, name: str) -> str:
        try:
            # As a file opened as text gives it: every kind of line end is one.
            return self._files[name].decode().replace("\r\n", "\n").replace("\r", "\n")
        except KeyError as error:
            message = f"{self._shown(name)}: not readable: there is no such file"
            raise BadValue(message) from error
        except UnicodeDecodeError as error:
            message = f"{self._shown(name)}: not readable: {error}"
            raise BadValue(message) from error

    def _shown(self, name: str) -> str:
        """The name within the shipped data; a facility's own file has its path, so that its owner finds it."""
        if self._own_dir is None or not name.startswith(OWN):
            return name
        return str(self._own_dir / name.removeprefix(OWN))

    # Kinds of file

    def _read_sources(self, name: str) -> None:
        listed = self._document(name).only("sources").section("sources")
        for key in listed.names():
            entry = listed.section(key).only("publisher", "title", "url", "published", "accessed", "archived_url")
            refuse_second(key, self._sources, entry.place)
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
                refuse_second(key, found, listed.place_of(key))
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
                refuse_second(slot, {entry.slot for entry in found}, slots.place_of(slot))
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
                    refuse_second(key, {each for each in numbers if numbers[each]}, section.place_of(key))
                    numbers[key] = values_of(
                        section.sections(key),
                        sources=self._sources,
                        checked=checked,
                        value=lambda each: each.whole_number("value"),
                    )
            flags = file.section("switches").only(*switches)
            for key in flags.names():
                refuse_second(key, {each for each in switches if switches[each]}, flags.place_of(key))
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
            refuse_second(setting, found, file.place_of("setting"))
            found[setting] = values_of(
                file.sections("orders"), sources=self._sources, checked=checked, value=entries.order, keys=("order",)
            )
        return found

    def _policies(self, *, keys: Mapping[str, PolicyKey]) -> tuple[PolicyLayer, ...]:
        found: dict[tuple[str, str], PolicyLayer] = {}
        for folder in ("policies/", OWN):
            for name in self._names(folder):
                if name == OWN_SOURCES:
                    continue
                file = self._document(name)
                layer = self._layer(file, owner=self._owner(name), keys=keys)
                if folder == OWN and layer.kind not in OWN_KINDS:
                    message = f"{file.place_of('layer')}: a policy of one's own is one of {', '.join(OWN_KINDS)}"
                    raise BadValue(message)
                refuse_second((layer.kind, layer.name), found, file.place_of("name"))
                found[layer.kind, layer.name] = layer
        return tuple(sorted(found.values(), key=lambda layer: (LAYER_KINDS.index(layer.kind), layer.name)))

    def _owner(self, name: str) -> str:
        """The folder in which the layer lies."""
        folder = PurePosixPath(name).parent.name
        return self._own_dir.name if self._own_dir is not None and folder == OWN.rstrip("/") else folder

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
        series = partial(_series, file, sources=self._sources, checked=checked)
        ndc_lists = series("ndc_list", entries.listed_codes, "codes")
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
                        values.sections(key),
                        sources=self._sources,
                        checked=checked,
                        value=entries.choice_of(keys[key].values),
                    )
                    for key in values.names()
                }
            ),
            families=series("families", entries.families, "family"),
            chemo_lists=series("chemo_list", entries.chemo_list, "names", "codes"),
            hydration_necessity=series("hydration_necessity", entries.prefixes, "prefixes"),
            ndc_lists=ndc_lists,
        )

    def _prices(self) -> tuple[PriceList, ...]:
        found: list[tuple[PriceList, Place]] = []
        for yaml_name in self._names("prices/"):
            file = self._document(yaml_name).only("checked", "lists")
            for entry in file.sections("lists"):
                entry.only("name", *CITED)
                name = entry.text("name")
                csv_name = (PurePosixPath(yaml_name).parent / f"{name}.csv").as_posix()
                csv = self._text(csv_name)
                self._add_to_version(csv_name, csv)
                prices = PriceList(
                    name=name,
                    period=period_of(entry),
                    citation=citation_of(entry, sources=self._sources),
                    checked=file.day("checked"),
                    rates=MappingProxyType(document.price_rows(csv, file=self._shown(csv_name))),
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
                refuse_second(key, found, listed.place_of(key))
                found[key] = values_of(
                    listed.sections(key), sources=self._sources, checked=checked, value=entries.codes, keys=("codes",)
                )
        return found

    def _edit_tables(self) -> tuple[EditTable, ...]:
        found: list[tuple[EditTable, Section]] = []
        for file in self._documents("edits/cms"):
            csv_name = PurePosixPath(file.place.file).with_suffix(".csv").as_posix()
            rows = self._text(csv_name)
            self._add_to_version(csv_name, rows)
            table = entries.edit_table(
                file,
                name=PurePosixPath(csv_name).stem,
                rows=rows,
                rows_file=self._shown(csv_name),
                sources=self._sources,
            )
            found.append((table, file))
        return entries.until_the_next(found)


def _series(
    file: Section,
    key: str,
    value: Callable[[Section], T],
    *keys: str,
    sources: Mapping[str, Source],
    checked: date,
) -> tuple[CitedValue[T], ...]:
    """The dated values under a key of a layer; `keys` are those that `value` reads."""
    return values_of(file.sections(key), sources=sources, checked=checked, value=value, keys=keys)
