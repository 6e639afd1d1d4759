"""The chart and what brought it. Times are those of Thursday, 15 January 2026, at a clinic in New York."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import factory

from encounters.models import (
    Addendum,
    AdministrationPause,
    Container,
    Diagnosis,
    DrugAdministration,
    Encounter,
    IntakeBatch,
    IntakeRefusal,
    Location,
    Order,
    Patient,
    Payer,
    VascularAccess,
)
from tests.factories.users import UserFactory

SERVICE_DATE = date(2026, 1, 15)
MORNING = datetime(2026, 1, 15, 15, 0, tzinfo=UTC)
"""10:00 on the clinic's clock."""
DAY_AFTER = MORNING + timedelta(days=1)


class PatientFactory(factory.django.DjangoModelFactory[Patient]):
    """A made-up person."""

    class Meta:
        model = Patient

    mrn = factory.Sequence(lambda n: f"MRN{n:06}")
    family_name = "Example"
    given_name = "Robin"
    created_at = MORNING


class PayerFactory(factory.django.DjangoModelFactory[Payer]):
    """A payer without a policy of its own."""

    class Meta:
        model = Payer

    code = factory.Sequence(lambda n: f"payer-{n}")
    name = factory.Sequence(lambda n: f"Payer {n}")


class LocationFactory(factory.django.DjangoModelFactory[Location]):
    """A hospital's infusion centre."""

    class Meta:
        model = Location

    code = factory.Sequence(lambda n: f"location-{n}")
    name = factory.Sequence(lambda n: f"Infusion centre {n}")
    setting = "facility"
    place_of_service = "22"


class EncounterFactory(factory.django.DjangoModelFactory[Encounter]):
    """An encounter that waits to be coded, with nothing charted yet."""

    class Meta:
        model = Encounter

    patient = factory.SubFactory(PatientFactory)
    location = factory.SubFactory(LocationFactory)
    payer = factory.SubFactory(PayerFactory)
    source = "test"
    external_id = factory.Sequence(lambda n: f"ACC{n:06}")
    setting = "facility"
    place_of_service = "22"
    date_of_service = SERVICE_DATE
    time_zone = "America/New_York"
    received_at = MORNING + timedelta(hours=8)


class DiagnosisFactory(factory.django.DjangoModelFactory[Diagnosis]):
    """The first diagnosis."""

    class Meta:
        model = Diagnosis

    encounter = factory.SubFactory(EncounterFactory)
    position = 1
    code = "D50.9"


class OrderFactory(factory.django.DjangoModelFactory[Order]):
    """An order for what DrugAdministrationFactory gives."""

    class Meta:
        model = Order

    encounter = factory.SubFactory(EncounterFactory)
    reference = factory.Sequence(lambda n: f"order-{n}")
    drug_name = "cefazolin"


class VascularAccessFactory(factory.django.DjangoModelFactory[VascularAccess]):
    """The first access."""

    class Meta:
        model = VascularAccess

    encounter = factory.SubFactory(EncounterFactory)
    label = "A"


class DrugAdministrationFactory(factory.django.DjangoModelFactory[DrugAdministration]):
    """An IV infusion of an hour, of a drug that the formulary does not know and the chart calls therapeutic."""

    class Meta:
        model = DrugAdministration

    encounter = factory.SubFactory(EncounterFactory)
    external_id = factory.Sequence(lambda n: f"adm-{n}")
    position = factory.Sequence(lambda n: n)
    drug_name = "Cefazolin"
    kind = "therapeutic"
    route = "IV"
    technique = "infusion"
    started_at = MORNING
    stopped_at = MORNING + timedelta(minutes=60)
    dose_amount = Decimal(1000)
    dose_unit = "mg"


class AdministrationPauseFactory(factory.django.DjangoModelFactory[AdministrationPause]):
    """Ten minutes in which nothing ran."""

    class Meta:
        model = AdministrationPause

    administration = factory.SubFactory(DrugAdministrationFactory)
    started_at = MORNING + timedelta(minutes=20)
    stopped_at = MORNING + timedelta(minutes=30)


class ContainerFactory(factory.django.DjangoModelFactory[Container]):
    """One single-dose vial."""

    class Meta:
        model = Container

    administration = factory.SubFactory(DrugAdministrationFactory)
    size_amount = Decimal(1000)
    size_unit = "mg"
    is_single_dose = True


class AddendumFactory(factory.django.DjangoModelFactory[Addendum]):
    """The infusion stopped half an hour later than charted."""

    class Meta:
        model = Addendum

    administration = factory.SubFactory(DrugAdministrationFactory)
    encounter = factory.SelfAttribute("administration.encounter")
    changes = factory.LazyFunction(lambda: {"stopped_at": (MORNING + timedelta(minutes=90)).isoformat()})
    reason = "read off the pump"
    author = factory.SubFactory(UserFactory)
    author_name = "Pat"
    at = MORNING + timedelta(hours=3)


class IntakeBatchFactory(factory.django.DjangoModelFactory[IntakeBatch]):
    """A file."""

    class Meta:
        model = IntakeBatch

    source = "test"
    file_name = "week.csv"
    sha256 = "0" * 64
    received_at = MORNING


class IntakeRefusalFactory(factory.django.DjangoModelFactory[IntakeRefusal]):
    """A record that nobody has settled."""

    class Meta:
        model = IntakeRefusal

    batch = factory.SubFactory(IntakeBatchFactory)
    encounter = factory.SubFactory(EncounterFactory)
    line = 7
    reason = "the stop lies before the start"
