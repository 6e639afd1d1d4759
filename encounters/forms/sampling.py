"""What is asked of a new sample, the lines that an auditor codes, and what is said of a difference."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from django import forms
from django.http import QueryDict

from encounters.models.sampling import Allocation, Stratum
from encounters.sampling import planning
from encounters.sampling.frames import Frame
from encounters.sampling.reviewing import MOST_LINES, CodedByAuditor
from rules.vocabulary import Setting

PLANS = (
    ("attribute", "an interval this narrow"),
    ("detection", "to see at least one error"),
    ("discovery", "discovery sample"),
    ("full", "full sample after a discovery sample"),
    ("own", "a number of your own"),
)
CONFIDENCES = (("0.90", "90 %"), ("0.95", "95 %"), ("0.99", "99 %"))
MOST_UNITS = 100_000


class SampleForm(forms.Form):
    """The frame, how the size is planned, and who reviews. Choices that are rows are given by the door."""

    name = forms.CharField(max_length=120)
    first_day = forms.DateField(required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    last_day = forms.DateField(required=False, widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    coder = forms.ChoiceField(required=False)
    payer = forms.ChoiceField(required=False)
    setting = forms.ChoiceField(required=False, choices=[("", "any"), *((word.value, word.value) for word in Setting)])
    rule = forms.RegexField(r"^[A-Z]{1,2}[0-9]{1,2}[a-z]?$", required=False, max_length=6)
    drug = forms.CharField(required=False, max_length=60)
    least_value = forms.DecimalField(required=False, min_value=0, max_digits=12, decimal_places=2)
    most_value = forms.DecimalField(required=False, min_value=0, max_digits=12, decimal_places=2)
    stratified_by = forms.ChoiceField(choices=Stratum.choices)
    allocation = forms.ChoiceField(choices=Allocation.choices)
    plan = forms.ChoiceField(choices=PLANS)
    confidence = forms.ChoiceField(choices=CONFIDENCES)
    rate = forms.FloatField(min_value=50, max_value=100)
    half_width = forms.FloatField(min_value=0.5, max_value=40)
    tolerable = forms.FloatField(min_value=0.1, max_value=50)
    after = forms.ChoiceField(required=False)
    size = forms.IntegerField(required=False, min_value=1, max_value=planning.MOST)
    size_words = forms.CharField(required=False, max_length=400)
    seed = forms.CharField(max_length=64)
    first_auditor = forms.ChoiceField()
    second_auditor = forms.ChoiceField(required=False)
    read_twice = forms.IntegerField(required=False, min_value=0, max_value=planning.MOST)
    frame_hash = forms.CharField(required=False, max_length=64)

    def __init__(
        self,
        data: QueryDict | Mapping[str, Any] | None = None,
        *,
        choices: Mapping[str, Sequence[tuple[str, str]]],
        **kwargs: Any,
    ) -> None:
        """`choices`: for coder, payer, auditors and earlier samples."""
        super().__init__(data, **kwargs)
        for name, rows in choices.items():
            field = self.fields[name]
            if isinstance(field, forms.ChoiceField):
                field.choices = list(rows)

    def clean(self) -> dict[str, Any]:
        """A number of one's own has its reason; a full sample follows a sample."""
        said = super().clean() or self.cleaned_data
        if said.get("plan") == "own" and not (said.get("size") and said.get("size_words", "").strip()):
            self.add_error("size", "Give the number and the reason for it.")
        if said.get("plan") == "full" and not said.get("after"):
            self.add_error("after", "Choose the discovery sample.")
        return said

    def frame(self) -> Frame:
        """What is asked for of the frame."""
        said = self.cleaned_data
        names = ("first_day", "last_day", "coder", "payer", "setting", "rule", "drug", "least_value", "most_value")
        return Frame(**{name: said[name] for name in names})

    def level(self) -> Decimal:
        """The confidence of the intervals."""
        return Decimal(self.cleaned_data["confidence"])


class AuditedLineForm(forms.Form):
    """One line of the auditor's."""

    code = forms.RegexField(r"^[0-9A-Z]{5}$", max_length=5, error_messages={"invalid": "A code has five signs."})
    units = forms.IntegerField(min_value=1, max_value=100_000)
    modifiers = forms.RegexField(r"^([0-9A-Z]{2}( [0-9A-Z]{2})*)?$", required=False, max_length=11)
    date_of_service = forms.DateField(required=False)
    drugs = forms.CharField(required=False, max_length=200)
    words = forms.CharField(required=False, max_length=400)

    def line(self) -> CodedByAuditor:
        """The line as it is locked."""
        said = self.cleaned_data
        return CodedByAuditor(
            code=said["code"],
            units=said["units"],
            modifiers=tuple(sorted(said["modifiers"].split())),
            date_of_service=said["date_of_service"],
            drugs=said["drugs"],
            words=said["words"],
        )


def line_forms(data: QueryDict) -> list[AuditedLineForm]:
    """The rows that were sent, without those that nobody wrote anything into."""
    names = tuple(AuditedLineForm.base_fields)
    columns = [data.getlist(name)[:MOST_LINES] for name in names]
    found = []
    for number in range(len(columns[0])):
        row = {
            name: column[number].strip() if number < len(column) else ""
            for name, column in zip(names, columns, strict=True)
        }
        row |= {"code": row["code"].upper(), "modifiers": " ".join(row["modifiers"].upper().replace(",", " ").split())}
        if any(value for name, value in row.items() if name not in {"date_of_service", "units"}):
            found.append(AuditedLineForm(row))
    return found


class RulingForm(forms.Form):
    """What is said of a row, and why."""

    kind = forms.CharField(max_length=10)
    reason = forms.CharField(required=False, max_length=2000)
