"""What the workbench may send: checked for shape here, decided upon in `encounters.review`."""

import re
from collections.abc import Iterable

from django import forms

from encounters.models.note import NoteAnchor
from encounters.models.review import CorrectionReason, PendReason

CODE = re.compile(r"[0-9A-Z][0-9]{3}[0-9A-Z]")
MODIFIER = re.compile(r"[0-9A-Z]{2}")
MOST_UNITS = 99_999
LONGEST_WORDS = 500


class VersionForm(forms.Form):
    """Every act says which version of the review the person looked at."""

    version = forms.IntegerField(min_value=1)


class ReasonForm(VersionForm):
    """A reason of the closed list, in words where it is "other"."""

    reason_code = forms.ChoiceField(
        choices=CorrectionReason.choices, error_messages={"required": "Choose a reason: press its digit."}
    )
    reason = forms.CharField(required=False, max_length=LONGEST_WORDS)

    def clean(self) -> dict[str, object]:
        """Words are there where the reason is "other"."""
        cleaned = super().clean() or {}
        if cleaned.get("reason_code") == CorrectionReason.OTHER and not cleaned.get("reason"):
            self.add_error("reason", "Say the reason in words.")
        return cleaned


class LineForm(ReasonForm):
    """The values of a line as somebody wants them."""

    code = forms.CharField(max_length=40)
    units = forms.IntegerField(
        min_value=1,
        max_value=MOST_UNITS,
        error_messages={"min_value": "At least 1 unit. To bill none, reject the line."},
    )
    modifiers = forms.CharField(required=False, max_length=40)

    def clean_code(self) -> str:
        """Five characters, as CPT and HCPCS write codes."""
        code = str(self.cleaned_data["code"]).strip().upper()
        if not CODE.fullmatch(code):
            message = "A code has five characters, such as 96413 or J9263."
            raise forms.ValidationError(message)
        return code

    def clean_modifiers(self) -> tuple[str, ...]:
        """Two characters each, apart by spaces or commas."""
        found = tuple(str(self.cleaned_data["modifiers"]).upper().replace(",", " ").split())
        wrong = [each for each in found if not MODIFIER.fullmatch(each)]
        if wrong:
            message = f"A modifier has two characters: {', '.join(wrong)} has not."
            raise forms.ValidationError(message)
        return tuple(dict.fromkeys(found))


class AddedLineForm(LineForm):
    """A line the engine did not suggest, with the administrations it is for."""

    administrations = forms.MultipleChoiceField(required=False, choices=[])

    def __init__(self, *args: object, administrations: Iterable[tuple[str, str]] = (), **kwargs: object) -> None:
        """`administrations`: their ids and names, of this encounter."""
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        field = self.fields["administrations"]
        if isinstance(field, forms.MultipleChoiceField):
            field.choices = list(administrations)


class PendForm(VersionForm):
    """Why the encounter waits, and until when."""

    reason = forms.ChoiceField(choices=PendReason.choices, error_messages={"required": "Choose what it waits for."})
    note = forms.CharField(required=False, max_length=LONGEST_WORDS)
    until = forms.DateField(required=False)

    def clean(self) -> dict[str, object]:
        """Words are there where the reason is "other"."""
        cleaned = super().clean() or {}
        if cleaned.get("reason") == PendReason.OTHER and not cleaned.get("note"):
            self.add_error("note", "Say in words what it waits for.")
        return cleaned


class AcceptForm(VersionForm):
    """The encounter as it stands, with the reason where a finding blocks."""

    reason = forms.CharField(required=False, max_length=LONGEST_WORDS)


class NoteForm(VersionForm):
    """An act with a few words."""

    note = forms.CharField(required=False, max_length=LONGEST_WORDS)


class TextForm(forms.Form):
    """A note, on what it hangs, and the version it stands in place of."""

    text = forms.CharField(max_length=2000)
    anchor_kind = forms.ChoiceField(choices=NoteAnchor.choices)
    anchor = forms.CharField(required=False, max_length=400)
    anchor_words = forms.CharField(required=False, max_length=200)
    replaces = forms.IntegerField(required=False, min_value=1)
