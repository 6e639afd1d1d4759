from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from drugs import consequences, formulary
from drugs.cms.files import FileKind
from drugs.consequences import Affected, ProposedChange
from drugs.formulary import imports
from drugs.formulary.imports.approving import Decided
from drugs.models import (
    BillingCode,
    Decision,
    FormularyImport,
    FormularyRelease,
    Group,
    ImportAct,
    ImportState,
    Price,
    Unit,
)
from drugs.models.imports import RewriteRefused
from tests import personas
from tests.drugs.formulary.imports.acts import AT, all_approved, compared, found, published, second_person
from tests.factories.cms import price_file

pytestmark = pytest.mark.django_db

PRICING = FileKind.ASP_PRICING
ROW = ("J3373", "Inj, vancomycin hcl, 10 mg", "10 MG", "0.061")
OTHER = (*ROW[:2], "1 MG", "0.007")


def opened() -> FormularyImport:
    return compared(price_file("2025Q3", ROW), kind=PRICING)


def unit_changed() -> FormularyImport:
    published(price_file("2025Q3", ROW), kind=PRICING)
    return compared(price_file("2025Q4", OTHER), kind=PRICING, quarter="2025Q4")


def approve(formulary_import: FormularyImport, *, by: User | None = None, **what: Any) -> Decided:
    return imports.approve(formulary_import=formulary_import, by=by or personas.cleo(), at=AT, **what)


class TestApprove:
    def test_a_price_takes_one_person(self) -> None:
        sent = opened()
        decided = approve(sent, group=Group.PRICE_NEW)
        assert (decided.approved, decided.first) == (2, 0)

    def test_a_new_code_takes_two(self) -> None:
        sent = opened()
        assert approve(sent, group=Group.CODE_NEW).first == 2
        assert approve(sent, by=second_person(), group=Group.CODE_NEW).approved == 2

    def test_the_second_must_be_another_person(self) -> None:
        sent = opened()
        row = found(sent).get(group=Group.CODE_NEW, code="J3373")
        approve(sent, differences=[row.pk])
        with pytest.raises(imports.UnableToDecide, match="must be another person"):
            approve(sent, differences=[row.pk])
        assert approve(sent, group=Group.CODE_NEW).left_to_another == 1
        with pytest.raises(imports.UnableToDecide, match="must be another person"):
            approve(sent, group=Group.CODE_NEW)
        approve(sent, by=second_person(), differences=[row.pk])
        row.refresh_from_db()
        assert (row.decision, row.first_by) == (Decision.APPROVED, personas.cleo())

    def test_withholding_starts_the_two_anew(self) -> None:
        sent = opened()
        row = found(sent).get(group=Group.CODE_NEW, code="J3373")
        approve(sent, differences=[row.pk])
        imports.withhold(formulary_import=sent, by=second_person(), at=AT, reason="unsure", differences=[row.pk])
        approve(sent, by=second_person(), differences=[row.pk])
        row.refresh_from_db()
        assert (row.decision, row.first_by) == (Decision.FIRST, second_person())

    def test_of_a_group_leaves_rows_with_a_conflict_alone(self) -> None:
        sent = opened()
        found(sent).filter(group=Group.PRICE_NEW, code="J3373").update(needs_own_decision=True)
        decided = approve(sent, group=Group.PRICE_NEW)
        assert (decided.approved, decided.left_to_settle) == (1, 1)
        with pytest.raises(imports.UnableToDecide, match="Say why"):
            approve(sent, group=Group.PRICE_NEW, with_conflicts=True)
        assert approve(sent, group=Group.PRICE_NEW, with_conflicts=True, reason="checked").approved == 1

    def test_moves_the_import_on(self) -> None:
        sent = opened()
        assert sent.state == ImportState.DIFFERENCES
        approve(sent, group=Group.PRICE_NEW)
        sent.refresh_from_db()
        assert sent.state == ImportState.IN_PART

    def test_refuses_rows_of_another_round(self) -> None:
        with pytest.raises(imports.UnableToDecide, match="compared again"):
            approve(opened(), differences=[0])

    @pytest.mark.parametrize("who", [personas.ana, personas.ben, personas.finn, personas.ira, personas.dov])
    def test_is_for_those_who_maintain_the_formulary(self, who: Callable[[], User]) -> None:
        with pytest.raises(PermissionDenied):
            approve(opened(), by=who(), group=Group.PRICE_NEW)


class TestWithhold:
    def test_asks_for_a_reason(self) -> None:
        with pytest.raises(imports.UnableToDecide, match="Say why"):
            imports.withhold(formulary_import=opened(), by=personas.cleo(), at=AT, reason=" ", group=Group.PRICE_NEW)

    def test_keeps_a_row_out_of_the_release_which_names_it(self) -> None:
        sent = opened()
        imports.withhold(formulary_import=sent, by=personas.cleo(), at=AT, reason="wrong", group=Group.PRICE_NEW)
        all_approved(sent)
        release = imports.publish(formulary_import=sent, by=personas.cleo(), at=AT)
        assert not Price.objects.exists()
        assert set(BillingCode.objects.values_list("hcpcs", flat=True)) == {"J3373", "Q9999"}
        assert release.note == "Withheld: First prices: J3373; First prices: Q9999."
        assert release.name == "ASP pricing 2025Q3: 2 rows, 2 withheld"


class TestPublish:
    def test_is_one_release_that_names_file_and_person(self) -> None:
        sent = published(price_file("2025Q3", ROW), kind=PRICING)
        release = sent.release
        assert FormularyRelease.objects.get() == release
        assert (release.kind, release.effective_date) == (FormularyRelease.Kind.IMPORT, date(2025, 7, 1))
        assert (release.sha256, release.imported_by_name) == (sent.sha256, "cleo")

    def test_waits_for_every_row(self) -> None:
        sent = opened()
        with pytest.raises(imports.UnableToPublish, match="4 rows are neither approved nor withheld"):
            imports.publish(formulary_import=sent, by=personas.cleo(), at=AT)
        approve(sent, group=Group.CODE_NEW)
        with pytest.raises(imports.UnableToPublish, match="2 rows await a second approver"):
            imports.publish(formulary_import=sent, by=personas.cleo(), at=AT)

    def test_asks_why_dates_in_the_past_change(self) -> None:
        late = datetime(2025, 9, 1, 12, 0, tzinfo=UTC)
        sent = compared(price_file("2025Q3", ROW), kind=PRICING, at=late)
        all_approved(sent, at=late)
        with pytest.raises(imports.UnableToPublish, match="past would change"):
            imports.publish(formulary_import=sent, by=personas.cleo(), at=late)

    def test_refuses_what_others_have_changed_since(self) -> None:
        changed = unit_changed()
        formulary.supersede_billing_code(
            code="J3373",
            successor="J3373",
            label="By hand",
            per_amount=Decimal(5),
            per_unit=Unit.MG,
            on=date(2025, 8, 1),
            by=personas.cleo(),
            at=AT,
            source="a test",
        )
        all_approved(changed)
        before = FormularyRelease.objects.count()
        with pytest.raises(imports.UnableToPublish, match="changed since under J3373"):
            imports.publish(formulary_import=changed, by=personas.cleo(), at=AT)
        assert FormularyRelease.objects.count() == before

    def test_refuses_what_others_have_added_since(self) -> None:
        first, second = opened(), compared(price_file("2025Q3", (*ROW[:3], "0.062")), kind=PRICING)
        for each in (first, second):
            all_approved(each)
        imports.publish(formulary_import=first, by=personas.cleo(), at=AT)
        with pytest.raises(imports.UnableToPublish, match="written into the formulary by others"):
            imports.publish(formulary_import=second, by=personas.cleo(), at=AT)
        imports.compare_again(formulary_import=second, by=personas.cleo(), at=AT)
        imports.read(import_id=second.pk, at=AT)
        second.refresh_from_db()
        assert list(found(second).values_list("group", "code")) == [("price_changed", "J3373")]

    def test_leaves_earlier_dates_and_versions_as_they_were(self) -> None:
        first = published(price_file("2025Q3", ROW), kind=PRICING).release
        published(price_file("2025Q4", OTHER), kind=PRICING, quarter="2025Q4")
        periods = BillingCode.objects.current().filter(hcpcs="J3373").order_by("effective_from")
        assert [(p.per, p.effective_from, p.effective_until) for p in periods] == [
            ("10 mg", date(2025, 7, 1), date(2025, 10, 1)),
            ("1 mg", date(2025, 10, 1), None),
        ]
        then = BillingCode.objects.as_of_release(first).get(hcpcs="J3373")
        assert (then.per, then.effective_until) == ("10 mg", None)


class TestCompareAgain:
    def test_keeps_what_was_decided_where_nothing_differs(self) -> None:
        sent = opened()
        approve(sent, group=Group.PRICE_NEW)
        approve(sent, group=Group.CODE_NEW)
        imports.compare_again(formulary_import=sent, by=personas.cleo(), at=AT)
        imports.read(import_id=sent.pk, at=AT)
        sent.refresh_from_db()
        assert (sent.round, sent.state) == (2, ImportState.IN_PART)
        assert sorted(found(sent).values_list("group", "decision")) == [
            ("code_new", "first"),
            ("code_new", "first"),
            ("price_new", "approved"),
            ("price_new", "approved"),
        ]
        with pytest.raises(imports.UnableToDecide):
            approve(sent, group=Group.CODE_NEW)


class TestRollBack:
    def test_restores_what_stood_before_as_one_more_release(self) -> None:
        first = published(price_file("2025Q3", ROW), kind=PRICING)
        said = ("hcpcs", "per_amount", "effective_from", "effective_until", "replaced_by")
        before = set(BillingCode.objects.current().values_list(*said))
        prices = set(Price.objects.current().values_list("hcpcs", "payment_limit", "effective_from"))
        second = published(price_file("2025Q4", OTHER), kind=PRICING, quarter="2025Q4")
        release = imports.roll_back(formulary_import=second, by=second_person(), at=AT, reason="misprint")
        assert set(BillingCode.objects.current().values_list(*said)) == before
        assert set(Price.objects.current().values_list("hcpcs", "payment_limit", "effective_from")) == prices
        assert (release.kind, release.note) == (FormularyRelease.Kind.ROLL_BACK, "misprint")
        assert FormularyRelease.objects.filter(pk__in=(first.release.pk, second.release.pk)).count() == 2

    def test_refuses_where_a_later_release_built_on_it(self) -> None:
        first = published(price_file("2025Q3", ROW), kind=PRICING)
        second = published(price_file("2025Q4", OTHER), kind=PRICING, quarter="2025Q4")
        with pytest.raises(imports.UnableToRollBack, match="ASP pricing 2025Q4"):
            imports.roll_back(formulary_import=first, by=personas.cleo(), at=AT, reason="misprint")
        imports.roll_back(formulary_import=second, by=personas.cleo(), at=AT, reason="misprint")

    def test_asks_for_a_reason_and_for_a_published_import(self) -> None:
        with pytest.raises(imports.UnableToRollBack, match="to be approved"):
            imports.roll_back(formulary_import=opened(), by=personas.cleo(), at=AT, reason="misprint")
        sent = published(price_file("2025Q4", ROW), kind=PRICING, quarter="2025Q4")
        with pytest.raises(imports.UnableToRollBack, match="Say why"):
            imports.roll_back(formulary_import=sent, by=personas.cleo(), at=AT, reason="")

    def test_lets_the_file_be_sent_again(self) -> None:
        sent = published(price_file("2025Q3", ROW), kind=PRICING)
        imports.roll_back(formulary_import=sent, by=personas.cleo(), at=AT, reason="misprint")
        assert opened().state == ImportState.DIFFERENCES


class TestAbandon:
    def test_gives_up_and_changes_nothing(self) -> None:
        sent = opened()
        imports.abandon(formulary_import=sent, by=personas.cleo(), at=AT, reason="not ours")
        with pytest.raises(imports.UnableToDecide, match="abandoned"):
            approve(sent, group=Group.PRICE_NEW)
        assert not FormularyRelease.objects.exists()


class TestActs:
    def test_say_who_decided_which_rows(self) -> None:
        sent = opened()
        approve(sent, group=Group.PRICE_NEW)
        act = ImportAct.objects.get(verb=ImportAct.Verb.APPROVED)
        ids = found(sent).filter(group=Group.PRICE_NEW).values_list("pk", flat=True)
        assert (act.by_name, act.group, act.differences) == ("cleo", "price_new", sorted(ids))

    def test_are_written_once(self) -> None:
        opened()
        act = ImportAct.objects.get()
        with pytest.raises(RewriteRefused):
            act.save()
        with pytest.raises(IntegrityError, match="never edited"), transaction.atomic():
            ImportAct.objects.update(by_name="someone")
        with pytest.raises(IntegrityError, match="never edited"), transaction.atomic():
            ImportAct.objects.all().delete()


class Recorded:
    """Stands for whoever holds encounters."""

    def __init__(self) -> None:
        self.asked: list[ProposedChange] = []
        self.again: list[int] = []

    def holds_any(self) -> bool:
        return True

    def let_go_of_the_first(self, changed: FormularyImport) -> FormularyImport:
        """What was asked when the file before `changed` was published."""
        self.asked.clear()
        self.again.clear()
        return changed

    def affected(self, change: ProposedChange, *, examples: int) -> Affected:
        self.asked.append(change)
        return Affected(open_ids=(7, 8), accepted_ids=(9,), dollars=Decimal("-12.5"))

    def code_again(self, *, encounter_ids: list[int], **who: object) -> None:
        self.again += encounter_ids


@pytest.fixture
def holder(monkeypatch: pytest.MonkeyPatch) -> Recorded:
    recorded = Recorded()
    monkeypatch.setattr(consequences, "_registered", [recorded])
    monkeypatch.setattr(consequences, "_coding_again", [recorded.code_again])
    return recorded


class TestAffectedEncounters:
    def test_are_asked_for_under_the_formulary_as_it_would_be(self, holder: Recorded) -> None:
        changed = holder.let_go_of_the_first(unit_changed())
        assert imports.count_affected(import_id=changed.pk, at=AT)
        change = holder.asked[0]
        assert change.on == date(2025, 10, 1)
        assert change.codes == {"J3373"}
        then, now = (
            change.proposed.meaning("J3373", date(2025, 10, 1)),
            change.proposed.meaning("J3373", date(2025, 9, 30)),
        )
        assert (then.per, now.per) == ("1 mg", "10 mg")
        changed.refresh_from_db()
        counted = dict(changed.affected)
        assert (counted["open"], counted["accepted"], counted["dollars"]) == (2, 1, "-12.5")

    def test_leave_out_what_is_withheld(self, holder: Recorded) -> None:
        changed = holder.let_go_of_the_first(unit_changed())
        imports.withhold(formulary_import=changed, by=personas.cleo(), at=AT, reason="wrong", group=Group.UNIT_SIZE)
        imports.count_affected(import_id=changed.pk, at=AT)
        assert holder.asked[0].proposed.meaning("J3373", date(2025, 10, 1)).per == "10 mg"

    def test_open_ones_are_coded_again_and_accepted_ones_are_not(self, holder: Recorded) -> None:
        changed = holder.let_go_of_the_first(unit_changed())
        imports.count_affected(import_id=changed.pk, at=AT)
        all_approved(changed)
        imports.publish(formulary_import=changed, by=personas.cleo(), at=AT)
        assert holder.again == [7, 8]

    def test_are_counted_before_it_is_published_and_never_by_who_publishes(self, holder: Recorded) -> None:
        changed = holder.let_go_of_the_first(unit_changed())
        all_approved(changed)
        with pytest.raises(imports.UnableToPublish, match="still being counted"):
            imports.publish(formulary_import=changed, by=personas.cleo(), at=AT)
        assert holder.asked == []
        imports.count_affected(import_id=changed.pk, at=AT)
        imports.publish(formulary_import=changed, by=personas.cleo(), at=AT)
        assert holder.again == [7, 8]

    def test_are_to_be_counted_anew_once_a_row_is_withheld_or_taken_back(self, holder: Recorded) -> None:
        changed = holder.let_go_of_the_first(unit_changed())
        (row,) = found(changed).filter(group=Group.UNIT_SIZE)
        act = {"formulary_import": changed, "by": personas.cleo(), "at": AT, "differences": [row.pk]}
        for decide in (imports.withhold, imports.approve):
            assert imports.count_affected(import_id=changed.pk, at=AT)
            assert decide(**act, reason="looked at").is_to_be_counted
            changed.refresh_from_db()
            assert changed.affected is None

    def test_are_not_stored_of_rows_that_were_withheld_meanwhile(self, holder: Recorded) -> None:
        changed = holder.let_go_of_the_first(unit_changed())

        def meanwhile(change: ProposedChange, *, examples: int) -> Affected:
            imports.withhold(formulary_import=changed, by=personas.cleo(), at=AT, reason="no", group=Group.UNIT_SIZE)
            return Affected(open_ids=(7,), accepted_ids=(), dollars=Decimal(0))

        holder.affected = meanwhile  # type: ignore[method-assign]
        assert not imports.count_affected(import_id=changed.pk, at=AT)
        changed.refresh_from_db()
        assert changed.affected is None

    def test_are_not_stored_of_an_earlier_comparison(self, holder: Recorded) -> None:
        changed = holder.let_go_of_the_first(unit_changed())

        def meanwhile(change: ProposedChange, *, examples: int) -> Affected:
            imports.compare_again(formulary_import=changed, by=personas.cleo(), at=AT)
            assert imports.read(import_id=changed.pk, at=AT)
            return Affected(open_ids=(7,), accepted_ids=(), dollars=Decimal(0))

        holder.affected = meanwhile  # type: ignore[method-assign]
        assert not imports.count_affected(import_id=changed.pk, at=AT)

    def test_are_found_again_where_nobody_came_to_count_them(self, holder: Recorded) -> None:
        changed = holder.let_go_of_the_first(unit_changed())
        assert imports.waiting_to_be_counted(at=AT + timedelta(minutes=9)) == []
        assert imports.waiting_to_be_counted(at=AT + timedelta(minutes=10)) == [changed.pk]
        assert imports.waiting_to_be_counted(at=AT + timedelta(minutes=11)) == []
        assert imports.count_affected(import_id=changed.pk, at=AT)
        assert imports.waiting_to_be_counted(at=AT + timedelta(hours=1)) == []

    def test_are_not_counted_where_nobody_holds_any(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(consequences, "_registered", [])
        assert not imports.count_affected(import_id=opened().pk, at=AT)
