"""Every address is declared, in `trail_of_routes`, with the event it leaves, or with the reason why it needs none.

A new address fails until it is declared, and a declared one fails when the event does not come: each is asked.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import Group, User
from django.db import models
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver
from rest_framework.authtoken.models import TokenProxy

from encounters import coding
from encounters.audit import Tag
from encounters.models import AuditEvent, Encounter, IntakeRefusal, Location, Payer
from encounters.recorded_admin import Recorded
from encounters.review import claims, preparation
from tests.factories.encounters import DAY_AFTER, DrugAdministrationFactory, IntakeRefusalFactory, PayerFactory
from tests.factories.users import UserFactory
from tests.infusion_coder.trail_of_routes import (
    FORMULARY,
    FORMULARY_PREFIXES,
    NO_PATIENT,
    REVIEW,
    ROUTES,
    Acts,
    Domain,
    Nothing,
    Shows,
)

pytestmark = pytest.mark.django_db


def routes(resolver: URLResolver, prefix: str = "") -> Iterator[tuple[str, URLPattern]]:
    for pattern in resolver.url_patterns:
        path = f"{prefix}{pattern.pattern}"
        if isinstance(pattern, URLResolver):
            yield from routes(pattern, path)
        else:
            yield path, pattern


def declared(path: str) -> Shows | Acts | Domain | Nothing | None:
    """What is declared of an address; pages of the administration are seen by their class below."""
    if path in ROUTES:
        return ROUTES[path]
    if path.startswith("admin/^(?P<app_label>"):
        return NO_PATIENT
    return FORMULARY if path.startswith(FORMULARY_PREFIXES) else None


def is_of_admin_model(path: str) -> bool:
    parts = path.split("/")
    labels = {(model._meta.app_label, model._meta.model_name) for model in admin.site._registry}
    return parts[0] == "admin" and tuple(parts[1:3]) in labels


class TestInventory:
    def test_knows_every_address(self) -> None:
        unknown = [
            path
            for path, _ in routes(get_resolver())
            if declared(path) is None and not (is_of_admin_model(path) and not path.startswith("admin/drugs/"))
        ]
        assert unknown == [], "declare what these leave in the trail, or why nothing"

    def test_names_no_address_that_is_gone(self) -> None:
        assert set(ROUTES) <= {path for path, _ in routes(get_resolver())}

    def test_every_page_of_the_administration_is_recorded_but_for_the_formulary(self) -> None:
        unrecorded = {
            model._meta.label
            for model, page in admin.site._registry.items()
            if not isinstance(page, Recorded) and model._meta.app_label != "drugs"
        }
        assert unrecorded == set()


@pytest.mark.parametrize("path", [path for path, entry in ROUTES.items() if isinstance(entry, Domain)])
def test_an_event_of_the_domain_is_written_there(path: str) -> None:
    entry = ROUTES[path]
    assert isinstance(entry, Domain)
    sources = (Path(__file__).parents[2] / "encounters").rglob("*.py")
    assert any(f"Tag.{entry.tag.name}" in source.read_text() for source in sources)


@dataclass(frozen=True)
class Place:
    """An encounter under review with a refused record, and whoever may do everything."""

    encounter: Encounter
    refusal: IntakeRefusal
    user: User
    client: Client

    def address(self, path: str) -> str:
        """The address with this place's own numbers."""
        run = self.encounter.runs.first()
        assert run is not None
        line = coding.result_of(run).lines[0].key
        pk = run.pk if "runs" in path else self.encounter.pk
        known = {
            "<int:encounter_id>": self.encounter.pk,
            "<str:line_key>": line,
            "<slug:mode>": "edit",
            "<int:batch_id>": self.refusal.batch_id,
            "<int:refusal_id>": self.refusal.pk,
            "<user>": self.user.pk,
            "<int:run_id>": run.pk,
            "(?P<pk>[^/.]+)": pk,
        }
        for word, value in known.items():
            path = path.replace(word, str(value))
        return "/" + path.replace("^", "").replace("$", "")

    def send(self, path: str, act: Acts) -> None:
        """The form of an act, with the version of the review as it is now."""
        for earlier in act.before:
            before = ROUTES[f"{REVIEW}{earlier}"]
            assert isinstance(before, Acts)
            self.send(f"{REVIEW}{earlier}", before)
        review = self.encounter.review
        review.refresh_from_db()
        if "return" in path:
            # Who asked may not answer.
            other = UserFactory.create(is_superuser=True, is_staff=True)
            self.client.force_login(other)
            self.client.get(self.address(REVIEW))
        data = {name: self.address(said)[1:] if isinstance(said, str) else said for name, said in act.data.items()}
        self.client.post(self.address(path), {"version": review.version, **data})


@pytest.fixture
def place(client: Client) -> Place:
    encounter = DrugAdministrationFactory.create(external_id="a1").encounter
    review = preparation.code(encounter_id=encounter.pk, at=DAY_AFTER)
    assert review is not None
    user = UserFactory.create(is_superuser=True, is_staff=True)
    user.set_password("pass")
    user.save()
    client.force_login(user)
    refusal = IntakeRefusalFactory.create(batch__actor=user)
    return Place(encounter, refusal, user, client)


def tags() -> set[str]:
    return set(AuditEvent.objects.values_list("tag", flat=True))


@pytest.mark.parametrize("path", [path for path, entry in ROUTES.items() if isinstance(entry, Shows)])
def test_a_visit_is_recorded(place: Place, path: str) -> None:
    entry = ROUTES[path]
    assert isinstance(entry, Shows)
    before = AuditEvent.objects.latest("pk").pk
    headers = {"HX-Request": "true"} if entry.is_part else {}
    assert place.client.get(place.address(path + entry.query), headers=headers).status_code == 200
    events = AuditEvent.objects.filter(pk__gt=before, tag=entry.tag, actor=place.user)
    assert events.exists()
    told: Any = events.latest("pk")
    assert told.encounter_id == place.encounter.pk or told.after


@pytest.mark.parametrize("path", [path for path, entry in ROUTES.items() if isinstance(entry, Acts)])
def test_an_act_is_recorded(place: Place, path: str) -> None:
    entry = ROUTES[path]
    assert isinstance(entry, Acts)
    review = place.encounter.review
    if path == "login/":
        place.client.logout()
    elif path != "review/next/" and path.startswith("review/"):
        claims.claim(review=review, user=place.user, at=DAY_AFTER)
        place.client.get(place.address(REVIEW))
    place.send(path, entry)
    assert entry.tag in tags()


ADMINISTERED: tuple[type[models.Model], ...] = tuple(
    model for model in admin.site._registry if model._meta.app_label != "drugs"
)


@pytest.mark.parametrize("model", ADMINISTERED, ids=lambda model: model._meta.label_lower)
def test_the_administration_records_what_is_seen(place: Place, model: type[models.Model]) -> None:
    address = f"/admin/{model._meta.app_label}/{model._meta.model_name}/"
    assert place.client.get(address).status_code == 200
    event = AuditEvent.objects.filter(tag=Tag.RECORDS_VIEWED, actor=place.user).latest("pk")
    assert event.object_repr == f"{model._meta.verbose_name} list"
    row = model._default_manager.first()
    if row is not None:
        assert place.client.get(f"{address}{row.pk}/change/").status_code == 200
        event = AuditEvent.objects.filter(tag=Tag.RECORDS_VIEWED, actor=place.user).latest("pk")
        assert event.object_repr == f"{model._meta.verbose_name} {row.pk}"


class TestAdministration:
    def test_records_a_policy_that_changes(self, place: Place) -> None:
        payer = PayerFactory.create(policy_layer="")
        form = place.client.get(f"/admin/encounters/payer/{payer.pk}/change/").context["adminform"].form
        said = {name: "" if value is None else value for name, value in form.initial.items()}
        place.client.post(f"/admin/encounters/payer/{payer.pk}/change/", said | {"policy_layer": "medicare"})
        event = AuditEvent.objects.get(tag=Tag.RECORD_CHANGED)
        assert (event.before, event.after) == ({"policy_layer": ""}, {"policy_layer": "medicare"})

    def test_records_permissions_that_change(self, place: Place) -> None:
        group = Group.objects.create(name="night shift")
        permission = Group.objects.get(name="auditor").permissions.get(codename="audit_reviews")
        place.client.post(f"/admin/auth/group/{group.pk}/change/", {"name": "nights", "permissions": [permission.pk]})
        event = AuditEvent.objects.get(tag=Tag.RECORD_CHANGED)
        assert event.before == {"name": "night shift", "permissions": []}
        assert event.after == {"name": "nights", "permissions": [str(permission)]}

    def test_records_a_deletion(self, place: Place) -> None:
        group = Group.objects.create(name="night shift")
        place.client.post(f"/admin/auth/group/{group.pk}/delete/", {"post": "yes"})
        assert AuditEvent.objects.get(tag=Tag.RECORD_DELETED).before == {"name": "night shift"}
        two = [Group.objects.create(name=name).pk for name in ("a", "b")]
        place.client.post(
            "/admin/auth/group/", {"action": "delete_selected", "_selected_action": two, "post": "yes", "index": 0}
        )
        assert AuditEvent.objects.filter(tag=Tag.RECORD_DELETED).count() == 3

    def test_keeps_no_password(self, place: Place) -> None:
        word = "a-long-new-word-1"
        said = {"username": "new", "password1": word, "password2": word, "usable_password": "true"}
        place.client.post("/admin/auth/user/add/", said)
        user = User.objects.get(username="new")
        place.client.post(f"/admin/auth/user/{user.pk}/password/", {"password1": word + "2", "password2": word + "2"})
        events = AuditEvent.objects.filter(tag__in=[Tag.RECORD_ADDED, Tag.RECORD_CHANGED]).order_by("pk")
        assert [event.tag for event in events] == [Tag.RECORD_ADDED, Tag.RECORD_CHANGED]
        assert all(word not in str(event.after) for event in events)

    def test_records_tokens_without_them(self, place: Place) -> None:
        place.client.post("/admin/authtoken/tokenproxy/add/", {"user": place.user.pk})
        token = TokenProxy.objects.get()
        assert token.key not in str(AuditEvent.objects.filter(tag=Tag.RECORD_ADDED).values_list("after", "object_repr"))

    def test_is_for_staff(self, client: Client) -> None:
        client.force_login(UserFactory.create())
        assert client.get("/admin/login/").status_code == 403
        client.logout()
        assert client.get("/admin/login/").url == "/login/?next=%2Fadmin%2F"


class TestSignIn:
    def test_is_recorded(self, client: Client) -> None:
        user = UserFactory.create(username="ana")
        user.set_password("pass")
        user.save()
        client.post("/login/", {"login": "ana", "password": "pass"})
        client.post("/logout/")
        events = AuditEvent.objects.order_by("pk")
        assert [(event.tag, event.actor) for event in events] == [(Tag.SIGNED_IN, user), (Tag.SIGNED_OUT, user)]

    def test_that_fails_names_who_was_meant_and_no_secret(self, client: Client) -> None:
        user = UserFactory.create(username="ana")
        for name in ("ana", "my-password", "a\0b"):
            client.post("/login/", {"login": name, "password": "wrong"})
        events = list(AuditEvent.objects.order_by("pk"))
        assert [event.actor for event in events] == [user, None, None]
        assert [event.actor_name for event in events][1:] == ["unknown", "unknown"]
        assert not any("my-password" in str(vars(event)) for event in events)

    def test_by_a_token_that_nobody_has_is_recorded(self, client: Client) -> None:
        assert client.get("/api/v1/encounters", headers={"Authorization": "Token nobody-has-this"}).status_code == 401
        event = AuditEvent.objects.get()
        assert (event.tag, event.after) == (Tag.SIGN_IN_FAILED, {"by": "token"})


def test_locations_and_payers_are_changed_in_the_administration_only() -> None:
    assert {Location, Payer} <= set(admin.site._registry)
