"""Questions to the clinic and their answers, checked for shape; decided upon in `encounters.review.queries`."""

from django import forms

from encounters.forms.chart import ClockField
from encounters.forms.review import LONGEST_WORDS, VersionForm
from encounters.models import ClinicQuery

UNKNOWN = "unknown"
"""The answer that it cannot be determined."""


class AskForm(VersionForm):
    """Which question, about which administration, to whom."""

    administration = forms.CharField(max_length=80)
    template = forms.CharField(max_length=60)
    finding = forms.CharField(required=False, max_length=32)
    asked_of = forms.CharField(max_length=120, error_messages={"required": "Say whom the question is for."})


class AnswerForm(forms.Form):
    """What the clinic says: a value where the question asks for one, and its words or source."""

    answer = forms.CharField(required=False, max_length=LONGEST_WORDS)
    answered_by = forms.CharField(max_length=150, error_messages={"required": "Say who answered."})

    def __init__(self, *args: object, query: ClinicQuery, **kwargs: object) -> None:
        """A field for the value, by the kind of answer that `query` asks for."""
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        kind = query.answer_kind
        if kind == "time":
            self.fields["value"] = ClockField()
        elif kind == "amount":
            self.fields["value"] = forms.DecimalField(required=False, min_value=0)
        elif kind == "choice":
            choices = [*((each, each) for each in query.choices), (UNKNOWN, "cannot be determined")]
            self.fields["value"] = forms.ChoiceField(required=False, choices=[("", ""), *choices])

    def clean(self) -> dict[str, object]:
        """A value, or words."""
        cleaned = super().clean() or {}
        if cleaned.get("value") in (None, "") and not cleaned.get("answer") and not self.errors:
            self.add_error("answer", "Write down what the clinic answered.")
        return cleaned


class WithdrawQueryForm(forms.Form):
    """Why nobody need answer any more."""

    reason = forms.CharField(
        max_length=LONGEST_WORDS, error_messages={"required": "Say why the question is withdrawn."}
    )
