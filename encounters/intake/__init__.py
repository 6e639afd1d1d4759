"""Intake: what senders say becomes the chart, record by record, nothing lost and nothing silent."""

from encounters.intake.batches import batches, refusals
from encounters.intake.chunk import Outcome
from encounters.intake.corrections import UnableToAddAddendum, add_addendum
from encounters.intake.files import FileFormat, UnableToReadFile
from encounters.intake.json_files import encounter_of_json
from encounters.intake.refused import UnableToSettleRefusal, settle_refusal
from encounters.intake.taking import UnableToTakeIn, directory, open_batch, take_in, take_in_file
from encounters.intake.templates import csv_template, json_template

__all__ = [
    "FileFormat",
    "Outcome",
    "UnableToAddAddendum",
    "UnableToReadFile",
    "UnableToSettleRefusal",
    "UnableToTakeIn",
    "add_addendum",
    "batches",
    "csv_template",
    "directory",
    "encounter_of_json",
    "json_template",
    "open_batch",
    "refusals",
    "settle_refusal",
    "take_in",
    "take_in_file",
]
