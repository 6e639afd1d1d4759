"""Questions to the clinic, and their answers."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from encounters.models.administration import Addendum, DrugAdministration
from encounters.models.review import Review


class QueryState(models.TextChoices):
    """Where a question stands. OPEN waits for the clinic."""

    OPEN = "open", "Open"
    ANSWERED = "answered", "Answered"
    WITHDRAWN = "withdrawn", "Withdrawn"
    EXPIRED = "expired", "Expired"


class ClinicQuery(models.Model):
    """A question to the clinic about one administration; it neither suggests its answer nor speaks of payment.

    `template` and `template_version` name the template it was made from, `text` is the question as it was asked.
    `answer_kind` says how it is answered (time, amount, choice, words), `field` the field of the administration that
    the answer gives, empty where it gives none; `choices` the answers to choose from. `addendum` carries the value
    of the answer to the chart. Closed once and for all when it is no longer open; each step is in the trail.
    """

    review = models.ForeignKey(Review, on_delete=models.PROTECT, related_name="queries")
    administration = models.ForeignKey(DrugAdministration, on_delete=models.PROTECT, related_name="queries")
    finding_kind = models.CharField(max_length=32, blank=True)
    template = models.CharField(max_length=60)
    template_version = models.DateField()
    text = models.TextField()
    answer_kind = models.CharField(max_length=8)
    field = models.CharField(max_length=30, blank=True)
    choices = models.JSONField(default=list, blank=True)
    asked_of = models.CharField(max_length=120)
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    asked_by_name = models.CharField(max_length=150)
    asked_at = models.DateTimeField()
    expires_date = models.DateField()
    state = models.CharField(max_length=10, choices=QueryState, default=QueryState.OPEN)
    answer = models.TextField(blank=True)
    answered_by_name = models.CharField(max_length=150, blank=True)
    recorded_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.PROTECT, related_name="+"
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    closing_reason = models.TextField(blank=True)
    addendum = models.OneToOneField(Addendum, null=True, blank=True, on_delete=models.PROTECT, related_name="answers")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=QueryState.values), name="query_state_is_known"),
            models.CheckConstraint(condition=~Q(text="") & ~Q(asked_of=""), name="query_asks_somebody_something"),
            models.CheckConstraint(
                condition=Q(state="open", closed_at__isnull=True) | (~Q(state="open") & Q(closed_at__isnull=False)),
                name="query_is_closed_at_a_time",
            ),
            models.CheckConstraint(
                condition=~Q(state="answered")
                | (~Q(answer="") & ~Q(answered_by_name="") & Q(recorded_by__isnull=False)),
                name="query_answer_says_what_and_who",
            ),
            models.CheckConstraint(
                condition=~Q(state="withdrawn") | ~Q(closing_reason=""), name="query_withdrawal_says_why"
            ),
            models.UniqueConstraint(
                fields=["administration", "template"], condition=Q(state="open"), name="query_asked_once_at_a_time"
            ),
        ]
        indexes = [
            models.Index(fields=["expires_date"], condition=Q(state="open"), name="query_open"),
            models.Index(fields=["-closed_at"], name="query_closed"),
        ]

    def __str__(self) -> str:
        return f"{self.template} {self.state}"
