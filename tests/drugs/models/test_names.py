import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drugs.models.names import normalise, reduce_name


class TestNormalise:
    @settings(deadline=None)
    @given(st.text())
    def test_applied_twice_changes_nothing(self, text: str) -> None:
        once = normalise(text)
        assert normalise(once) == once

    @settings(deadline=None)
    @given(st.text())
    def test_does_not_mind_case_or_space_around(self, text: str) -> None:
        assert normalise(f"  {text}\u00a0") == normalise(text)

    @pytest.mark.parametrize(
        ("charted", "expected"),
        [
            ("  Keytruda® ", "keytruda"),
            ("IRON   SUCROSE", "iron sucrose"),
            ("bevacizumab\u00a0", "bevacizumab"),
            ("Ringer's, lactated", "ringer s lactated"),
            ("0.9% Sodium Chloride", "0.9% sodium chloride"),
            ("ampicillin/sulbactam", "ampicillin/sulbactam"),
            ("", ""),
            ("®", ""),
        ],
    )
    def test_changes_only_what_cannot_matter(self, charted: str, expected: str) -> None:
        assert normalise(charted) == expected

    def test_keeps_a_percentage(self) -> None:
        assert normalise("sodium chloride 0.9%") != normalise("sodium chloride 3%")


class TestReduceName:
    @settings(deadline=None)
    @given(st.text())
    def test_applied_twice_changes_nothing(self, text: str) -> None:
        once = reduce_name(text)
        assert reduce_name(once) == once

    @settings(deadline=None)
    @given(st.text())
    def test_leaves_something_of_every_name(self, text: str) -> None:
        assert bool(reduce_name(text)) == bool(normalise(text))

    @pytest.mark.parametrize(
        ("charted", "expected"),
        [
            ("vancomycin HCl 1,000 mg IVPB", "vancomycin"),
            ("ondansetron 4 mg/2 mL vial", "ondansetron"),
            ("dexamethasone sodium phosphate", "dexamethasone"),
            ("heparin sodium 5000 units/mL", "heparin"),
            ("0.9% Sodium Chloride 1000 mL bag", "0.9% sodium chloride"),
            ("dextrose 5%", "dextrose 5%"),
        ],
    )
    def test_drops_strength_form_and_salt(self, charted: str, expected: str) -> None:
        assert reduce_name(charted) == expected

    @pytest.mark.parametrize(
        ("one", "other"),
        [
            ("methylprednisolone acetate", "methylprednisolone sodium succinate"),
            ("pemetrexed ditromethamine", "pemetrexed disodium"),
            ("haloperidol decanoate", "haloperidol lactate"),
            ("sodium chloride 0.9%", "sodium chloride 0.45%"),
        ],
    )
    def test_keeps_apart_what_bills_apart(self, one: str, other: str) -> None:
        assert reduce_name(one) != reduce_name(other)
