"""What is asked of a seeding policy."""

from django import forms
from django.contrib.auth.models import User


class SeedingForm(forms.Form):
    """Whom, how often, from when until before when, and why."""

    coder = forms.ModelChoiceField(
        User.objects.none(), required=False, to_field_name="username", empty_label="everybody"
    )
    percent = forms.DecimalField(min_value=0, max_value=20, max_digits=4, decimal_places=1)
    from_date = forms.DateField(widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    until_date = forms.DateField(widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}))
    reason = forms.CharField(max_length=400)

    def __init__(self, *args: object, **kwargs: object) -> None:
        """Whoever is active can be chosen; who does not code is never seeded."""
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        choice = self.fields["coder"]
        if isinstance(choice, forms.ModelChoiceField):
            choice.queryset = User.objects.filter(is_active=True).order_by("username")
