"""What people decide: the review of an encounter, each decision on a line, and the frozen final lines."""

from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from encounters.models.append_only import AppendOnly
from encounters.models.coding import CodingRun
from encounters.models.encounter import Encounter
from encounters.models.patient import Location, Payer
from encounters.models.score import finding_points, target_days, value_points

if TYPE_CHECKING:
    from django.contrib.auth.models import User


class ReviewState(models.TextChoices):
    """Where a review stands. TO_DECIDE: a finding blocks or warns. READY: nothing to decide."""

    TO_DECIDE = "to_decide", "To decide"
    READY = "ready", "Ready"
    PENDED = "pended", "Pended"
    SECOND_REVIEW = "second_review", "Second review"
    CHANGED = "changed", "Changed since accepted"
    ACCEPTED = "accepted", "Accepted"


class PendReason(models.TextChoices):
    """Why a review waits."""

    CLINIC = "clinic", "Waiting for the clinic"
    STOP_TIME = "stop_time", "Stop time missing"
    ORDER = "order", "Order missing"
    WASTE = "waste", "Discarded amount missing"
    AUTHORIZATION = "authorization", "Prior authorization"
    DRUG = "drug", "Drug not in the formulary"
    LEAD = "lead", "Question for the lead"
    OTHER = "other", "Other, in words"


class CorrectionReason(models.TextChoices):
    """Why a final line differs from the suggested one; the list is closed, words are added to it."""

    DISCARD = "discard", "Only the charted discard stands"
    AMOUNT = "amount", "Amount documented elsewhere"
    TIME = "time", "Time documented elsewhere"
    PAYER = "payer", "Payer asks for it"
    SUGGESTION = "suggestion", "Suggestion is wrong"
    OTHER = "other", "Other, in words"


class Review(models.Model):
    """The one row in which an encounter's place in the queue stands.

    `version` rises with each decision, each change of state and each new run; claims and assignments leave it, so
    that a page stays good while its lease is renewed. A claim is a lease: `claimed_by` holds the encounter until
    `lease_until`. The summary columns are those of `run` and its chart, kept here so that the queue is sorted by this
    table alone: `codes` and `code_units` run side by side in claim order, `families` are those of the lines,
    `value_at_stake` is in US dollars, `search_text` holds record number, account, drugs and codes in lower case.
    `rule_path` is the digest of the lines' codes, roles and rules: reviews that share it came about in the same way;
    it is empty where that is not known, and where an administration earns no line. `second_review_from` asked for the
    second review and may not take it; `second_review_note` is the question while it is in second review, and the
    lead's answer once it is returned. `accepted_by`, `accepted_at` and `accepted_run` tell of the last acceptance, also
    after a reopening.
    """

    encounter = models.OneToOneField(Encounter, on_delete=models.PROTECT, related_name="review")
    run = models.ForeignKey(CodingRun, on_delete=models.PROTECT, related_name="+")
    state = models.CharField(max_length=14, choices=ReviewState)
    version = models.PositiveIntegerField(default=1)
    assigned_to = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="assigned_reviews",
    )
    claimed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="claimed_reviews",
    )
    claimed_at = models.DateTimeField(null=True, blank=True)
    lease_until = models.DateTimeField(null=True, blank=True)
    date_of_service = models.DateField()
    payer = models.ForeignKey(Payer, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    location = models.ForeignKey(Location, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    blocks = models.PositiveSmallIntegerField(default=0)
    warns = models.PositiveSmallIntegerField(default=0)
    informs = models.PositiveSmallIntegerField(default=0)
    drugs = ArrayField(models.CharField(max_length=200), default=list, blank=True)
    codes = ArrayField(models.CharField(max_length=5), default=list, blank=True)
    code_units = ArrayField(models.PositiveIntegerField(), default=list, blank=True)
    families = ArrayField(models.CharField(max_length=12), default=list, blank=True)
    rule_path = models.CharField(max_length=64, blank=True)
    search_text = models.TextField(blank=True)
    value_at_stake = models.DecimalField(max_digits=14, decimal_places=2, default=0)
    due_date = models.DateField()
    filing_limit_date = models.DateField()
    target_days = models.GeneratedField(
        expression=target_days(), output_field=models.IntegerField(), db_persist=True, editable=False
    )
    """Kept by the database from the columns above, as the next two are, which are parts of the score."""
    score_value = models.GeneratedField(
        expression=value_points(), output_field=models.IntegerField(), db_persist=True, editable=False
    )
    score_findings = models.GeneratedField(
        expression=finding_points(), output_field=models.IntegerField(), db_persist=True, editable=False
    )
    pend_reason = models.CharField(max_length=14, choices=PendReason, blank=True)
    pend_note = models.TextField(blank=True)
    pended_until = models.DateField(null=True, blank=True)
    was_changed = models.BooleanField(default=False)
    """While it waits: it was `changed since accepted` before, and is so again afterwards."""
    pended_run = models.ForeignKey(CodingRun, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    """The run that was shown when it was last pended, so that afterwards the page can say what changed since."""
    woken_because = models.TextField(blank=True)
    """Why it woke, while nothing has been decided on the whole since."""
    first_coding = models.JSONField(default=list, blank=True)
    """The lines as the one who asked for the second review left them: key, code, units, modifiers, is billed."""
    second_review_from = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="+",
    )
    second_review_note = models.TextField(blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.PROTECT,
        related_name="accepted_reviews",
    )
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_run = models.ForeignKey(CodingRun, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    accepted_in = models.CharField(max_length=14, choices=ReviewState, blank=True)
    """The state that the last acceptance ended: where that acceptance, undone, leads back to."""
    acceptances = models.PositiveSmallIntegerField(default=0)
    lines_untouched = models.PositiveSmallIntegerField(default=0)
    """Of the last acceptance, as the next three: final lines as suggested, corrected, added; suggested ones rejected.
    Reports sum these, so that none of them reads every line of months."""
    lines_edited = models.PositiveSmallIntegerField(default=0)
    lines_added = models.PositiveSmallIntegerField(default=0)
    lines_rejected = models.PositiveSmallIntegerField(default=0)
    active_seconds = models.PositiveIntegerField(null=True, blank=True)
    """In somebody's hands up to the last acceptance; None where it was accepted without being opened."""

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(claimed_by__isnull=True, lease_until__isnull=True)
                | Q(claimed_by__isnull=False, lease_until__isnull=False),
                name="review_claim_has_lease",
            ),
            models.CheckConstraint(
                condition=~Q(state="accepted")
                | Q(
                    accepted_at__isnull=False, accepted_by__isnull=False, accepted_run__isnull=False, acceptances__gte=1
                ),
                name="review_accepted_by_somebody",
            ),
            models.CheckConstraint(condition=Q(state__in=ReviewState.values), name="review_state_is_known"),
            models.CheckConstraint(
                condition=~Q(state="pended") | (~Q(pend_reason="") & (~Q(pend_reason="other") | ~Q(pend_note=""))),
                name="review_pend_says_why",
            ),
            models.CheckConstraint(
                condition=~Q(state="second_review") | Q(second_review_from__isnull=False),
                name="review_second_review_has_a_first",
            ),
            models.CheckConstraint(condition=Q(codes__len=models.F("code_units__len")), name="review_codes_have_units"),
        ]
        indexes = [
            # What waits is a small part of the table: its order and the counts of its tabs are read from this alone.
            models.Index(
                fields=["state"],
                include=[
                    "id",
                    "claimed_by",
                    "assigned_to",
                    "location",
                    "date_of_service",
                    "target_days",
                    "score_value",
                    "score_findings",
                    "filing_limit_date",
                ],
                condition=~Q(state="accepted"),
                name="review_open",
            ),
            models.Index(fields=["lease_until"], condition=Q(lease_until__isnull=False), name="review_leases"),
            models.Index(
                fields=["-accepted_at", "-id"],
                include=[
                    "accepted_by",
                    "payer",
                    "location",
                    "lines_untouched",
                    "lines_edited",
                    "lines_added",
                    "lines_rejected",
                    "active_seconds",
                ],
                condition=Q(state="accepted"),
                name="review_accepted_at",
            ),
            models.Index(
                fields=["accepted_at"],
                condition=Q(state="accepted")
                & (Q(lines_edited__gt=0) | Q(lines_added__gt=0) | Q(lines_rejected__gt=0)),
                name="review_with_changed_lines",
            ),
            models.Index(fields=["rule_path"], condition=Q(state="ready"), name="review_rule_path"),
            models.Index(fields=["pended_until"], condition=Q(state="pended"), name="review_pended_until"),
            GinIndex(fields=["search_text"], opclasses=["gin_trgm_ops"], name="review_search"),
        ]
        permissions = [
            ("work_reviews", "Can claim and decide reviews"),
            ("lead_reviews", "Can assign, reopen and take second reviews"),
            ("audit_reviews", "Can read history and audit accepted encounters"),
        ]

    def __str__(self) -> str:
        return f"{self.encounter_id} {self.state}"

    @property
    def codes_in_short(self) -> list[tuple[str, int]]:
        """The suggested codes with their units, in claim order."""
        return list(zip(self.codes, self.code_units, strict=True))

    def holder(self, at: datetime) -> "User | None":
        """Who holds the review at `at`; a lease that has run out holds nothing."""
        return self.claimed_by if self.lease_until and self.lease_until > at else None


class AcceptedTally(models.Model):
    """How many reviews are accepted is the sum of `change`, which a trigger adds to with each acceptance and its end.

    Counting hundreds of thousands of rows for every look at the queue took longer than all else on the page; one row
    with the number in it would make everybody who accepts wait for everybody else. `encounters.review.tally` keeps
    the sum short.
    """

    change = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.change:+}"


class DecisionAction(models.TextChoices):
    """What somebody did to a line."""

    ACCEPTED = "accepted", "accepted"
    OVERRIDDEN = "overridden", "corrected"
    REJECTED = "rejected", "rejected"
    ADDED = "added", "added"
    UNDONE = "undone", "undone"


class LineDecision(AppendOnly):
    """One act on one line of one run. Append-only: an undo is a further row that names what it undoes.

    `line_key` is the suggested line's key; an added line has a key of its own that begins with `added-`.
    `code`, `units`, `modifiers` are the final values, equal to the suggested ones when accepted as they are.
    `carried_from`: the decision on the run before, repeated because a new run left the line as it was.
    """

    Action = DecisionAction

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="decisions")
    run = models.ForeignKey(CodingRun, on_delete=models.PROTECT, related_name="+")
    line_key = models.CharField(max_length=60)
    action = models.CharField(max_length=10, choices=Action)
    code = models.CharField(max_length=5, blank=True)
    units = models.PositiveIntegerField(null=True, blank=True)
    modifiers = ArrayField(models.CharField(max_length=2), default=list, blank=True)
    administrations = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    date_of_service = models.DateField(null=True, blank=True)
    reason_code = models.CharField(max_length=12, choices=CorrectionReason, blank=True)
    reason = models.TextField(blank=True)
    undoes = models.OneToOneField("self", null=True, blank=True, on_delete=models.PROTECT, related_name="undone_by")
    carried_from = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="carried_to")
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT)
    actor_name = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=~Q(action__in=["overridden", "rejected", "added"]) | ~Q(reason_code=""),
                name="decision_against_the_engine_says_why",
            ),
            models.CheckConstraint(
                condition=~Q(reason_code="other") | ~Q(reason=""), name="decision_for_other_reasons_says_which"
            ),
            models.CheckConstraint(condition=Q(action__in=DecisionAction.values), name="decision_action_is_known"),
            models.CheckConstraint(
                condition=Q(action="undone", undoes__isnull=False) | (~Q(action="undone") & Q(undoes__isnull=True)),
                name="decision_undone_names_what",
            ),
            models.CheckConstraint(
                condition=~Q(action__in=["accepted", "overridden", "added"])
                | (~Q(code="") & Q(units__isnull=False, units__gte=1, date_of_service__isnull=False)),
                name="decision_for_a_line_has_its_values",
            ),
        ]
        indexes = [models.Index(fields=["review", "run"], name="decision_review_run")]

    def __str__(self) -> str:
        return f"{self.line_key} {self.action}"


class FinalLine(AppendOnly):
    """A line the coder stands behind, frozen when the encounter is accepted; append-only.

    `acceptance` counts the acceptances of the review from 1; the highest is the one in force.
    """

    class Origin(models.TextChoices):
        SUGGESTED = "suggested", "as suggested"
        OVERRIDDEN = "overridden", "corrected"
        ADDED = "added", "added"

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="final_lines")
    run = models.ForeignKey(CodingRun, on_delete=models.PROTECT, related_name="+")
    acceptance = models.PositiveSmallIntegerField()
    position = models.PositiveSmallIntegerField()
    line_key = models.CharField(max_length=60)
    code = models.CharField(max_length=5)
    units = models.PositiveIntegerField()
    modifiers = ArrayField(models.CharField(max_length=2), default=list, blank=True)
    administrations = ArrayField(models.CharField(max_length=80), default=list, blank=True)
    date_of_service = models.DateField()
    origin = models.CharField(max_length=10, choices=Origin)
    accepted_by_name = models.CharField(max_length=150)
    at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["review", "acceptance", "position"], name="final_line_place_once"),
            models.CheckConstraint(condition=Q(units__gte=1), name="final_line_has_units"),
        ]

    def __str__(self) -> str:
        return f"{self.code} ×{self.units}"
