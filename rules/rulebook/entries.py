"""Single entries of rule files as values: orders, families, lists and tables. Nothing here reads a file."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

from rules.citation import Source
from rules.effective import EffectivePeriod
from rules.errors import BadValue, DuplicateKey
from rules.rulebook import edits
from rules.rulebook.cited import citation_of, period_of, some
from rules.rulebook.document import Section
from rules.rulebook.edits import EDIT_SETTINGS, EDIT_TABLES, CodeList, EditTable
from rules.rulebook.model import Coverage, RuleStatement
from rules.rulebook.policy import CHEMO_LIST_NAMES, ChemoList, PolicyKey
from rules.vocabulary import Family

LISTED = "list"
STATUSES = ("complete", "partial", "absent")
INITIAL_SERVICES = ("chemo_infusion", "chemo_push", "therapeutic_infusion", "therapeutic_push", "hydration")


def order(entry: Section) -> tuple[str, ...]:
    """The families in their order for the initial service. Raises BadValue unless each is named once."""
    found = some(entry, "order")
    if sorted(found) != sorted(INITIAL_SERVICES):
        message = f"{entry.place_of('order')}: the order must name each of {', '.join(INITIAL_SERVICES)} once"
        raise BadValue(message)
    return found


def families(entry: Section) -> Mapping[str, str]:
    """Family by drug name or HCPCS code. Raises UnknownKey, BadValue or DuplicateKey."""
    listed = entry.section("family").only(*Family)
    found: dict[str, str] = {}
    for family in listed.names():
        for drug in some(listed, family):
            if drug in found:
                message = f"{listed.place_of(family)}: {drug!r} is already {found[drug]}"
                raise DuplicateKey(message)
            found[drug] = family
    return MappingProxyType(found)


def prefixes(entry: Section) -> tuple[str, ...]:
    """The prefixes of ICD-10-CM codes. Raises BadValue."""
    return some(entry, "prefixes")


def listed_codes(entry: Section) -> tuple[str, ...]:
    """HCPCS codes. Raises BadValue."""
    return some(entry, "codes")


def refuse_missing_list(values: Section, key: str, lists: list[EffectivePeriod]) -> None:
    """Raises BadValue where a layer says `list` for a key on a day for which it holds no list."""
    for entry in values.sections(key):
        if entry.text("value") == LISTED and not any(period.covers(period_of(entry)) for period in lists):
            message = f"{entry.place_of('value')}: {LISTED!r} needs an ndc_list of this layer for the same days"
            raise BadValue(message)


def chemo_list(entry: Section) -> ChemoList:
    """A payer's own list of complex biologics. Raises BadValue."""
    return ChemoList(entry.choice("names", CHEMO_LIST_NAMES), frozenset(some(entry, "codes")))


def codes(entry: Section) -> CodeList:
    """The codes and ranges under `codes`. Raises BadValue."""
    return edits.code_list(some(entry, "codes"), place=entry.place_of("codes"))


def edit_table(file: Section, *, name: str, rows: str, rows_file: str, sources: Mapping[str, Source]) -> EditTable:
    """The edits of one quarter: `file` says what they are, `rows` holds them as CSV. The period has no end yet.

    Raises BadValue, DuplicateKey, UncitedValue or UnknownKey.
    """
    file.only("checked", "table", "setting", "quarter", "from", "source", "locator", "covers")
    kind = file.choice("table", EDIT_TABLES)
    setting = "" if kind == "addon" else file.choice("setting", EDIT_SETTINGS)
    quarter = file.text("quarter")
    since = file.day("from")
    begins = edits.first_day(quarter, place=file.place_of("quarter"))
    if since != begins:
        message = f"{file.place_of('from')}: {quarter} begins on {begins}, not on {since}"
        raise BadValue(message)
    covers = file.texts("covers")
    return EditTable(
        name=name,
        kind=kind,
        setting=setting,
        quarter=quarter,
        period=EffectivePeriod(since),
        citation=citation_of(file, sources=sources),
        checked=file.day("checked"),
        covers=edits.code_list(covers, place=file.place_of("covers")) if covers else None,
        mues=edits.mue_rows(rows, file=rows_file, quarter=quarter) if kind == "mue" else {},
        pairs=edits.ptp_rows(rows, file=rows_file, quarter=quarter) if kind == "ptp" else {},
        bases=edits.addon_rows(rows, file=rows_file) if kind == "addon" else {},
    )


def until_the_next(tables: list[tuple[EditTable, Section]]) -> tuple[EditTable, ...]:
    """The tables in order of time, each in force until the next of its kind and setting. Raises DuplicateKey.

    An excerpt is completed by the table before it.
    """
    latest: dict[tuple[str, str], EditTable] = {}
    done: list[EditTable] = []
    for table, file in sorted(tables, key=lambda each: each[0].period.since):
        key = (table.kind, table.setting)
        before = latest.get(key)
        if before is None:
            latest[key] = table
            continue
        if before.period.since == table.period.since:
            message = f"{file.place}: {before.name} holds the same quarter"
            raise DuplicateKey(message)
        done.append(replace(before, period=EffectivePeriod(before.period.since, table.period.since)))
        latest[key] = table.completed_by(before)
    return (*done, *latest.values())


def policy_keys(file: Section, *, rules: Mapping[str, RuleStatement]) -> dict[str, PolicyKey]:
    """The policy keys of their file. Raises UnknownKey or BadValue."""
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


def coverage(file: Section, *, rules: Mapping[str, RuleStatement]) -> dict[str, Coverage]:
    """The ledger of coverage of its file. Raises UnknownKey or BadValue."""
    listed = file.only("rules").section("rules").only(*rules)
    found: dict[str, Coverage] = {}
    for rule in listed.names():
        entry = listed.section(rule).only("status", "verified_from", "note", "cases", "charts")
        found[rule] = Coverage(
            rule=rule,
            status=entry.choice("status", STATUSES),
            verified_from=entry.optional_day("verified_from"),
            note=entry.optional_text("note") or "",
            cases=entry.texts("cases"),
            charts=entry.texts("charts"),
        )
    return found


def choice_of(values: tuple[str, ...]) -> Callable[[Section], str]:
    """Reads an entry's `value`, which must be one of these. Raises BadValue."""
    return lambda entry: entry.choice("value", values)
