"""Intake: what senders say becomes the chart, record by record, nothing lost and nothing silent."""

from encounters.intake.chunk import Outcome
from encounters.intake.corrections import UnableToAddAddendum, add_addendum
from encounters.intake.files import FileFormat, UnableToReadFile
from encounters.intake.json_files import encounter_of_json
from encounters.intake.refusals import UnableToSettleRefusal, settle_refusal
from encounters.intake.taking import UnableToTakeIn, directory, open_batch, take_in, take_in_file

__all__ = [
    "FileFormat",
    "Outcome",
    "UnableToAddAddendum",
    "UnableToReadFile",
    "UnableToSettleRefusal",
    "UnableToTakeIn",
    "add_addendum",
    "directory",
    "encounter_of_json",
    "open_batch",
    "settle_refusal",
    "take_in",
    "take_in_file",
]
