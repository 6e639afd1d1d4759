"""Checks of what the intake pages send."""

from typing import Any

from django import forms
from django.conf import settings
from django.core.files.uploadedfile import UploadedFile
from django.template.defaultfilters import filesizeformat


class UploadForm(forms.Form):
    """A file and the name of the system that it comes from."""

    file = forms.FileField(allow_empty_file=True)
    source = forms.CharField(max_length=60, initial="upload")

    def clean_file(self) -> "UploadedFile[Any]":
        """A file within the size that one request may have."""
        file: UploadedFile[Any] = self.cleaned_data["file"]
        most = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        if (file.size or 0) > most:
            msg = (
                f"The file has {filesizeformat(file.size or 0)}; this page reads at most {filesizeformat(most)}. "
                "Nothing was taken in. Split it, or use manage.py import_encounters."
            )
            raise forms.ValidationError(msg)
        return file


class SettleForm(forms.Form):
    """Why an encounter may go on without a refused record."""

    reason = forms.CharField(max_length=500)
