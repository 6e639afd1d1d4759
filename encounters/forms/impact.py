"""What is asked of a study of impact."""

from typing import Any

from django import forms

from encounters import impact_studies, proposed_rules
from encounters.impact_studies import Asked

POLICY, RULES, INSTALLED = "policy", "rules", "installed"
PROPOSALS = (
    (POLICY, "another answer to a policy question"),
    (RULES, "other rules or policies, as a file"),
    (INSTALLED, "nothing: overpayments under the rules as they are"),
)


class StudyForm(forms.Form):
    """What would be otherwise, for which dates of service, and whether overpayments are listed."""

    name = forms.CharField(max_length=200)
    proposal = forms.ChoiceField(choices=PROPOSALS, initial=POLICY, widget=forms.RadioSelect)
    answer = forms.ChoiceField(required=False)
    file = forms.FileField(required=False, allow_empty_file=False)
    first = forms.DateField(required=False, widget=forms.DateInput({"type": "date"}))
    until = forms.DateField(required=False, widget=forms.DateInput({"type": "date"}))
    identified = forms.DateField(required=False, widget=forms.DateInput({"type": "date"}))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """The questions are those of the installed rules."""
        super().__init__(*args, **kwargs)
        grouped = [
            (f"{key}: {statement}"[:110], [(f"{key}={value}", f"{key} = {value}") for value in values])
            for key, statement, values in impact_studies.policy_values()
        ]
        answer = self.fields["answer"]
        if isinstance(answer, forms.ChoiceField):
            answer.choices = [("", "choose a question and its answer"), *grouped]

    def clean(self) -> dict[str, Any]:
        """What belongs to the chosen proposal is there, and the dates are a period."""
        said = super().clean() or {}
        first, until, proposal = said.get("first"), said.get("until"), said.get("proposal")
        if first and until and until <= first:
            self.add_error("until", "The first day after those: later than the first.")
        if proposal == POLICY and not said.get("answer"):
            self.add_error("answer", "Choose a question and its answer.")
        if proposal == RULES and not said.get("file") and "file" not in self.errors:
            self.add_error("file", "Choose a file.")
        if proposal == INSTALLED and not said.get("identified"):
            self.add_error("identified", "The day on which they were identified.")
        if proposal == POLICY and said.get("identified"):
            self.add_error("identified", "Overpayments are measured against rules, not against one policy value.")
        return said

    def asked(self) -> Asked:
        """The study asked for. Raises UnableToPropose for a file that is none."""
        said = self.cleaned_data
        overrides: dict[str, str] = {}
        files: dict[str, str] = {}
        if said["proposal"] == POLICY:
            key, _, value = said["answer"].partition("=")
            overrides[key] = value
        elif said["proposal"] == RULES:
            sent = said["file"]
            files = proposed_rules.files_in(
                content=sent.read(proposed_rules.MOST_BYTES + 1), file_name=sent.name or "rules.yaml"
            )
        return Asked(
            name=said["name"],
            overrides=overrides,
            files=files,
            first=said["first"],
            until=said["until"],
            identified_on=said["identified"],
        )
