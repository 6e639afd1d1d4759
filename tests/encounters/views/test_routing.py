"""Routing for leads: rules, skills, and what they bring each person."""

import pytest
from django.contrib.auth.models import User
from django.test import Client
from pytest_django import DjangoAssertNumQueries

from encounters.models import RoutingRule, Skill
from encounters.review import routing
from tests import personas
from tests.encounters.views.desk import Person, a_clean_encounter, signed_in
from tests.factories.encounters import DAY_AFTER

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("the_day_after")]

ROUTING = "/review/routing/"


@pytest.fixture
def lead() -> Client:
    return signed_in(personas.ben())


def a_skill(*holders: User) -> Skill:
    rule = routing.add_rule(
        skill="infusions", payer=None, location=None, family="therapeutic", user=personas.ben(), at=DAY_AFTER
    )
    for person in holders:
        routing.set_skill(skill=rule.skill, person=person, has=True, user=personas.ben(), at=DAY_AFTER)
    return rule.skill


class TestIndex:
    @pytest.mark.parametrize("person", [personas.ana, *personas.WHO_DO_NOT_CODE])
    def test_is_for_leads(self, person: Person) -> None:
        assert signed_in(person()).get(ROUTING).status_code == 403

    def test_says_who_gets_what(self, lead: Client) -> None:
        ana, eve = personas.ana(), personas.eve()
        a_clean_encounter()
        a_skill(ana)
        found = lead.get(ROUTING).context["routing"]
        assert [each.waiting for each in found.rules] == [1]
        assert (found.waiting, found.out_of_reach) == (1, 0)
        of = {each.person: each.within_reach for each in found.people}
        assert (of[ana], of[eve]) == (1, 0)

    def test_warns_of_what_nobody_is_handed(self, lead: Client) -> None:
        a_clean_encounter()
        a_skill()
        assert "needs a skill that nobody has" in lead.get(ROUTING).text

    def test_is_named_to_leads_only(self, lead: Client) -> None:
        assert f'href="{ROUTING}"' in lead.get("/review/").text
        assert f'href="{ROUTING}"' not in signed_in().get("/review/").text

    def test_asks_nothing_per_person(self, lead: Client, django_assert_num_queries: DjangoAssertNumQueries) -> None:
        a_skill(personas.ana(), personas.eve())
        with django_assert_num_queries(9):
            lead.get(ROUTING)


class TestActs:
    def test_add_and_remove_a_rule(self, lead: Client) -> None:
        review = a_clean_encounter()
        data = {"payer": review.payer_id, "site": review.location_id, "family": "therapeutic", "skill": "harbor"}
        page = lead.post(f"{ROUTING}add/", data, follow=True)
        assert "whoever has “harbor”" in page.text
        rule = RoutingRule.objects.get()
        assert (rule.payer_id, rule.location_id, rule.family) == (review.payer_id, review.location_id, "therapeutic")
        assert "holds no more" in lead.post(f"{ROUTING}remove/", {"rule": rule.pk}, follow=True).text
        assert not RoutingRule.objects.exists()

    def test_say_why_they_were_refused(self, lead: Client) -> None:
        assert "routes nothing" in lead.post(f"{ROUTING}add/", {"skill": "all"}, follow=True).text

    def test_give_and_take_a_skill(self, lead: Client) -> None:
        skill, ana = a_skill(), personas.ana()
        for has in ("yes", "no"):
            lead.post(f"{ROUTING}skill/", {"skill": skill.pk, "person": ana.pk, "has": has})
            assert skill.people.filter(pk=ana.pk).exists() == (has == "yes")

    @pytest.mark.parametrize(
        ("act", "data"),
        [("remove", {"rule": "x"}), ("remove", {"rule": "9"}), ("add", {"skill": "a", "family": "none"})],
    )
    def test_of_what_is_not_there_are_not_found(self, lead: Client, act: str, data: dict[str, str]) -> None:
        assert lead.post(f"{ROUTING}{act}/", data).status_code == 404

    @pytest.mark.parametrize("act", ["add", "skill", "remove"])
    def test_are_for_leads(self, act: str) -> None:
        skill = a_skill()
        data = {"skill": skill.pk, "person": personas.ana().pk, "has": "yes", "rule": RoutingRule.objects.get().pk}
        data["family"] = "chemo"
        assert signed_in().post(f"{ROUTING}{act}/", data).status_code == 403
