"""Skills and rules: what Next hands to whom."""

import pytest
from django.contrib.auth.models import User
from django.core.exceptions import PermissionDenied

from encounters.models import AuditEvent, Review, RoutingRule, Skill
from encounters.review import claims, routing
from encounters.review.routing import UnableToRoute
from tests import personas
from tests.encounters.review.work import a_review
from tests.factories.encounters import DAY_AFTER, LocationFactory, PayerFactory

pytestmark = pytest.mark.django_db


def a_rule(review: Review, by: str = "payer") -> RoutingRule:
    """Encounters like the review need the skill “harbor”."""
    fits = {"payer": None, "location": None, "family": ""}
    fits[by] = review.families[0] if by == "family" else getattr(review, by)
    return routing.add_rule(skill="harbor", **fits, user=personas.ben(), at=DAY_AFTER)


def next_of(user: User) -> Review | None:
    return claims.claim_next(user=user, at=DAY_AFTER)


class TestNext:
    @pytest.mark.parametrize("by", ["payer", "location", "family"])
    def test_goes_to_whoever_has_the_skill(self, by: str) -> None:
        review = a_review()
        rule = a_rule(review, by)
        assert next_of(personas.ana()) is None
        routing.set_skill(skill=rule.skill, person=personas.ana(), has=True, user=personas.ben(), at=DAY_AFTER)
        assert next_of(personas.ana()) == review

    def test_of_others_is_not_touched_by_a_rule(self) -> None:
        a_rule(a_review())
        free = a_review()
        assert next_of(personas.ana()) == free
        assert next_of(personas.eve()) is None

    def test_must_fit_every_part_of_a_rule(self) -> None:
        review = a_review()
        routing.add_rule(
            skill="far", payer=review.payer, location=LocationFactory.create(), user=personas.ben(), at=DAY_AFTER
        )
        assert next_of(personas.ana()) == review

    def test_is_whoever_it_was_assigned_to_all_the_same(self) -> None:
        review = a_review()
        a_rule(review)
        claims.assign(review=review, to=personas.ana(), user=personas.ben(), at=DAY_AFTER)
        assert next_of(personas.ana()) == review

    def test_after_a_skipped_one_heeds_the_rules_too(self) -> None:
        first, second = a_review(), a_review()
        a_rule(second)
        claims.claim(review=first, user=personas.ana(), at=DAY_AFTER)
        assert claims.skip(review=first, user=personas.ana(), at=DAY_AFTER) is None

    def test_can_still_be_opened_by_hand(self) -> None:
        review = a_review()
        a_rule(review)
        assert claims.claim(review=review, user=personas.ana(), at=DAY_AFTER).claimed_by == personas.ana()


class TestRules:
    def test_are_recorded(self) -> None:
        rule = a_rule(a_review())
        routing.set_skill(skill=rule.skill, person=personas.ana(), has=True, user=personas.ben(), at=DAY_AFTER)
        routing.set_skill(skill=rule.skill, person=personas.ana(), has=True, user=personas.ben(), at=DAY_AFTER)
        routing.remove_rule(rule=rule, user=personas.ben(), at=DAY_AFTER)
        tags = AuditEvent.objects.filter(tag__regex="routing|skill").order_by("pk").values_list("tag", flat=True)
        assert list(tags) == ["review:routing:added", "review:skill:set", "review:routing:removed"]
        assert not Skill.objects.exists()

    def test_fit_something(self) -> None:
        with pytest.raises(UnableToRoute, match="routes nothing"):
            routing.add_rule(skill="all", payer=None, location=None, user=personas.ben(), at=DAY_AFTER)

    def test_name_their_skill(self) -> None:
        with pytest.raises(UnableToRoute, match="Name the skill"):
            routing.add_rule(skill=" ", payer=PayerFactory.create(), location=None, user=personas.ben(), at=DAY_AFTER)

    def test_are_there_once(self) -> None:
        review = a_review()
        a_rule(review)
        with pytest.raises(UnableToRoute, match="already"):
            a_rule(review)

    def test_are_made_by_leads(self) -> None:
        with pytest.raises(PermissionDenied):
            routing.add_rule(skill="x", payer=PayerFactory.create(), location=None, user=personas.ana(), at=DAY_AFTER)

    def test_give_skills_to_coders_only(self) -> None:
        skill = a_rule(a_review()).skill
        with pytest.raises(UnableToRoute, match="may not work"):
            routing.set_skill(skill=skill, person=personas.finn(), has=True, user=personas.ben(), at=DAY_AFTER)
