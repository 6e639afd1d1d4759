"""Files of the publishers on their way into the formulary.

Received, read and compared, decided row by row or group by group, published as one release; rolled back by another.
Until it is published an import changes nothing. Acts by a person ask for the permission `drugs.maintain_formulary`.
"""

from drugs.formulary.imports.approving import UnableToDecide, approve, withhold
from drugs.formulary.imports.permission import UnableToWorkOnImport
from drugs.formulary.imports.proposing import count_affected, is_counted, proposed_change, waiting_to_be_counted
from drugs.formulary.imports.publishing import UnableToPublish, publish
from drugs.formulary.imports.reading import compare_again, progress_of, read, waiting_for_a_worker
from drugs.formulary.imports.receiving import UnableToReceive, abandon, receive_file
from drugs.formulary.imports.rolling_back import UnableToRollBack, roll_back

__all__ = [
    "UnableToDecide",
    "UnableToPublish",
    "UnableToReceive",
    "UnableToRollBack",
    "UnableToWorkOnImport",
    "abandon",
    "approve",
    "compare_again",
    "count_affected",
    "is_counted",
    "progress_of",
    "proposed_change",
    "publish",
    "read",
    "receive_file",
    "roll_back",
    "waiting_for_a_worker",
    "waiting_to_be_counted",
    "withhold",
]
