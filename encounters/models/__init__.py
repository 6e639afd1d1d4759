"""The chart, what was coded from it, and what people decided: one table a class, one subject a file."""

from encounters.models.administration import (
    Addendum,
    AdministrationPause,
    Container,
    DrugAdministration,
)
from encounters.models.audit import AuditEvent, AuditPurge, AuditSeal
from encounters.models.coding import CodedLine, CodingRun, RunFinding
from encounters.models.encounter import Diagnosis, Encounter, Order, VascularAccess
from encounters.models.impact import IdentifiedOverpayment, ImpactStudy, StudiedEncounter
from encounters.models.intake import IntakeBatch, IntakeRefusal
from encounters.models.keys import KeyPreference
from encounters.models.note import Note
from encounters.models.patient import Location, Patient, Payer
from encounters.models.query import ClinicQuery
from encounters.models.queue import SavedFilter
from encounters.models.recoding import Recoding, RecodingItem
from encounters.models.references import DrugReferences, UnresolvedDrug
from encounters.models.review import AcceptedTally, FinalLine, LineDecision, Review
from encounters.models.routing import RoutingRule, Skill
from encounters.models.rulebook import RulebookFile, RulebookVersion
from encounters.models.sampling import AuditedLine, Sample, SampleAudit, SampleItem, SampleLock, SampleRuling
from encounters.models.seeding import SeededRun, SeedingPolicy, SeedOutcome
from encounters.models.sight import Sight
from encounters.models.site import SiteAssignment

__all__ = [
    "AcceptedTally",
    "Addendum",
    "AdministrationPause",
    "AuditEvent",
    "AuditPurge",
    "AuditSeal",
    "AuditedLine",
    "ClinicQuery",
    "CodedLine",
    "CodingRun",
    "Container",
    "Diagnosis",
    "DrugAdministration",
    "DrugReferences",
    "Encounter",
    "FinalLine",
    "IdentifiedOverpayment",
    "ImpactStudy",
    "IntakeBatch",
    "IntakeRefusal",
    "KeyPreference",
    "LineDecision",
    "Location",
    "Note",
    "Order",
    "Patient",
    "Payer",
    "Recoding",
    "RecodingItem",
    "Review",
    "RoutingRule",
    "RulebookFile",
    "RulebookVersion",
    "RunFinding",
    "Sample",
    "SampleAudit",
    "SampleItem",
    "SampleLock",
    "SampleRuling",
    "SavedFilter",
    "SeedOutcome",
    "SeededRun",
    "SeedingPolicy",
    "Sight",
    "SiteAssignment",
    "Skill",
    "StudiedEncounter",
    "UnresolvedDrug",
    "VascularAccess",
]
