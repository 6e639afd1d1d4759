"""What can be wrong with the trail, and where it is."""

from dataclasses import dataclass
from enum import StrEnum

from encounters.audit.chain import SITE


class Kind(StrEnum):
    """How the trail was tampered with. UNPROVEN: a checkpoint or the summary of a purge that the key did not sign."""

    EDITED = "edited"
    INSERTED = "inserted"
    DELETED = "deleted"
    REORDERED = "reordered"
    CUT = "cut tail"
    UNPROVEN = "unproven"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tampering:
    """One thing that is wrong, and where: `first` to `last` are places of the stream, 0 where it has none."""

    kind: Kind
    stream: int
    first: int = 0
    last: int = 0
    event_id: int | None = None
    words: str

    def __str__(self) -> str:
        stream = "stream of the site" if self.stream == SITE else f"encounter {self.stream}"
        place = f"place {self.first}" if self.first == self.last else f"places {self.first} to {self.last}"
        where = f"{stream}, {place}" if self.first else stream
        event = f", event {self.event_id}" if self.event_id is not None else ""
        return f"{self.kind}: {where}{event}: {self.words}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Verification:
    """What reading the trail found: how much there is, and everything that is wrong."""

    events: int
    streams: int
    checkpoints: int
    findings: tuple[Tampering, ...]

    @property
    def is_sound(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings
