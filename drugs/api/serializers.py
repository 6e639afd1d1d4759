"""What the endpoints take and give."""

from rest_framework import serializers

from drugs.models import BillingCode, DrugBillingCode, DrugFamily, DrugName, MarketedSize, Ndc, Price, StatusIndicator
from drugs.models.billing import LEVEL_II


class QuestionSerializer(serializers.Serializer[object]):
    """Which date of service is asked about."""

    on = serializers.DateField(required=False, help_text="Date of service; today where it is left out.")


class SearchQuestionSerializer(QuestionSerializer):
    """What is looked for."""

    q = serializers.CharField(required=False, allow_blank=True, max_length=200, help_text="Name, brand, HCPCS or NDC.")


class ResolveQuestionSerializer(QuestionSerializer):
    """What a chart says of a drug."""

    name = serializers.CharField(required=False, allow_blank=True, max_length=200)
    ndc = serializers.CharField(required=False, allow_blank=True, max_length=20)
    hcpcs = serializers.CharField(required=False, allow_blank=True, max_length=10)
    route = serializers.CharField(required=False, allow_blank=True, max_length=20)


class BillingCodeSerializer(serializers.ModelSerializer[BillingCode]):
    """A code and the amount of one billing unit."""

    code = serializers.CharField(source="hcpcs_id")

    class Meta:
        model = BillingCode
        fields = ("code", "label", "per_amount", "per_unit", "effective_from", "effective_until", "source")


class DrugSummarySerializer(serializers.Serializer[object]):
    """A drug as a row of a list."""

    id = serializers.IntegerField(source="drug.pk")
    name = serializers.CharField(source="drug.name")
    family = serializers.CharField()
    brands = serializers.ListField(child=serializers.CharField())
    codes = BillingCodeSerializer(many=True)
    matched = serializers.CharField()


class FamilySerializer(serializers.ModelSerializer[DrugFamily]):
    """An administration family in a period."""

    class Meta:
        model = DrugFamily
        fields = ("family", "policy_layer", "effective_from", "effective_until", "source")


class NameSerializer(serializers.ModelSerializer[DrugName]):
    """A further name."""

    product = serializers.CharField(source="product.name", default=None)

    class Meta:
        model = DrugName
        fields = ("text", "kind", "product", "source")


class DrugCodeSerializer(serializers.ModelSerializer[DrugBillingCode]):
    """A code that bills the drug in a period."""

    code = serializers.CharField(source="hcpcs_id")
    product = serializers.CharField(source="product.name", default=None)

    class Meta:
        model = DrugBillingCode
        fields = ("code", "product", "routes", "circumstance", "effective_from", "effective_until", "source")


class CodeLineSerializer(serializers.Serializer[object]):
    """A code of a drug with what it stands for."""

    link = DrugCodeSerializer()
    meaning = BillingCodeSerializer(allow_null=True)
    is_in_force = serializers.BooleanField()


class PackageSerializer(serializers.ModelSerializer[Ndc]):
    """A package."""

    class Meta:
        model = Ndc
        fields = (
            "ndc",
            "name",
            "labeler",
            "package_size",
            "package_quantity",
            "is_single_dose",
            "effective_from",
            "effective_until",
            "source",
        )


class PackageCodeSerializer(serializers.Serializer[object]):
    """What a package bills as."""

    code = serializers.CharField(source="hcpcs_id")
    billing_units = serializers.DecimalField(max_digits=14, decimal_places=4, allow_null=True)
    package_billing_units = serializers.DecimalField(max_digits=14, decimal_places=4, allow_null=True)


class PackageLineSerializer(serializers.Serializer[object]):
    """A package with its codes."""

    package = PackageSerializer()
    codes = PackageCodeSerializer(many=True)


class SizeSerializer(serializers.ModelSerializer[MarketedSize]):
    """A container size."""

    class Meta:
        model = MarketedSize
        fields = ("amount", "unit", "volume_ml", "is_single_dose", "routes", "source")


class PriceSerializer(serializers.ModelSerializer[Price]):
    """A payment limit of one billing unit in US dollars."""

    code = serializers.CharField(source="hcpcs_id")

    class Meta:
        model = Price
        fields = ("code", "payment_limit", "effective_from", "effective_until", "source")


class StatusSerializer(serializers.ModelSerializer[StatusIndicator]):
    """How Medicare pays a hospital for a code in a quarter; the rate is in US dollars of one unit."""

    code = serializers.CharField(source="hcpcs_id")
    words = serializers.CharField()

    class Meta:
        model = StatusIndicator
        fields = (
            "code",
            "indicator",
            "words",
            "apc",
            "payment_rate",
            "pass_through_until",
            "effective_from",
            "effective_until",
            "source",
        )


class OfCodeQuestionSerializer(serializers.Serializer[object]):
    """Which code is asked about."""

    code = serializers.RegexField(LEVEL_II, help_text="HCPCS Level II code.")


class DrugRecordSerializer(serializers.Serializer[object]):
    """All of one drug as of a date."""

    id = serializers.IntegerField(source="drug.pk")
    name = serializers.CharField(source="drug.name")
    on = serializers.DateField()
    is_in_force = serializers.SerializerMethodField()
    families = FamilySerializer(many=True)
    names = NameSerializer(many=True)
    codes = CodeLineSerializer(many=True)
    packages = PackageLineSerializer(many=True)
    sizes = SizeSerializer(many=True)
    prices = serializers.SerializerMethodField()
    statuses = StatusSerializer(many=True)

    def get_is_in_force(self, record: object) -> bool:
        """Whether the drug is in the formulary on the date."""
        return getattr(record, "profile", None) is not None

    def get_prices(self, record: object) -> list[dict[str, str]]:
        """The payment limits, oldest first."""
        rows = [price for _, prices in getattr(record, "prices", ()) for price in prices if price]
        return [dict(PriceSerializer(row).data) for row in rows]


class ResolutionSerializer(serializers.Serializer[object]):
    """Which drug a chart means, or why that is not known."""

    drug = serializers.CharField(source="drug.name", default=None)
    drug_id = serializers.IntegerField(source="drug.pk", default=None)
    product = serializers.CharField(source="product.name", default=None)
    matched_by = serializers.CharField(allow_null=True)
    unresolved = serializers.CharField(allow_null=True)
    candidates = serializers.SerializerMethodField()
    suggestions = serializers.ListField(child=serializers.CharField())
    ambiguous_codes = serializers.ListField(child=serializers.CharField())
    disagreements = serializers.ListField(child=serializers.CharField())
    is_ndc_invalid = serializers.BooleanField()

    def get_candidates(self, resolution: object) -> list[str]:
        """The drugs that may be meant."""
        return [drug.name for drug in getattr(resolution, "candidates", ())]
