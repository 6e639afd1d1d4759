"""By what encounters lead into the formulary, kept with each coding run, so that a change of it finds them again."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from drugs.models.names import normalise, reduce_name
from drugs.models.package import parse_ndc
from drugs.selectors import Charted, Resolution
from encounters.addenda import Statement
from encounters.models import DrugReferences, Encounter, UnresolvedDrug
from encounters.models.references import Unresolved

LONGEST_NAME = 200
LONGEST_NDC = 16
LONGEST_CODE = 5


@dataclass(frozen=True, slots=True)
class Asked:
    """What the formulary was asked of one administration, and what it answered."""

    administration_id: int
    given: Statement
    charted: Charted
    resolution: Resolution

    @property
    def is_unresolved(self) -> bool:
        """Whether nobody knows the drug: neither the formulary of now nor that of the day it came."""
        return self.resolution.drug is None and (self.given.drug is None or self.given.is_drug_restated)


def store(
    *,
    encounter: Encounter,
    asked: Sequence[Asked],
    ordered: Iterable[Charted],
    ambiguous: Mapping[str, Sequence[str]],
) -> None:
    """The encounter's rows are those of this reading; the caller's transaction carries it.

    `ambiguous`: the codes among which the engine could not choose, by the administration's external id.
    """
    questions = [*(one.charted for one in asked), *ordered]
    dates = [encounter.date_of_service, *(question.on for question in questions)]
    DrugReferences.objects.update_or_create(
        encounter=encounter,
        defaults={
            "first_date": min(dates),
            "last_date": max(dates),
            "names": sorted({name for question in questions for name in comparable_names(question.name)}),
            "ndcs": sorted({ndc for question in questions if question.ndc and (ndc := parse_ndc(question.ndc))}),
            "codes": sorted({question.hcpcs.strip().upper()[:10] for question in questions if question.hcpcs}),
            "drug_ids": sorted({one.given.drug.pk for one in asked if one.given.drug}),
        },
    )
    UnresolvedDrug.objects.filter(encounter=encounter).delete()
    UnresolvedDrug.objects.bulk_create(_unresolved(encounter, asked, ambiguous))


def comparable_names(name: str | None) -> set[str]:
    """The forms under which the formulary looks a charted name up."""
    if not name:
        return set()
    return {form[:LONGEST_NAME] for form in (normalise(name), reduce_name(name)) if form}


def _unresolved(
    encounter: Encounter, asked: Sequence[Asked], ambiguous: Mapping[str, Sequence[str]]
) -> Iterator[UnresolvedDrug]:
    for one in asked:
        given, codes = one.given, ambiguous.get(one.given.external_id, ())
        if not one.is_unresolved and not codes:
            continue
        said = one.resolution.unresolved
        name = given.drug_name or given.ndc or given.hcpcs
        yield UnresolvedDrug(
            administration_id=one.administration_id,
            encounter=encounter,
            why=Unresolved(said.value) if said and one.is_unresolved else Unresolved.SEVERAL_CODES,
            name=(normalise(name) or name)[:LONGEST_NAME],
            charted_name=name[:LONGEST_NAME],
            ndc=given.ndc[:LONGEST_NDC],
            hcpcs=given.hcpcs[:LONGEST_CODE],
            route=given.route,
            dose_amount=given.dose_amount,
            dose_unit=given.dose_unit[:12],
            date_of_service=encounter.date_of_service,
            drug=None if one.is_unresolved else one.resolution.drug or given.drug,
            codes=list(codes),
        )
