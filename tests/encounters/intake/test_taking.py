"""Intake as its senders see it: what comes in, what is refused, what a second sending does."""

from encounters.models import Encounter

HEADER = "encounter_id,mrn,location,administration_id,drug,route,technique,start,stop\n"


class TestTakeIn:
    def test_keeps_an_encounter_with_its_administrations(self, take):
        batch = take(HEADER + "E1,M1,north,a1,cefazolin,IV,infusion,2026-01-15T10:00,2026-01-15T11:00\n")
        assert (batch.encounters_new, batch.administrations_kept, batch.refused) == (1, 1, 0), list(batch.refusals.values())
        assert Encounter.objects.get().administrations.get().drug_name == "cefazolin"

    def test_changes_nothing_the_second_time(self, take):
        text = HEADER + "E1,M1,north,a1,cefazolin,IV,infusion,2026-01-15T10:00,2026-01-15T11:00\n"
        take(text)
        batch = take(text)
        assert (batch.encounters_new, batch.encounters_changed, batch.encounters_unchanged) == (0, 0, 1)
