"""Copies of coded encounters, made by the database in bulk: for load, where thousands of distinct ones are enough.

A copy is another patient and account with the chart, run, review and decisions of its original, row for row. What names
the encounter inside a run's facts and result is renamed, and their digests are taken anew; nothing else is touched.
Ids of copies are those of the original moved on by one stretch in each table, so that rows find each other.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection, models, transaction
from django.db.backends.utils import CursorWrapper

from encounters.models import (
    Addendum,
    AdministrationPause,
    CodedLine,
    CodingRun,
    Container,
    Diagnosis,
    DrugAdministration,
    DrugReferences,
    Encounter,
    FinalLine,
    LineDecision,
    Order,
    Patient,
    Review,
    RunFinding,
    Sight,
    UnresolvedDrug,
    VascularAccess,
)

BATCH = 10_000
"""Copies made in one transaction."""
OF_ENCOUNTER = "wanted.encounter_id = row.encounter_id"
OF_ADMINISTRATION = (
    "wanted.encounter_id = (SELECT encounter_id FROM encounters_drugadministration AS over"
    " WHERE over.id = row.administration_id)"
)
OF_RUN = "wanted.encounter_id = (SELECT encounter_id FROM encounters_codingrun AS over WHERE over.id = row.run_id)"
COPIED: Mapping[type[models.Model], str] = {
    Patient: "wanted.patient_id = row.id",
    Encounter: "wanted.encounter_id = row.id",
    Diagnosis: OF_ENCOUNTER,
    Order: OF_ENCOUNTER,
    VascularAccess: OF_ENCOUNTER,
    DrugAdministration: OF_ENCOUNTER,
    AdministrationPause: OF_ADMINISTRATION,
    Container: OF_ADMINISTRATION,
    DrugReferences: OF_ENCOUNTER,
    UnresolvedDrug: OF_ENCOUNTER,
    Addendum: OF_ENCOUNTER,
    CodingRun: OF_ENCOUNTER,
    CodedLine: OF_RUN,
    RunFinding: OF_RUN,
    Review: OF_ENCOUNTER,
    LineDecision: OF_RUN,
    FinalLine: OF_RUN,
    Sight: OF_RUN,
}
"""What is copied, each after what it refers to, and how a row finds its encounter."""
RENAMED = """replace(row.{column}, '"encounter_id":"' || wanted.encounter_id || '"',
    '"encounter_id":"' || {encounter} || '"')"""
DIGEST = "encode(sha256(convert_to({text}, 'UTF8')), 'hex')"


@dataclass(frozen=True, slots=True)
class Stretch:
    """How the ids of a table move on: by `offset`, and by `length` more with each copy."""

    offset: int
    length: int

    def of(self, column: str) -> str:
        """The id of the copy, in SQL."""
        return f"({column} + {self.offset} + wanted.copy * {self.length}::bigint)"


Stretches = Mapping[type[models.Model], Stretch]


def copy_encounters(*, originals: Sequence[int], count: int, family_names: Sequence[str]) -> int:
    """`count` copies of the originals, each copied as often as the next; how many were made.

    Patients of copies are called by `family_names` in turn. Their trail stays empty.
    """
    most = -(-count // len(originals))
    stretches = {model: _reserve(model, originals, most) for model in COPIED if _has_ids(model)}
    for begin in range(0, count, BATCH):
        with transaction.atomic(), connection.cursor() as cursor:
            _choose(cursor, originals, begin, min(begin + BATCH, count), stretches)
            for model in COPIED:
                cursor.execute(_insert(model, stretches), [list(family_names)] if model is Patient else None)
            cursor.execute("DROP TABLE wanted")
    with connection.cursor() as cursor:
        for model in COPIED:
            cursor.execute(f"ANALYZE {_table(model)}")
    return count


def _table(model: type[models.Model]) -> str:
    return model._meta.db_table  # noqa: SLF001  # Django's public name


def _fields(model: type[models.Model]) -> "list[models.Field[Any, Any]]":
    return [
        field
        for field in model._meta.concrete_fields  # noqa: SLF001  # Django's public name
        if field.column and not field.generated
    ]


def _has_ids(model: type[models.Model]) -> bool:
    """Whether its rows have ids of their own; those of others are those of what they belong to."""
    return isinstance(model._meta.pk, models.AutoField)  # noqa: SLF001  # Django's public name


def _reserve(model: type[models.Model], originals: Sequence[int], most: int) -> Stretch:
    """Ids for `most` copies of the originals' rows are set aside."""
    table = _table(model)
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT min(row.id), max(row.id) FROM {table} AS row JOIN"  # noqa: S608  # names of our own tables
            " (SELECT id AS encounter_id, patient_id FROM encounters_encounter WHERE id = ANY(%s)) AS wanted"
            f" ON {COPIED[model]}",
            [list(originals)],
        )
        least, greatest = cursor.fetchone() or (None, None)
        if least is None:
            return Stretch(0, 0)
        length = greatest - least + 1
        cursor.execute("SELECT nextval(pg_get_serial_sequence(%s, 'id'))", [table])
        base = cursor.fetchone()[0] + 1
        cursor.execute("SELECT setval(pg_get_serial_sequence(%s, 'id'), %s)", [table, base + length * most])
    return Stretch(base - least - length, length)


def _choose(
    cursor: CursorWrapper,
    originals: Sequence[int],
    begin: int,
    end: int,
    stretches: Stretches,
) -> None:
    """The copies from the `begin`th to before the `end`th, with what names them."""
    cursor.execute(
        f"""
        CREATE TEMPORARY TABLE wanted ON COMMIT DROP AS
        SELECT wanted.*, split_part(mrn, '-', 1) || '-' || {stretches[Patient].of("patient_id")} AS new_mrn,
               account || '-' || copy AS new_account
        FROM (SELECT original.id AS encounter_id, original.patient_id, original.external_id AS account, patient.mrn,
                     1 + place / %(all)s AS copy
              FROM generate_series(%(begin)s, %(last)s) AS place
              JOIN encounters_encounter AS original ON original.id = (%(originals)s)[1 + place %% %(all)s]
              JOIN encounters_patient AS patient ON patient.id = original.patient_id) AS wanted
        """,  # noqa: S608
        {"originals": list(originals), "all": len(originals), "begin": begin, "last": end - 1},
    )
    cursor.execute("ANALYZE wanted")


def _insert(model: type[models.Model], stretches: Stretches) -> str:
    columns = dict(_columns(model, stretches))
    table = _table(model)
    return (
        f"INSERT INTO {table} ({', '.join(columns)}) SELECT {', '.join(columns.values())}"  # noqa: S608
        f" FROM {table} AS row JOIN wanted ON {COPIED[model]}"
    )


def _columns(model: type[models.Model], stretches: Stretches) -> Iterator[tuple[str, str]]:
    """Each column of the table and what a copy has in it, in SQL."""
    special = _special(model, stretches)
    for field in _fields(model):
        column, target = str(field.column), field.related_model
        if column in special:
            yield column, special[column]
        elif isinstance(target, type) and target in stretches:
            yield column, stretches[target].of(f"row.{column}")
        elif field.primary_key:
            yield column, stretches[model].of(f"row.{column}")
        else:
            yield column, f"row.{column}"


def _special(model: type[models.Model], stretches: Stretches) -> dict[str, str]:
    if model is Patient:
        names = "%s::text[]"
        return {"mrn": "wanted.new_mrn", "family_name": f"({names})[1 + row.id %% 7 + wanted.copy %% 29]"}
    if model is Encounter:
        # The digest is of a message that was never sent for the copy.
        return {"external_id": "wanted.new_account", "content_digest": "''"}
    if model is CodingRun:
        encounter = stretches[Encounter].of("wanted.encounter_id")
        told, said = (RENAMED.format(column=column, encounter=encounter) for column in ("facts", "result"))
        return {
            "facts": told,
            "result": said,
            "facts_digest": DIGEST.format(text=told),
            "result_digest": DIGEST.format(text=said),
        }
    if model is Review:
        rest = "substr(row.search_text, length(wanted.mrn) + length(wanted.account) + 2)"
        return {
            "search_text": f"lower(wanted.new_mrn || ' ' || wanted.new_account) || {rest}",
            "claimed_by_id": "NULL",
            "claimed_at": "NULL",
            "lease_until": "NULL",
        }
    return {}
