"""What a page of the formulary may be asked for."""

from datetime import date

from django import forms
from django.http import QueryDict
from django.utils import timezone

from rules.vocabulary import Family


class AsOfForm(forms.Form):
    """The date of service that a page is about; today where none, or none that can be read, is given."""

    on = forms.DateField(required=False, widget=forms.DateInput(attrs={"type": "date", "class": "field"}))

    def day(self) -> date:
        """Return the date; call it after `is_valid`."""
        on: date | None = self.cleaned_data.get("on")
        return on or timezone.localdate()


class SearchForm(AsOfForm):
    """A search in the formulary."""

    q = forms.CharField(required=False, max_length=200, strip=True)
    family = forms.ChoiceField(
        required=False,
        choices=[("", "Every family"), *((f.value, f.value.replace("_", " ")) for f in Family)],
        widget=forms.Select(attrs={"class": "field"}),
    )

    @classmethod
    def of(cls, data: QueryDict) -> "SearchForm":
        """Return the form, validated; what cannot be read is left out."""
        form = cls(data)
        form.is_valid()
        return form
