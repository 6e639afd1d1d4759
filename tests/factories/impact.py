"""What a change would do, and what was paid too much."""

from datetime import timedelta
from decimal import Decimal

import factory

from encounters.models import (
    IdentifiedOverpayment,
    ImpactStudy,
    StudiedEncounter,
)
from tests.factories.encounters import DAY_AFTER, SERVICE_DATE, EncounterFactory
from tests.factories.users import UserFactory


class ImpactStudyFactory(factory.django.DjangoModelFactory[ImpactStudy]):
    """Overpayments under the rules as installed, not begun."""

    class Meta:
        model = ImpactStudy

    name = "As installed"
    proposed = "the rules as installed"
    rulebook_version = "0" * 64
    identified_date = SERVICE_DATE
    requested_by = factory.SubFactory(UserFactory)
    requested_by_name = "Pat"
    requested_at = DAY_AFTER


class StudiedEncounterFactory(factory.django.DjangoModelFactory[StudiedEncounter]):
    """A further hour would be gone."""

    class Meta:
        model = StudiedEncounter

    study = factory.SubFactory(ImpactStudyFactory)
    encounter = factory.SubFactory(EncounterFactory)
    position = factory.Sequence(lambda number: number + 1)
    is_accepted = False
    before = ["96365 × 1", "96366 × 1"]
    after = ["96365 × 1"]
    dollars_before = Decimal("265.15")
    dollars_after = Decimal("217.31")


class IdentifiedOverpaymentFactory(factory.django.DjangoModelFactory[IdentifiedOverpayment]):
    """A further hour was billed that the rules do not give."""

    class Meta:
        model = IdentifiedOverpayment

    study = factory.SubFactory(ImpactStudyFactory)
    encounter = factory.SubFactory(EncounterFactory)
    accepted_at = DAY_AFTER
    lines = [["96366", 1, 0]]
    dollars = Decimal("47.84")
    return_by = SERVICE_DATE + timedelta(days=60)
