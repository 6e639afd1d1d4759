"""What the unmapped inbox may send: checked for shape here, decided upon in `encounters.unmapped`."""

import re

from django import forms
from django.db.models import QuerySet

from drugs.models import Drug, Product
from drugs.models.billing import LEVEL_II
from drugs.models.names import normalise
from rules.vocabulary import Family, Route

FAMILIES = [(family.value, family.value.replace("_", " ")) for family in Family]
ROUTES = [(route.value, route.value) for route in Route]
LONGEST_SOURCE = 300


class NameForm(forms.Form):
    """Which waiting name is decided about, and on what ground."""

    name = forms.CharField(max_length=200, strip=False)
    why = forms.CharField(max_length=14)
    source = forms.CharField(
        max_length=LONGEST_SOURCE, error_messages={"required": "Say on what ground: who told you, or which label."}
    )


class MapForm(NameForm):
    """The drug that a charted name is, chosen among suggestions or named, and the product where it says more."""

    choice = forms.IntegerField(required=False, min_value=1)
    drug_name = forms.CharField(required=False, max_length=200)
    product_name = forms.CharField(required=False, max_length=200)

    def clean(self) -> dict[str, object]:
        """One drug of the formulary, and a product of it where one is named."""
        cleaned: dict[str, object] = super().clean() or {}
        drug = self._drug()
        if drug is None:
            self.add_error("drug_name", "Choose a drug of the formulary: take a suggestion, or write its whole name.")
            return cleaned
        cleaned["drug"] = drug
        if wanted := normalise(str(cleaned.get("product_name") or "")):
            products: QuerySet[Product] = Product.objects.current().filter(drug=drug, normalised=wanted)
            cleaned["product"] = products.first()
            if cleaned["product"] is None:
                self.add_error("product_name", f"The formulary has no such product of {drug.name}.")
        return cleaned

    def _drug(self) -> Drug | None:
        named = " ".join(str(self.cleaned_data.get("drug_name") or "").lower().split())
        if named:
            return Drug.objects.filter(name=named).first()
        return Drug.objects.filter(pk=self.cleaned_data.get("choice") or 0).first()


class AddDrugForm(NameForm):
    """A drug that the formulary lacks, or something that is not billed, with the reason."""

    new_name = forms.CharField(max_length=200, error_messages={"required": "Write the ingredient."})
    family = forms.ChoiceField(choices=FAMILIES)
    routes = forms.MultipleChoiceField(choices=ROUTES, required=False)
    code = forms.CharField(required=False, max_length=5)
    not_billed_because = forms.CharField(required=False, max_length=300)

    def clean_code(self) -> str:
        """A HCPCS Level II code, or none."""
        code = str(self.cleaned_data["code"]).strip().upper()
        if code and not re.fullmatch(LEVEL_II, code, re.ASCII):
            message = "A HCPCS Level II code is a letter and four digits, such as J1745."
            raise forms.ValidationError(message)
        return code

    def clean(self) -> dict[str, object]:
        """A code and a reason for none exclude each other."""
        cleaned: dict[str, object] = super().clean() or {}
        if cleaned.get("code") and cleaned.get("not_billed_because"):
            self.add_error("not_billed_because", "Either a code, or a reason why it is not billed.")
        return cleaned
