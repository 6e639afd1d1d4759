"""What is asked of the trail, and the words of a sign-off."""

from django import forms

from encounters.audit.reading import Wanted
from encounters.audit.tags import Tag

SUBJECTS = tuple(sorted({tag.split(":")[0] for tag in Tag}))
LONGEST_ID = 2**63 - 1


class TrailForm(forms.Form):
    """The filters of the trail; an address holds numbers and days, never a name of a patient."""

    encounter = forms.IntegerField(required=False, min_value=1, max_value=LONGEST_ID)
    actor = forms.CharField(required=False, max_length=150)
    first_day = forms.DateField(required=False)
    last_day = forms.DateField(required=False)
    subject = forms.ChoiceField(required=False, choices=[("", "Everything"), *((word, word) for word in SUBJECTS)])

    def wanted(self) -> Wanted:
        """What is asked for; of a field that cannot be read nothing."""
        self.is_valid()
        said = self.cleaned_data
        return Wanted(
            encounter_id=said.get("encounter"),
            actor=said.get("actor", ""),
            first_day=said.get("first_day"),
            last_day=said.get("last_day"),
            subject=said.get("subject", ""),
        )


class SignOffForm(TrailForm):
    """The events that were read, up to the last one shown, and what the auditor says to them."""

    last_event = forms.IntegerField(min_value=1, max_value=LONGEST_ID)
    note = forms.CharField(required=False, max_length=2000)
