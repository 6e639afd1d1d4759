"""Tables that only grow: refused by Python, refused by the database, and none forgotten."""

import pytest
from django.apps import apps
from django.db import IntegrityError, connection, transaction
from factory.django import DjangoModelFactory
from psycopg import sql

from encounters.models.append_only import AppendOnly, RewriteRefused
from tests.factories.audits import (
    AuditedLineFactory,
    AuditEventFactory,
    AuditPurgeFactory,
    AuditSealFactory,
    SampleAuditFactory,
    SampleFactory,
    SampleItemFactory,
    SampleLockFactory,
    SampleRulingFactory,
    SeededRunFactory,
    SeedingPolicyFactory,
    SeedOutcomeFactory,
)
from tests.factories.encounters import AddendumFactory
from tests.factories.impact import IdentifiedOverpaymentFactory, StudiedEncounterFactory
from tests.factories.reviews import (
    CodedLineFactory,
    CodingRunFactory,
    FinalLineFactory,
    LineDecisionFactory,
    NoteFactory,
    RulebookFileFactory,
    RulebookVersionFactory,
    RunFindingFactory,
    SightFactory,
)

pytestmark = pytest.mark.django_db

FACTORIES = (
    AddendumFactory,
    AuditEventFactory,
    AuditSealFactory,
    AuditPurgeFactory,
    RulebookFileFactory,
    RulebookVersionFactory,
    CodingRunFactory,
    CodedLineFactory,
    RunFindingFactory,
    LineDecisionFactory,
    FinalLineFactory,
    NoteFactory,
    SightFactory,
    SampleFactory,
    SampleItemFactory,
    SampleAuditFactory,
    SampleLockFactory,
    AuditedLineFactory,
    SampleRulingFactory,
    SeedingPolicyFactory,
    SeededRunFactory,
    SeedOutcomeFactory,
    StudiedEncounterFactory,
    IdentifiedOverpaymentFactory,
)


def run_sql(statement: str, table: str, *parameters: object) -> None:
    composed = sql.SQL(statement).format(sql.Identifier(table), key=sql.Identifier(key_of(table)))  # type: ignore[arg-type]
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(composed, parameters)


def key_of(table: str) -> str:
    return next(str(model._meta.pk.column) for model in apps.get_models() if model._meta.db_table == table)


def test_none_is_forgotten() -> None:
    guarded = {model for model in apps.get_models() if issubclass(model, AppendOnly)}
    assert {factory._meta.model for factory in FACTORIES} == guarded


@pytest.mark.parametrize("factory", FACTORIES, ids=lambda factory: factory._meta.model.__name__)
class TestAppendOnly:
    def test_python_refuses_to_save_again(self, factory: type[DjangoModelFactory]) -> None:
        with pytest.raises(RewriteRefused, match="append-only"):
            factory.create().save()

    def test_python_refuses_to_delete(self, factory: type[DjangoModelFactory]) -> None:
        with pytest.raises(RewriteRefused):
            factory.create().delete()

    def test_python_refuses_for_whole_querysets(self, factory: type[DjangoModelFactory]) -> None:
        row = factory.create()
        rows = type(row).objects.all()
        with pytest.raises(RewriteRefused):
            rows.update(pk=row.pk)
        with pytest.raises(RewriteRefused):
            rows.bulk_update([row], [key_of(row._meta.db_table)])
        with pytest.raises(RewriteRefused):
            rows.delete()

    def test_the_database_refuses_an_update(self, factory: type[DjangoModelFactory]) -> None:
        row = factory.create()
        with pytest.raises(IntegrityError, match="never changed or deleted"):
            run_sql("UPDATE {} SET {key} = {key} WHERE {key} = %s", row._meta.db_table, row.pk)

    def test_the_database_refuses_a_delete(self, factory: type[DjangoModelFactory]) -> None:
        row = factory.create()
        with pytest.raises(IntegrityError, match="never changed or deleted"):
            run_sql("DELETE FROM {} WHERE {key} = %s", row._meta.db_table, row.pk)
        assert type(row).objects.filter(pk=row.pk).exists()

    def test_the_database_refuses_a_truncate(self, factory: type[DjangoModelFactory]) -> None:
        with pytest.raises(IntegrityError, match="never changed or deleted"):
            run_sql("TRUNCATE {} CASCADE", factory._meta.model._meta.db_table)


@pytest.mark.django_db(transaction=True)
class TestEmptyingBetweenTests:
    """The tests' own backend empties the guarded tables, and leaves what migrations wrote."""

    def test_leaves_a_committed_row(self) -> None:
        AuditEventFactory.create()

    def test_finds_it_gone_and_the_guard_standing(self) -> None:
        assert not AuditEventFactory._meta.model.objects.exists()
        with pytest.raises(IntegrityError, match="never changed or deleted"):
            run_sql("TRUNCATE {} CASCADE", "encounters_auditevent")
