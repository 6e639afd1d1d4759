"""One chunk of encounters on its way into the chart: what is new, what changed, what the database refuses."""

import dataclasses
import hashlib
from datetime import datetime
from enum import StrEnum

from django.contrib.auth.models import User
from django.db import DatabaseError, connection, transaction
from django.db.models import Prefetch, prefetch_related_objects

from encounters import audit
from encounters.intake import changes, chart, refused
from encounters.intake.corrections import interface_user, store_addendum
from encounters.intake.files import record_json
from encounters.intake.json_values import json_value
from encounters.intake.records import EncounterRecord, ReadEncounter, RefusedRecord
from encounters.models import (
    DrugAdministration,
    Encounter,
    IntakeBatch,
    IntakeRefusal,
    Location,
    Patient,
    Payer,
)
from encounters.models.encounter import CodingState


class Outcome(StrEnum):
    """What became of an encounter that was sent."""

    NEW = "new"
    CHANGED = "changed"
    UNCHANGED = "unchanged"


def _held_back(refused: list[IntakeRefusal]) -> dict[Encounter, list[str]]:
    """The encounters that open refusals hold back, with the reasons."""
    found: dict[Encounter, list[str]] = {}
    for each in refused:
        if each.encounter and each.settled_at is None:
            found.setdefault(each.encounter, []).append(f"line {each.line} {each.column}: {each.reason}")
    return found


class Taking:
    """One chunk being taken in, inside its transaction."""

    def __init__(self, batch: IntakeBatch, actor: User | None, at: datetime, *, is_replay: bool) -> None:
        self.batch = batch
        self.actor = actor
        self.at = at
        self.is_replay = is_replay
        self.refused: list[RefusedRecord] = []
        self.outcomes: dict[int, Outcome] = {}
        self.encounters: dict[str, Encounter] = {}
        self.held_back: frozenset[int] = frozenset()
        self.put_right: set[int] = set()

    def take(self, chunk: list[ReadEncounter]) -> None:
        """Store the chunk and count it in the batch; no encounter stands in it twice."""
        records = sorted((each.encounter for each in chunk if each.encounter), key=lambda each: each.external_id)
        self.batch.records += sum(each.records for each in chunk)
        self.refused = [refused for each in chunk for refused in each.refused]
        self._lock(records)
        self.encounters = self._known(records, self.refused)
        new = [record for record in records if record.external_id not in self.encounters]
        again = [record for record in records if record.external_id in self.encounters]
        patients = self._patients(records)
        self.held_back = frozenset(
            IntakeRefusal.objects.filter(
                encounter__in=[self.encounters[record.external_id].pk for record in again], settled_at__isnull=True
            ).values_list("encounter_id", flat=True)
        )
        self._fetch_charts(again)
        self._take_new(new, patients)
        for record in again:
            self._take_again(record, self.encounters[record.external_id], patients)
        kept = refused.keep(self.refused, batch=self.batch, encounters=self.encounters, at=self.at)
        held_back = _held_back(kept)
        for encounter, reasons in held_back.items():
            self._record(audit.Tag.RECORD_REFUSED, encounter, after={"refused": reasons})
        refused.look_again({each.pk for each in held_back} | self.put_right)
        self.batch.refused += len({(each.line, each.encounter_id, each.administration_id) for each in self.refused})

    def _lock(self, records: list[EncounterRecord]) -> None:
        """Let nobody else take in these encounters until this transaction ends; locked in order, so never crosswise."""
        keys = sorted(
            int.from_bytes(
                hashlib.blake2b(f"{self.batch.source}\n{record.external_id}".encode(), digest_size=8).digest(),
                signed=True,
            )
            for record in records
        )
        with connection.cursor() as cursor:
            for key in keys:
                cursor.execute("SELECT pg_advisory_xact_lock(%s)", [key])

    def _known(self, records: list[EncounterRecord], refused: list[RefusedRecord]) -> dict[str, Encounter]:
        """Encounters that are there already; a refused id that holds a NUL can be no encounter's."""
        refused_ids = {each.encounter_id for each in refused if "\0" not in (each.encounter_id or "")}
        ids = {record.external_id for record in records} | refused_ids
        found = Encounter.objects.filter(source=self.batch.source, external_id__in=ids)
        return {each.external_id: each for each in found.select_related("patient", "location", "payer")}

    def _fetch_charts(self, records: list[EncounterRecord]) -> None:
        """Read the charts of those encounters that do not simply repeat what they said last."""
        prefetch_related_objects(
            [
                self.encounters[each.external_id]
                for each in records
                if self.encounters[each.external_id].content_digest != chart.digest(each)
            ],
            "diagnoses",
            "accesses",
            "orders",
            Prefetch(
                "administrations",
                DrugAdministration.objects.select_related("access", "order").prefetch_related(
                    "pauses", "containers", "addenda"
                ),
            ),
        )

    def _patients(self, records: list[EncounterRecord]) -> dict[str, Patient]:
        """The patients of these records by record number, made or renamed as the sender says."""
        said = {record.patient.mrn: record.patient for record in records}
        rows = [
            Patient(
                mrn=mrn,
                family_name=each.family_name,
                given_name=each.given_name,
                birth_date=each.birth_date,
                created_at=self.at,
            )
            for mrn, each in sorted(said.items())
        ]
        Patient.objects.bulk_create(rows, ignore_conflicts=True)
        patients = {each.mrn: each for each in Patient.objects.filter(mrn__in=said)}
        for mrn, each in sorted(said.items()):
            self._rename(patients[mrn], each.family_name, each.given_name, each.birth_date)
        return patients

    def _rename(self, patient: Patient, family_name: str, given_name: str, birth_date: object) -> None:
        said = {"family_name": family_name, "given_name": given_name, "birth_date": birth_date}
        changed = {name: value for name, value in said.items() if value and getattr(patient, name) != value}
        if not changed or self.is_replay:
            return
        before = {name: json_value(getattr(patient, name)) for name in changed}
        for name, value in changed.items():
            setattr(patient, name, value)
        patient.save(update_fields=list(changed))
        self._record(
            audit.Tag.PATIENT_CHANGED,
            None,
            before=before,
            after={name: json_value(value) for name, value in changed.items()},
            reason=changes.reason_of(self.batch.source),
            object_repr=str(patient),
        )

    def _take_new(self, records: list[EncounterRecord], patients: dict[str, Patient]) -> None:
        """All at once; should the database refuse one, one by one, so that only that one is refused."""
        try:
            self._store_new(records, patients)
        except DatabaseError:
            for record in records:
                try:
                    self._store_new([record], patients)
                except DatabaseError as error:
                    self._refuse(record, f"The database refused this encounter: {str(error).splitlines()[0]}.")

    def _store_new(self, records: list[EncounterRecord], patients: dict[str, Patient]) -> None:
        if not records:
            return
        with transaction.atomic():
            charts = chart.NewCharts(records, source=self.batch.source, patients=patients, at=self.at)
            charts.store()
            for encounter, record in zip(charts.encounters, records, strict=True):
                self._record(
                    audit.Tag.ENCOUNTER_OPENED, encounter, after={"administrations": len(record.administrations)}
                )
        for encounter, record in zip(charts.encounters, records, strict=True):
            self.encounters[record.external_id] = encounter
            self.outcomes[encounter.pk] = Outcome.NEW
            self.batch.administrations_kept += len(record.administrations)
        self.batch.encounters_new += len(records)

    def _refuse(self, record: EncounterRecord, reason: str) -> None:
        for each in record.administrations:
            said = record_json(dataclasses.asdict(each) | {"administration_id": each.external_id})
            self.refused.append(RefusedRecord(reason, each.line, "", said, record.external_id, each.external_id))

    def _take_again(self, record: EncounterRecord, encounter: Encounter, patients: dict[str, Patient]) -> None:
        digest = chart.digest(record)
        if encounter.content_digest == digest:
            self._unchanged(record, encounter)
            return
        found = changes.difference(encounter, record)
        if self.is_replay and (found.after or found.corrections):
            self._keep_later_values(record, found)
        if not found:
            self._unchanged(record, encounter)
            return
        try:
            with transaction.atomic():
                self._change(encounter, record, found, patients, digest)
        except DatabaseError as error:
            self._refuse(record, f"The database refused this change: {str(error).splitlines()[0]}.")
            return
        self._came_right(record, encounter)
        self.outcomes[encounter.pk] = Outcome.CHANGED
        self.batch.encounters_changed += 1
        self.batch.administrations_kept += len(found.added) + len(found.corrections)

    def _unchanged(self, record: EncounterRecord, encounter: Encounter) -> None:
        self._came_right(record, encounter)
        self.outcomes[encounter.pk] = Outcome.UNCHANGED
        self.batch.encounters_unchanged += 1

    def _came_right(self, record: EncounterRecord, encounter: Encounter) -> None:
        if encounter.pk not in self.held_back:
            return
        settled = refused.settle_those_that_came_right(
            encounter=encounter,
            administration_ids=[each.external_id for each in record.administrations],
            at=self.at,
            source=self.batch.source,
            only_of_file=self.batch.sha256 if self.is_replay else "",
        )
        if settled:
            self.put_right.add(encounter.pk)

    def _keep_later_values(self, record: EncounterRecord, found: changes.Difference) -> None:
        """This very file was taken in before: what was changed since stays, and the batch says so."""
        for each in found.corrections:
            names = ", ".join(each.changes)
            self.refused.append(
                RefusedRecord(
                    f"This file was taken in before; {names} was changed since and stays as it is.",
                    each.line,
                    names,
                    "",
                    "",
                    each.administration.external_id,
                )
            )
        if found.after:
            names = ", ".join(found.after)
            self.refused.append(
                RefusedRecord(
                    f"This file was taken in before; {names} was changed since and stays as it is.",
                    record.line,
                    names,
                )
            )
        found.corrections, found.after, found.before = [], {}, {}

    def _change(
        self,
        encounter: Encounter,
        record: EncounterRecord,
        found: changes.Difference,
        patients: dict[str, Patient],
        digest: str,
    ) -> None:
        encounter = Encounter.objects.select_for_update(no_key=True).get(pk=encounter.pk)
        if not self.is_replay:
            self._change_head(encounter, record, found, patients)
        if found.added:
            chart.add_administrations(encounter, record, found.added)
        author = self.actor or interface_user()
        for each in found.corrections:
            store_addendum(
                administration=each.administration,
                changes=each.changes,
                before=each.before,
                reason=changes.reason_of(self.batch.source),
                author=author,
                at=self.at,
                tag=audit.Tag.ADMINISTRATION_CORRECTED,
            )
        encounter.content_digest = digest
        encounter.chart_version += 1
        encounter.coding_state = CodingState.PENDING
        encounter.nudged_at = None
        encounter.save()
        if found.after or found.added:
            self._record(
                audit.Tag.ENCOUNTER_CHANGED,
                encounter,
                before=found.before,
                after=found.after | {"administrations added": [each.external_id for each in found.added]},
                reason=changes.reason_of(self.batch.source),
            )

    def _record(
        self,
        tag: audit.Tag,
        encounter: Encounter | None,
        *,
        before: dict[str, object] | None = None,
        after: dict[str, object] | None = None,
        reason: str = "",
        object_repr: str = "",
    ) -> None:
        audit.record(
            tag=tag,
            at=self.at,
            actor=self.actor,
            actor_name="" if self.actor else self.batch.source,
            encounter=encounter,
            object_repr=object_repr or str(encounter),
            before=before,
            after=after,
            reason=reason,
        )

    def _change_head(
        self,
        encounter: Encounter,
        record: EncounterRecord,
        found: changes.Difference,
        patients: dict[str, Patient],
    ) -> None:
        if found.after:
            changes.apply_to_encounter(encounter, record, found.after)
        if "patient" in found.after:
            encounter.patient = patients[record.patient.mrn]
        if "location" in found.after:
            encounter.location = Location.objects.get(code=record.location)
        if "payer" in found.after:
            encounter.payer = Payer.objects.get(code=record.payer)
