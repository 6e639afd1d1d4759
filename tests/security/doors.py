"""Every door of the site: its address, its name, and one of everything behind it that an address can name."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver, reverse

from drugs.cms.files import FileKind
from drugs.models import Drug
from encounters import impact_studies
from encounters.models import Recoding, Review, RoutingRule, SampleAudit, Skill
from encounters.models.coding import CodingRun
from encounters.models.review import ReviewState
from tests import personas
from tests.drugs.formulary.imports.acts import AT as IMPORTED_AT
from tests.drugs.formulary.imports.acts import compared, published
from tests.encounters.sampling.accepted import accepted, drawn
from tests.encounters.views.desk import an_encounter_with_a_missing_stop
from tests.factories.cms import price_file
from tests.factories.encounters import DAY_AFTER, AddendumFactory, IntakeBatchFactory, IntakeRefusalFactory
from tests.factories.reviews import ClinicQueryFactory

PRICE = ("J3373", "Inj, vancomycin hcl, 10 mg", "10 MG", "0.061")
OTHER_PRICE = (*PRICE[:2], "1 MG", "0.007")


@dataclass(frozen=True, slots=True)
class Door:
    """An address pattern: its name with namespace, or its route where it has none, and the methods of an API door."""

    name: str
    route: str
    parameters: tuple[str, ...]
    actions: tuple[str, ...] = ()

    @property
    def is_of_admin(self) -> bool:
        """Whether it is a page of the administration, or one of the redirects that it adds."""
        return self.route.startswith("admin/")

    @property
    def methods(self) -> tuple[str, ...]:
        """The methods that are tried: those of an API door, GET and POST of a page."""
        return self.actions or ("get", "post")

    @property
    def is_of_api(self) -> bool:
        """Whether it belongs to the REST interface, which answers 401 and 403 and never redirects."""
        return self.route.startswith("api/v1/")


def doors() -> list[Door]:
    """Every pattern that leads to a view."""
    return _found(get_resolver(), "", "")


def _found(resolver: URLResolver, prefix: str, namespace: str) -> list[Door]:
    found: list[Door] = []
    for pattern in resolver.url_patterns:
        route = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            inner = f"{namespace}{pattern.namespace}:" if pattern.namespace else namespace
            found += _found(pattern, route, inner)
        elif isinstance(pattern, URLPattern):
            name = f"{namespace}{pattern.name}" if pattern.name else route
            actions = tuple(method for method in getattr(pattern.callback, "actions", {}) if method != "head")
            parameters = tuple(pattern.pattern.regex.groupindex)
            found.append(Door(name, route, parameters, actions))
    return found


@dataclass(frozen=True, slots=True)
class World:
    """One of everything: an encounter with a finding, its question, note and refusal, an import, a recoding."""

    review: Review
    numbers: dict[str, Any]

    def address(self, door: Door) -> str:
        """The door's address, with the parameters it takes filled in."""
        values = {name: self._value(door, name) for name in door.parameters}
        if door.name == door.route:
            return f"/{door.route.replace('<path:object_id>', '1').replace('(?P<url>.*)$', 'nothing')}"
        return reverse(door.name, kwargs=values)

    def _value(self, door: Door, parameter: str) -> object:
        if door.is_of_admin:
            return {"app_label": "encounters", "url": "nothing"}.get(parameter, 1)
        for key in (f"{door.name}.{parameter}", f"{door.name.partition(':')[0]}.{parameter}", parameter):
            if key in self.numbers:
                return self.numbers[key]
        message = f"{door.name} takes “{parameter}”: give it a value in tests/security/doors.py."
        raise KeyError(message)

    def stand(self, state: ReviewState) -> None:
        """The review stands in a state, as if somebody else than the one who tries had brought it there."""
        more: dict[ReviewState, dict[str, object]] = {
            ReviewState.PENDED: {"pend_reason": "clinic"},
            ReviewState.SECOND_REVIEW: {"second_review_from": personas.eve()},
            ReviewState.ACCEPTED: {
                "accepted_by": personas.eve(),
                "acceptances": 1,
                "accepted_at": DAY_AFTER,
                "accepted_run": self.review.run,
            },
        }
        Review.objects.filter(pk=self.review.pk).update(state=state, **more[state])


def world() -> World:
    """One of everything, made in the test's database."""
    review = an_encounter_with_a_missing_stop()
    given = review.encounter.administrations.get(external_id="a1")
    addendum = AddendumFactory.create(administration=given, author=personas.ana(), author_name="Ana")
    query = ClinicQueryFactory.create(
        review=review, administration=review.encounter.administrations.get(external_id="a2")
    )
    batch = IntakeBatchFactory.create()
    refusal = IntakeRefusalFactory.create(batch=batch, encounter=review.encounter)
    recoding = Recoding.objects.create(
        trigger=CodingRun.Trigger.INTAKE, reason="a name was mapped", requested_at=DAY_AFTER, requested_by_name="Pat"
    )
    published(price_file("2025Q3", PRICE), kind=FileKind.ASP_PRICING)
    sent = compared(
        price_file("2025Q4", OTHER_PRICE), kind=FileKind.ASP_PRICING, quarter="2025Q4", at=IMPORTED_AT + timedelta(1)
    )
    drug = Drug.objects.order_by("pk")[0]
    accepted(is_coded=True)
    sample = drawn(1)
    rule = RoutingRule.objects.create(skill=Skill.objects.create(name="hydration"), family="hydration")
    study = impact_studies.request(
        asked=impact_studies.Asked(name="as installed", identified_on=DAY_AFTER.date()),
        user=personas.finn(),
        at=DAY_AFTER,
    )
    return World(
        review,
        {
            "encounter_id": review.encounter_id,
            "line_key": review.run.lines.order_by("position")[0].key,
            "mode": "edit",
            "addendum_id": addendum.pk,
            "query_id": query.pk,
            "batch_id": batch.pk,
            "refusal_id": refusal.pk,
            "recoding_id": recoding.pk,
            "study_id": study.pk,
            "sample_id": sample.pk,
            "audit_id": SampleAudit.objects.get(item__sample=sample).pk,
            "rule": rule.pk,
            "skill": rule.skill_id,
            "person": personas.ana().pk,
            "row": 1,
            "position": 1,
            "run_id": review.run_id,
            "file_format": "csv",
            "drugs.pk": sent.pk,
            "drugs:detail.pk": drug.pk,
            "drugs-api.pk": sent.pk,
            "drugs-api:drug-detail.pk": drug.pk,
            "encounters-api:encounter-detail.pk": review.encounter_id,
            "encounters-api:run-detail.pk": review.run_id,
            "encounters-api:batch-detail.pk": batch.pk,
            "encounters-api:query-detail.pk": query.pk,
            "encounters-api:query-answer.pk": query.pk,
        },
    )
