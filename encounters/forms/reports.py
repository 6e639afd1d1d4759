"""What somebody wants a report about."""

from datetime import date, timedelta

from django import forms
from django.contrib.auth.models import User

from encounters.models import Location, Payer
from encounters.reports import Asked

DAYS = 30
LONGEST = 366
"""Days; a report of more than a year is asked for year by year."""


class ReportForm(forms.Form):
    """The period, both days in it, and what it is narrowed by."""

    since = forms.DateField(required=False)
    until = forms.DateField(required=False)
    payer = forms.ModelChoiceField(Payer.objects.order_by("name"), to_field_name="code", required=False)
    site = forms.ModelChoiceField(Location.objects.order_by("name"), to_field_name="code", required=False)
    coder = forms.ModelChoiceField(User.objects.order_by("username"), required=False)

    def asked(self, *, today: date) -> Asked:
        """What is asked for: the last thirty days where nothing else is said; what cannot be read is left out."""
        self.is_valid()
        said = self.cleaned_data
        last = said.get("until") or today
        since = said.get("since") or last - timedelta(days=DAYS - 1)
        if since > last or (last - since).days > LONGEST:
            self.add_error("since", f"The period begins before it ends and has {LONGEST} days at most.")
            since = last - timedelta(days=DAYS - 1)
        payer, site, coder = said.get("payer"), said.get("site"), said.get("coder")
        return Asked(
            since=since,
            until=last + timedelta(days=1),
            payer=payer.code if payer else "",
            site=site.code if site else "",
            coder=coder.pk if coder else None,
        )
