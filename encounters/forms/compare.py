"""The two sides of a comparison: a payer's policy layer and a day each."""

from datetime import date

from django import forms

from rules.rulebook.model import Rulebook

COMPARE = "p"
"""The key that leads to a comparison leads on it to the policy compared with."""


class SidesForm(forms.Form):
    """Policies and days; what is left empty is as the encounter has it."""

    left_payer = forms.ChoiceField(required=False)
    left_on = forms.DateField(required=False)
    right_payer = forms.ChoiceField(required=False)
    right_on = forms.DateField(required=False)

    def __init__(self, *args: object, rulebook: Rulebook, **kwargs: object) -> None:
        """The payers whose layers the rulebook holds."""
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        payers = [(layer.name, layer.title) for layer in rulebook.policies if layer.kind == "payer"]
        for name in ("left_payer", "right_payer"):
            field = self.fields[name]
            if isinstance(field, forms.ChoiceField):
                field.choices = [("", "as the encounter"), ("-", "no payer's policy"), *payers]
        self.fields["right_payer"].widget.attrs["data-key"] = COMPARE

    def side(self, name: str, *, payer: str | None, on: date) -> tuple[str | None, date]:
        """Policy layer and day of one side, `left` or `right`; `payer` and `on` are the encounter's own."""
        chosen = self.cleaned_data.get(f"{name}_payer") or ""
        return (payer if not chosen else None if chosen == "-" else chosen), self.cleaned_data.get(f"{name}_on") or on
