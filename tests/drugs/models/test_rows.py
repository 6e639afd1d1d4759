from collections.abc import Callable
from datetime import date
from decimal import Decimal

import pytest
from django.db import DatabaseError, IntegrityError, models, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase as HypothesisTestCase

from drugs.models import (
    DrugFamily,
    DrugProfile,
    FormularyRelease,
    NdcBillingCode,
)
from tests.factories.drugs import (
    BillingCodeFactory,
    DrugBillingCodeFactory,
    DrugFactory,
    DrugFamilyFactory,
    DrugNameFactory,
    DrugProfileFactory,
    FormularyReleaseFactory,
    HcpcsCodeFactory,
    MarketedSizeFactory,
    NdcBillingCodeFactory,
    NdcFactory,
    PriceFactory,
    ProductFactory,
    StatusIndicatorFactory,
)

pytestmark = pytest.mark.django_db

JANUARY, MARCH, JUNE = date(2025, 1, 1), date(2025, 3, 1), date(2025, 6, 1)
UNTIL_JUNE = {"effective_from": JANUARY, "effective_until": JUNE}
FROM_MARCH = {"effective_from": MARCH, "effective_until": None}
FROM_JUNE = {"effective_from": JUNE, "effective_until": None}
AMOUNT = {"per_amount": Decimal(1), "per_unit": "mg"}

ROWS: list[tuple[str, Callable[[], dict[str, object]], Callable[..., models.Model]]] = [
    ("profile", lambda: {"drug": DrugFactory.create()}, DrugProfileFactory.create),
    ("family", lambda: {"drug": DrugFactory.create(), "policy_layer": "payer"}, DrugFamilyFactory.create),
    ("meaning", lambda: {"hcpcs": HcpcsCodeFactory.create()}, BillingCodeFactory.create),
    (
        "link",
        lambda: {"drug": DrugFactory.create(), "hcpcs": HcpcsCodeFactory.create()},
        DrugBillingCodeFactory.create,
    ),
    ("price", lambda: {"hcpcs": HcpcsCodeFactory.create()}, PriceFactory.create),
    ("status", lambda: {"hcpcs": HcpcsCodeFactory.create()}, StatusIndicatorFactory.create),
    ("package", lambda: {"ndc": "00000000001", "drug": DrugFactory.create()}, NdcFactory.create),
    ("package code", lambda: {"ndc": "00000000001", "hcpcs": HcpcsCodeFactory.create()}, NdcBillingCodeFactory.create),
    ("size", lambda: {"drug": DrugFactory.create()}, MarketedSizeFactory.create),
]


@pytest.mark.parametrize(("identity", "make"), [row[1:] for row in ROWS], ids=[row[0] for row in ROWS])
class TestPeriods:
    def test_may_follow_each_other(
        self, identity: Callable[[], dict[str, object]], make: Callable[..., models.Model]
    ) -> None:
        same = identity()
        make(**same, **UNTIL_JUNE)
        make(**same, effective_from=JUNE, effective_until=date(2025, 9, 1))

    def test_may_not_overlap(
        self, identity: Callable[[], dict[str, object]], make: Callable[..., models.Model]
    ) -> None:
        same = identity()
        make(**same, **UNTIL_JUNE)
        with pytest.raises(IntegrityError, match="do_not_overlap"), transaction.atomic():
            make(**same, effective_from=MARCH, effective_until=date(2025, 9, 1))

    def test_may_overlap_what_was_withdrawn(
        self, identity: Callable[[], dict[str, object]], make: Callable[..., models.Model]
    ) -> None:
        same = identity()
        make(**same, **UNTIL_JUNE, withdrawn_by=FormularyReleaseFactory.create())
        make(**same, **UNTIL_JUNE)

    def test_may_not_be_empty(
        self, identity: Callable[[], dict[str, object]], make: Callable[..., models.Model]
    ) -> None:
        with pytest.raises(IntegrityError, match="period_is_not_empty"), transaction.atomic():
            make(**identity(), effective_from=JUNE, effective_until=JUNE)

    def test_names_its_source(
        self, identity: Callable[[], dict[str, object]], make: Callable[..., models.Model]
    ) -> None:
        with pytest.raises(IntegrityError, match="names_its_source"), transaction.atomic():
            make(**identity(), **UNTIL_JUNE, source="")

    def test_cannot_be_rewritten(
        self, identity: Callable[[], dict[str, object]], make: Callable[..., models.Model]
    ) -> None:
        row = make(**identity(), **UNTIL_JUNE)
        with pytest.raises(DatabaseError, match="never edited"), transaction.atomic():
            type(row)._default_manager.filter(pk=row.pk).update(effective_until=date(2025, 7, 1))
        with pytest.raises(DatabaseError, match="never edited"), transaction.atomic():
            row.delete()

    def test_is_withdrawn_once_and_for_good(
        self, identity: Callable[[], dict[str, object]], make: Callable[..., models.Model]
    ) -> None:
        row = make(**identity(), **UNTIL_JUNE)
        rows = type(row)._default_manager.filter(pk=row.pk)
        rows.update(withdrawn_by=FormularyReleaseFactory.create())
        with pytest.raises(DatabaseError, match="never edited"), transaction.atomic():
            rows.update(withdrawn_by=None)
        with pytest.raises(DatabaseError, match="never edited"), transaction.atomic():
            rows.update(withdrawn_by=FormularyReleaseFactory.create())


class TestPeriodsOfAnyDates(HypothesisTestCase):
    days = st.dates(date(2025, 1, 1), date(2025, 1, 12))

    @settings(deadline=None)
    @given(days, days, days, days)
    def test_the_database_refuses_exactly_what_shares_a_day(self, a: date, b: date, c: date, d: date) -> None:
        (one, one_until), (two, two_until) = sorted((a, b)), sorted((c, d))
        if one == one_until or two == two_until:
            return
        drug = DrugFactory.create()
        DrugProfileFactory.create(drug=drug, effective_from=one, effective_until=one_until)
        shared = max(one, two) < min(one_until, two_until)
        try:
            with transaction.atomic():
                DrugProfileFactory.create(drug=drug, effective_from=two, effective_until=two_until)
        except IntegrityError:
            assert shared
        else:
            assert not shared


class TestLinks:
    def test_overlap_only_for_the_same_product(self) -> None:
        drug, code = DrugFactory.create(), HcpcsCodeFactory.create()
        DrugBillingCodeFactory.create(drug=drug, hcpcs=code)
        product = ProductFactory.create(drug=drug)
        DrugBillingCodeFactory.create(drug=drug, hcpcs=code, product=product)
        with pytest.raises(IntegrityError, match="do_not_overlap"), transaction.atomic():
            DrugBillingCodeFactory.create(drug=drug, hcpcs=code, product=product)


class TestPackageCodes:
    def test_allow_two_codes_at_once(self) -> None:
        NdcBillingCodeFactory.create(ndc="00000000001")
        NdcBillingCodeFactory.create(ndc="00000000001")
        assert NdcBillingCode.objects.in_force(JUNE).filter(ndc="00000000001").count() == 2


class TestRefusals:
    @pytest.mark.parametrize("code", ["96413", "J903", "J90355", "j9035", "J903A"])
    def test_a_code_that_is_not_level_ii(self, code: str) -> None:
        with pytest.raises(DatabaseError), transaction.atomic():
            HcpcsCodeFactory.create(code=code)

    def test_an_amount_of_nothing(self) -> None:
        with pytest.raises(IntegrityError, match="amount_is_positive"), transaction.atomic():
            BillingCodeFactory.create(per_amount=Decimal(0))

    def test_a_unit_that_nobody_knows(self) -> None:
        with pytest.raises(IntegrityError, match="unit_is_known"), transaction.atomic():
            BillingCodeFactory.create(per_unit="drops")

    def test_a_family_that_nobody_knows(self) -> None:
        with pytest.raises(IntegrityError, match="family_is_known"), transaction.atomic():
            DrugFamilyFactory.create(family="chemo")

    def test_a_route_that_nobody_knows(self) -> None:
        with pytest.raises(IntegrityError, match="routes_are_known"), transaction.atomic():
            DrugProfileFactory.create(routes=["by air"])

    def test_a_drug_in_capitals(self) -> None:
        with pytest.raises(IntegrityError, match="lower_case"), transaction.atomic():
            DrugFactory.create(name="Infliximab")

    def test_an_ndc_of_ten_digits(self) -> None:
        with pytest.raises(IntegrityError, match="eleven_digits"), transaction.atomic():
            NdcFactory.create(ndc="5024206001")

    def test_a_drug_that_is_its_own_reference(self) -> None:
        drug = DrugFactory.create()
        with pytest.raises(IntegrityError, match="own_reference"), transaction.atomic():
            DrugProfileFactory.create(drug=drug, reference_drug=drug)

    def test_a_code_that_replaces_itself(self) -> None:
        code = HcpcsCodeFactory.create()
        with pytest.raises(IntegrityError, match="replace_itself"), transaction.atomic():
            BillingCodeFactory.create(hcpcs=code, replaced_by=code)

    def test_a_price_without_an_end(self) -> None:
        with pytest.raises(IntegrityError, match="has_an_end"), transaction.atomic():
            PriceFactory.create(effective_until=None)

    def test_a_concentration_without_a_unit(self) -> None:
        with pytest.raises(IntegrityError, match="has_a_unit"), transaction.atomic():
            DrugProfileFactory.create(concentration_amount=Decimal(5))

    def test_the_same_name_twice(self) -> None:
        name = DrugNameFactory.create(text="Example")
        with pytest.raises(IntegrityError, match="once_a_drug"), transaction.atomic():
            DrugNameFactory.create(drug=name.drug, text="EXAMPLE ")

    def test_a_name_of_signs(self) -> None:
        with pytest.raises(IntegrityError, match="not_blank"), transaction.atomic():
            DrugNameFactory.create(text="®")


class TestReleases:
    def test_cannot_be_rewritten(self) -> None:
        release = FormularyReleaseFactory.create()
        with pytest.raises(DatabaseError, match="never edited"), transaction.atomic():
            FormularyRelease.objects.filter(pk=release.pk).update(name="another")
        with pytest.raises(DatabaseError, match="never edited"), transaction.atomic():
            release.delete()

    def test_by_hand_name_the_person(self) -> None:
        with pytest.raises(IntegrityError, match="names_the_person"), transaction.atomic():
            FormularyReleaseFactory.create(imported_by_name="")

    def test_from_a_file_name_it_and_its_hash(self) -> None:
        with pytest.raises(IntegrityError, match="from_a_file_names_it"), transaction.atomic():
            FormularyReleaseFactory.create(kind="import")

    def test_can_be_read_as_they_once_stood(self) -> None:
        first = DrugFamilyFactory.create(family="therapeutic")
        second = FormularyReleaseFactory.create()
        first.withdrawn_by = second
        first.save(update_fields=["withdrawn_by"])
        DrugFamilyFactory.create(drug=first.drug, family="complex_biologic", release=second)
        then = DrugFamily.objects.filter(drug=first.drug).as_of_release(first.release)
        now = DrugFamily.objects.filter(drug=first.drug).as_of_release(second)
        assert [row.family for row in then] == ["therapeutic"]
        assert [row.family for row in now] == ["complex_biologic"]


class TestInForce:
    def test_takes_the_first_day_and_not_the_last(self) -> None:
        profile = DrugProfileFactory.create(effective_from=JANUARY, effective_until=JUNE)
        rows = DrugProfile.objects.filter(drug=profile.drug)
        assert rows.in_force(JANUARY).exists()
        assert not rows.in_force(JUNE).exists()
        assert profile.is_in_force(date(2025, 5, 31))
        assert not profile.is_in_force(JUNE)

    def test_leaves_out_what_was_withdrawn(self) -> None:
        profile = DrugProfileFactory.create(withdrawn_by=FormularyReleaseFactory.create())
        assert not DrugProfile.objects.in_force(JUNE).filter(pk=profile.pk).exists()


class TestWords:
    def test_rows_say_what_they_are(self) -> None:
        drug = DrugFactory.create(name="example")
        code = HcpcsCodeFactory.create(code="J9035")
        said = [
            str(drug),
            str(BillingCodeFactory.create(hcpcs=code, per_amount=Decimal("1000.000000"), per_unit="mL")),
            str(DrugBillingCodeFactory.create(drug=drug, hcpcs=code)),
            str(NdcFactory.create(ndc="50242006001")),
            str(MarketedSizeFactory.create(drug=drug, amount=Decimal("87.5"))),
            str(DrugFamilyFactory.create(drug=drug)),
        ]
        assert said == [
            "example",
            "J9035 per 1000 mL",
            "example: J9035",
            "50242-0060-01",
            "example 87.5 mg",
            "example: therapeutic",
        ]


class TestStatusIndicators:
    @pytest.mark.parametrize("indicator", ["", "k", "KK", "1"])
    def test_have_the_form_that_the_addendum_uses(self, indicator: str) -> None:
        with pytest.raises(IntegrityError, match="status_indicator_has_its_form"), transaction.atomic():
            StatusIndicatorFactory.create(indicator=indicator)

    @pytest.mark.parametrize(
        ("indicator", "is_packaged", "words"),
        [("N", True, "packaged into other payments"), ("G", False, "pass-through drug, paid on its own")],
    )
    def test_say_what_they_mean(self, indicator: str, is_packaged: bool, words: str) -> None:
        row = StatusIndicatorFactory.create(indicator=indicator)
        assert (row.is_packaged, row.words) == (is_packaged, words)
