"""What the pages of imports send."""

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat

from drugs.cms.files import FileKind, Quarter
from drugs.formulary.imports.receiving import LARGEST, NOT_KEPT
from drugs.models import Decision, Group


class UploadForm(forms.Form):
    """A publisher's file, what it is, and the quarter that it is for."""

    file = forms.FileField(allow_empty_file=True)
    kind = forms.ChoiceField(
        choices=[(kind.value, kind.label) for kind in FileKind if kind not in NOT_KEPT],
        initial=FileKind.ASP_PRICING,
        widget=forms.Select(attrs={"class": "field"}),
    )
    quarter = forms.CharField(
        max_length=7,
        widget=forms.TextInput(attrs={"class": "field", "placeholder": "2026Q1", "autocomplete": "off", "size": 8}),
    )

    def clean_file(self) -> "UploadedFile[Any]":
        """A file within the size that any of the publishers' files has."""
        file: UploadedFile[Any] = self.cleaned_data["file"]
        if (file.size or 0) > LARGEST:
            msg = f"The file has {filesizeformat(file.size or 0)}; none of the publishers' files has that much."
            raise forms.ValidationError(msg)
        return file

    def clean_quarter(self) -> Quarter:
        """A quarter such as 2026Q1."""
        try:
            return Quarter.parse(self.cleaned_data["quarter"])
        except ValueError as error:
            msg = "A quarter is written as 2026Q1."
            raise forms.ValidationError(msg) from error

    def clean_kind(self) -> FileKind:
        """The kind as the readers know it."""
        return FileKind(self.cleaned_data["kind"])


class FilterForm(forms.Form):
    """Which differences are shown."""

    group = forms.ChoiceField(required=False, choices=[("", "Every group"), *Group.choices])
    decision = forms.ChoiceField(
        required=False,
        choices=[("", "Decided or not"), *Decision.choices, ("conflict", "With a conflict")],
        widget=forms.Select(attrs={"class": "field"}),
    )
    q = forms.CharField(required=False, max_length=100, strip=True)

    def chosen(self) -> dict[str, str]:
        """Return what can be read of the filter; the rest is left out."""
        self.is_valid()
        return {name: self.cleaned_data.get(name) or "" for name in ("group", "decision", "q")}


class DecideForm(forms.Form):
    """A decision on a row or on a group."""

    verb = forms.ChoiceField(choices=[("approve", "approve"), ("withhold", "withhold")])
    difference = forms.IntegerField(required=False)
    group = forms.ChoiceField(required=False, choices=[("", ""), *Group.choices])
    with_conflicts = forms.BooleanField(required=False)
    reason = forms.CharField(required=False, max_length=500, strip=True)


class ReasonForm(forms.Form):
    """Why."""

    reason = forms.CharField(required=False, max_length=500, strip=True)
