"""One stream is followed from its beginning: each event proven, each place proven, and a break explained.

A place is proven by the link before it and by its number, so a break shows what was done: where the places behind it
fit again under another number, as many events are missing or too many; where they fit under their own, the order was
changed. Behind a place that was written with a later key, none is taken that was written with an earlier one.
"""

from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from encounters.audit import chain
from encounters.audit.findings import Kind, Tampering

WINDOW = 64
"""So many links back, and numbers up and down, are tried to explain a break."""


@dataclass(frozen=True, slots=True)
class _Misplaced:
    """An event whose place does not follow from the place before; by how much its number is off, where that shows."""

    sequence: int
    event_id: int
    shift: int | None


class Follower:
    """What is known of a stream so far. `findings` grows as it is fed."""

    def __init__(self, secrets: Sequence[bytes], stream: int, *, after: int, link: bytes) -> None:
        """Begins behind place `after`, whose link is `link`; `secrets` in the order of their use."""
        self.findings: list[Tampering] = []
        self.last = after
        self._secret, self._later, self._stream = secrets[0], tuple(secrets[1:]), stream
        self._links = deque([link], maxlen=WINDOW)
        self._shift = 0
        self._misplaced: list[_Misplaced] = []
        self._forged = 0

    def feed(self, sequence: int, event_id: int, content: bytes, link: bytes, canonical: str | None) -> None:
        """The next place of the stream: `canonical` is None where its event is gone."""
        if self._later and canonical is not None and chain.content_of(self._secret, canonical) != content:
            self._turn(canonical, content)
        if (
            not self._misplaced
            and sequence == self.last + 1
            and canonical is not None
            and chain.content_of(self._secret, canonical) == content
            and chain.link_of(self._secret, self._stream, sequence + self._shift, self._links[-1], content) == link
        ):
            self._links.append(link)
        else:
            self._explain(sequence, event_id, content, link, canonical)
        self.last = sequence

    def _turn(self, canonical: str, content: bytes) -> None:
        """From here on the stream is written with the later key that proves this event, where one does."""
        for place, secret in enumerate(self._later, start=1):
            if chain.content_of(secret, canonical) == content:
                self._secret, self._later = secret, self._later[place:]
                return

    @property
    def moved(self) -> int:
        """How many places the events behind the last break have moved up."""
        return self._shift

    def finish(self) -> None:
        """The stream ends here."""
        if not self._misplaced:
            return
        first, last = self._misplaced[0], self._misplaced[-1]
        if any(each.shift is not None for each in self._misplaced):
            self._found(Kind.REORDERED, first.sequence, last.sequence, first.event_id, "not in the order of writing")
        else:
            words = "before it at least one event was taken out"
            self._found(Kind.DELETED, first.sequence, first.sequence, first.event_id, words)
        self._misplaced = []

    def _explain(self, sequence: int, event_id: int, content: bytes, link: bytes, canonical: str | None) -> None:
        is_behind_gap = sequence > self.last + 1
        if is_behind_gap:
            self.finish()
            self._found(Kind.DELETED, self.last + 1, sequence - 1, None, "the places are missing")
        if canonical is None:
            self._found(Kind.DELETED, sequence, sequence, event_id, "the event is gone, its place is left")
            self._links.append(link)
            return
        shift, follows = self._placed(sequence, content, link)
        if chain.content_of(self._secret, canonical) != content:
            if not (follows or is_behind_gap):
                # Its link proves nothing, so the next one is measured against the one before.
                self._forged += 1
                self._found(Kind.INSERTED, sequence, sequence, event_id, "nobody who holds the key wrote it")
                return
            self._found(Kind.EDITED, sequence, sequence, event_id, "it does not say what was written")
        elif follows and shift is not None:
            self._resume(shift, sequence, event_id)
        elif not is_behind_gap:
            self._misplaced.append(_Misplaced(sequence, event_id, shift))
        self._links.append(link)

    def _placed(self, sequence: int, content: bytes, link: bytes) -> tuple[int | None, bool]:
        """By how much the number is off, and whether it follows the place before; None where nothing fits."""
        numbers = (self._shift, *(off for off in range(-WINDOW, WINDOW + 1) if off != self._shift))
        for back, before in enumerate(reversed(self._links)):
            for off in numbers:
                if sequence + off > 0 and (
                    chain.link_of(self._secret, self._stream, sequence + off, before, content) == link
                ):
                    return off, back == 0
        return None, False

    def _resume(self, shift: int, sequence: int, event_id: int) -> None:
        """From here on every place follows the one before again: what lies behind is explained."""
        off = shift - self._shift
        began = self._misplaced[0] if self._misplaced else _Misplaced(sequence, event_id, shift)
        if off > 0:
            words = f"{off} taken out before it, and those behind moved up"
            self._found(Kind.DELETED, began.sequence, began.sequence, began.event_id, words)
        elif off < 0 and not self._forged:
            words = f"{-off} put in before it, and those behind moved down"
            self._found(Kind.INSERTED, began.sequence, began.sequence, began.event_id, words)
        elif off == 0 and self._misplaced:
            moved = [each for each in self._misplaced if each.shift != self._shift] or self._misplaced
            words = "not in the order of writing"
            self._found(Kind.REORDERED, moved[0].sequence, moved[-1].sequence, moved[0].event_id, words)
        self._shift, self._misplaced, self._forged = shift, [], 0

    def _found(self, kind: Kind, first: int, last: int, event_id: int | None, words: str) -> None:
        self.findings.append(
            Tampering(kind=kind, stream=self._stream, first=first, last=last, event_id=event_id, words=words)
        )
