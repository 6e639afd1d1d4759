"""What the people of the demo clinic do with their encounters, each act through the domain at its hour."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from random import Random
from typing import Any

from django.contrib.auth.models import User
from django.utils import timezone

from encounters import intake
from encounters.models import Review
from encounters.models.review import CorrectionReason
from encounters.review import claims, decisions, preparation, sights, states
from encounters.review.hold import LEAD
from encounters.review.lines import ReviewLine, lines_of

HUNDRED = 100
MINUTE = timedelta(minutes=1)
HOUR = timedelta(hours=1)
DAY = timedelta(days=1)
SOONEST, LATEST = 12, 110
"""Hours between coding and the coder's look."""
LONGEST_WORK = timedelta(hours=32)
"""From that look to the acceptance, with a pend and a second review between."""
MOST_MINUTES = 5
"""A look takes up to so many minutes."""
LATER_STOP = timedelta(minutes=45)
PEND_DAYS = 6


class Desk:
    """The coders and leads of a clinic, and the dice that say what happens to an encounter."""

    def __init__(self, content: Mapping[str, Any], *, random: Random, people: Sequence[User], until: datetime) -> None:
        """`people` all code; those who lead take second reviews. Nothing is finished after `until`."""
        self._random, self._people, self._until = random, people, until
        self._leads = [person for person in people if person.has_perm(LEAD)]
        self._work, self._waiting = content["work"], content["waiting"]
        self._reasons = content["pend_reasons"]

    def finish(self, review: Review) -> None:
        """Somebody works the encounter to its acceptance; now and then documentation comes later and changes it."""
        coder = self._random.choice(self._people)
        received_at = review.encounter.received_at
        latest = min(LATEST, int((self._until - received_at - LONGEST_WORK) / HOUR))
        at = received_at + self._random.randrange(SOONEST, max(latest, SOONEST + 1)) * HOUR
        if self._happens(self._work["pended_first"]):
            at = self._pend_and_wake(review, coder, at)
        if self._happens(self._work["second_review_first"]):
            at = self._ask_a_lead(review, coder, at)
        at = self._decide(review, coder, at)
        self._accept(review, coder, at)
        if self._happens(self._work["changed_since"]):
            self._chart_later(review, coder, at + DAY)

    def leave_waiting(self, review: Review) -> None:
        """The encounter waits for a coder, the clinic or a lead."""
        at = review.encounter.received_at + 30 * MINUTE
        coder = self._random.choice(self._people)
        if self._happens(self._waiting["pended"]):
            until = timezone.localdate(at) + timedelta(days=self._random.randrange(1, PEND_DAYS))
            states.pend(
                review=review,
                reason=self._random.choice(self._reasons),
                until=until if self._happens(HUNDRED // 2) else None,
                user=coder,
                at=at,
                version=_version(review),
            )
        elif self._happens(self._waiting["second_review"]):
            states.send_to_second_review(review=review, user=coder, at=at, version=_version(review))
        elif self._happens(self._work["changed_since"]):
            self._accept(review, coder, at)
            self._chart_later(review, coder, at + 20 * MINUTE)

    def _happens(self, share: int) -> bool:
        return self._random.random() * HUNDRED < share

    def _pend_and_wake(self, review: Review, coder: User, at: datetime) -> datetime:
        reason = self._random.choice(self._reasons)
        states.pend(review=review, reason=reason, user=coder, at=at, version=_version(review))
        states.wake(review=review, user=coder, at=at + DAY, version=_version(review))
        return at + DAY

    def _ask_a_lead(self, review: Review, coder: User, at: datetime) -> datetime:
        states.send_to_second_review(review=review, user=coder, at=at, version=_version(review))
        lead = next(person for person in self._leads if person != coder)
        states.return_from_second_review(
            review=review, note="agreed", user=lead, at=at + 3 * HOUR, version=_version(review)
        )
        return at + 4 * HOUR

    def _decide(self, review: Review, coder: User, at: datetime) -> datetime:
        """Some lines are decided one by one; an acceptance takes the rest as suggested."""
        claims.claim(review=review, user=coder, at=at)
        at += self._random.randrange(20, MOST_MINUTES * 60) * timedelta(seconds=1)
        if not self._happens(self._work["lines_decided"]):
            return at
        for line in lines_of(_now(review)):
            at += 5 * timedelta(seconds=1)
            self._decide_line(review, line, coder, at)
        return at

    def _accept(self, review: Review, coder: User, at: datetime) -> None:
        held = _now(review)
        if hidden := sights.unseen(review=held, user=coder):
            sights.see(review=held, run_number=held.run.number, administrations=hidden, user=coder, at=at)
        reason = "confirmed with the clinic" if held.blocks else ""
        states.accept(review=held, user=coder, at=at, version=held.version, reason=reason)

    def _decide_line(self, review: Review, line: ReviewLine, coder: User, at: datetime) -> None:
        reason: dict[str, Any] = {"reason_code": CorrectionReason.TIME, "reason": "pump record"}
        act: dict[str, Any] = {"review": review, "line_key": line.key, "user": coder, "at": at}
        act["version"] = _version(review)
        if self._happens(self._work["corrected"]):
            decisions.override_line(**act, code=line.code, units=line.units + 1, modifiers=line.modifiers, **reason)
        elif self._happens(self._work["rejected"]):
            decisions.reject_line(**act, **reason)
        else:
            decisions.accept_line(**act)

    def _chart_later(self, review: Review, coder: User, at: datetime) -> None:
        """The pump's record arrives and says that an infusion ran longer; the encounter is coded again."""
        given = review.encounter.administrations.filter(technique="infusion", stopped_at__isnull=False)
        administration = given.order_by("-position").first()
        if administration is None or administration.stopped_at is None:
            return
        stop = administration.stopped_at + LATER_STOP
        intake.add_addendum(
            administration=administration,
            changes={"stopped_at": stop.isoformat()},
            reason="read off the pump",
            author=coder,
            at=at,
        )
        preparation.code(encounter_id=review.encounter_id, at=at + MINUTE)


def _now(review: Review) -> Review:
    return Review.objects.select_related("run").get(pk=review.pk)


def _version(review: Review) -> int:
    return Review.objects.values_list("version", flat=True).get(pk=review.pk)
