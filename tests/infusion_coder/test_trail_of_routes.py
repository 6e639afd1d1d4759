"""Every address is declared here with the event it leaves, or with the reason why it needs none.

A new address fails until it is declared, and a declared one fails when the event does not come: each is asked.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
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
from tests.factories import encounters as make
from tests.factories.encounters import DAY_AFTER
from tests.factories.users import UserFactory

pytestmark = pytest.mark.django_db


@dataclass(frozen=True)
class Shows:
    """A visit shows something of patients, or of the trail, and leaves this event."""

    tag: Tag
    query: str = ""
    is_part: bool = False


@dataclass(frozen=True)
class Acts:
    """A form that is sent leaves this event, besides what a visit of it shows."""

    tag: Tag
    data: dict[str, object] = field(default_factory=dict)
    before: tuple[str, ...] = ()
    """Acts, by the end of their address, that must have been done before."""


@dataclass(frozen=True)
class Nothing:
    """No event, because."""

    reason: str


@dataclass(frozen=True)
class Domain:
    """A form that needs more than this test lays out: its event is written by the domain, as the source shows."""

    tag: Tag


NO_PATIENT = Nothing("shows nothing of patients and changes nothing")
FORMULARY = Nothing("the formulary: no patient, and its rows are their own history")
DRUG_NAMES = Nothing("names and doses of drugs as charted, and counts: no patient, and no encounter is named")
REVIEW = "review/<int:encounter_id>/"
LINE = f"{REVIEW}lines/<str:line_key>/"
NOTE = {"note": "please look", "reason": "please look"}

ROUTES: dict[str, Shows | Acts | Domain | Nothing] = {
    "": Nothing("leads on to a page"),
    "login/": Acts(Tag.SIGN_IN_FAILED, {"login": "nobody", "password": "x"}),
    "login/second-factor/": Nothing("in tests/infusion_coder/sign_in: needs a sign-in that waits for its second step"),
    "logout/": Acts(Tag.SIGNED_OUT),
    "session/": NO_PATIENT,
    "account/closed/": NO_PATIENT,
    "account/confirm/": Nothing("in tests/infusion_coder/sign_in: a wrong word leaves an event"),
    "account/confirm/code/": Nothing("in tests/infusion_coder/sign_in: a wrong code leaves an event"),
    "account/password/": Acts(
        Tag.RECORD_CHANGED,
        {"old_password": "pass", "new_password1": "a-long-new-word-1", "new_password2": "a-long-new-word-1"},
    ),
    "account/second-factor/": NO_PATIENT,
    "account/second-factor/set-up/": Nothing("in tests/infusion_coder/sign_in: needs a code of the moment"),
    "account/second-factor/remove/": Nothing("in tests/infusion_coder/sign_in: needs a second factor"),
    "account/second-factor/recovery-codes/": NO_PATIENT,
    "account/second-factor/recovery-codes/new/": Nothing("in tests/infusion_coder/sign_in: needs a second factor"),
    "healthz": NO_PATIENT,
    "api/schema/": NO_PATIENT,
    "api/docs/": NO_PATIENT,
    "api/v1/^encounters$": Shows(Tag.ENCOUNTERS_LISTED),
    "api/v1/^encounters/(?P<pk>[^/.]+)$": Shows(Tag.ENCOUNTER_VIEWED),
    "api/v1/^runs$": Shows(Tag.ENCOUNTERS_LISTED),
    "api/v1/^runs/(?P<pk>[^/.]+)$": Shows(Tag.RUN_VIEWED),
    "api/v1/^lines$": Shows(Tag.ENCOUNTERS_LISTED),
    "api/v1/^batches$": Nothing("names of files and counts"),
    "api/v1/^batches/(?P<pk>[^/.]+)$": Nothing("the name of a file and counts"),
    "api/v1/^queries$": Domain(Tag.ENCOUNTERS_LISTED),
    "api/v1/^queries/(?P<pk>[^/.]+)$": Domain(Tag.ENCOUNTER_VIEWED),
    "api/v1/^queries/(?P<pk>[^/.]+)/answer$": Domain(Tag.QUERY_ANSWERED),
    "api/v1/drugs/^$": FORMULARY,
    "api/v1/drugs/^resolve/$": FORMULARY,
    "api/v1/drugs/^(?P<pk>\\d+)/$": FORMULARY,
    "api/v1/drugs/^prices/$": FORMULARY,
    "api/v1/drugs/^statuses/$": FORMULARY,
    "api/v1/^drugs/unmapped$": DRUG_NAMES,
    "api/v1/^drugs/unmapped/map$": Domain(Tag.RECODING_REQUESTED),
    "drugs/unmapped/": DRUG_NAMES,
    "drugs/unmapped/name/": DRUG_NAMES,
    "drugs/unmapped/map/": Domain(Tag.RECODING_REQUESTED),
    "drugs/unmapped/add/": Domain(Tag.RECODING_REQUESTED),
    "drugs/unmapped/recodings/<int:recoding_id>/": DRUG_NAMES,
    "review/": Shows(Tag.ENCOUNTERS_LISTED),
    "review/next/": Acts(Tag.ENCOUNTER_CLAIMED),
    "review/assign/": Acts(Tag.ENCOUNTER_ASSIGNED, {"encounter": "<int:encounter_id>", "to": "<user>"}),
    "review/together/": Shows(Tag.ENCOUNTERS_LISTED, "?of=<int:encounter_id>"),
    "review/narrow/": NO_PATIENT,
    "review/filters/": Nothing("somebody's own filter of the queue"),
    "review/filters/remove/": Nothing("somebody's own filter of the queue"),
    "review/claims/": Nothing("who is at work on which number; nothing of the patient"),
    "review/routing/": Nothing("rules, skills and counts of encounters; no patient"),
    "review/routing/add/": Acts(Tag.ROUTING_ADDED, {"skill": "infusions", "family": "therapeutic"}),
    "review/routing/remove/": Domain(Tag.ROUTING_REMOVED),
    "review/routing/skill/": Domain(Tag.SKILL_SET),
    "review/appearance/": NO_PATIENT,
    REVIEW: Shows(Tag.ENCOUNTER_VIEWED),
    f"{REVIEW}accept/": Acts(Tag.ENCOUNTER_ACCEPTED, {"reason": "the clinic confirmed it"}),
    f"{REVIEW}pend/": Acts(Tag.ENCOUNTER_PENDED, {"pend_reason": "clinic", "reason": "clinic"}),
    f"{REVIEW}second-review/": Acts(Tag.ENCOUNTER_SENT_TO_SECOND_REVIEW, NOTE),
    f"{REVIEW}return/": Acts(Tag.ENCOUNTER_RETURNED, NOTE, before=("second-review/",)),
    f"{REVIEW}wake/": Acts(Tag.ENCOUNTER_WOKEN, before=("pend/",)),
    f"{REVIEW}reopen/": Acts(Tag.ENCOUNTER_REOPENED, NOTE, before=("accept/",)),
    f"{REVIEW}skip/": Acts(Tag.ENCOUNTER_RELEASED),
    f"{REVIEW}undo/": Acts(Tag.LINE_UNDONE, before=("lines/<str:line_key>/accept/",)),
    f"{REVIEW}heartbeat/": Nothing("keeps a claim that stands in the trail already"),
    f"{REVIEW}release/": Acts(Tag.ENCOUNTER_RELEASED),
    f"{REVIEW}see/": Domain(Tag.ADMINISTRATION_SEEN),
    f"{REVIEW}codes/": Nothing("codes that fit what is typed; nothing of the patient"),
    f"{REVIEW}notes/": Domain(Tag.NOTE_WRITTEN),
    f"{REVIEW}what-if/": Shows(Tag.ENCOUNTER_VIEWED, "?of=a1&administration=a1"),
    f"{REVIEW}addenda/": Domain(Tag.ADDENDUM_ADDED),
    f"{REVIEW}addenda/<int:addendum_id>/withdraw/": Domain(Tag.ADDENDUM_WITHDRAWN),
    f"{REVIEW}compare/": Shows(Tag.ENCOUNTER_VIEWED),
    f"{REVIEW}ask/": Shows(Tag.ENCOUNTER_VIEWED, "?administration=a1&kind=stop_time"),
    f"{REVIEW}ask/send/": Domain(Tag.QUERY_ASKED),
    "queries/": Domain(Tag.ENCOUNTERS_LISTED),
    "queries/<int:query_id>/": Domain(Tag.QUERY_ANSWERED),
    "queries/<int:query_id>/withdraw/": Domain(Tag.QUERY_WITHDRAWN),
    f"{LINE}why/": Shows(Tag.ENCOUNTER_VIEWED, is_part=True),
    f"{REVIEW}add-line/": Acts(
        Tag.LINE_ADDED,
        {
            "code": "96375",
            "units": 1,
            "modifiers": "",
            "reason_code": "suggestion",
            "reason": "",
            "administrations": "a1",
        },
    ),
    LINE: Shows(Tag.ENCOUNTER_VIEWED),
    f"{LINE}accept/": Acts(Tag.LINE_ACCEPTED),
    f"{LINE}<slug:mode>/": Acts(
        Tag.LINE_OVERRIDDEN, {"code": "96374", "units": 1, "modifiers": "", "reason_code": "suggestion", "reason": ""}
    ),
    "history/<int:encounter_id>/": Shows(Tag.HISTORY_VIEWED),
    "intake/": Nothing("names of files and counts; a file that is sent leaves an event of each batch and encounter"),
    "intake/<int:batch_id>/": Shows(Tag.REFUSALS_VIEWED),
    "intake/template.<slug:file_format>": NO_PATIENT,
    "intake/refusals/<int:refusal_id>/settle/": Acts(Tag.REFUSAL_SETTLED, {"reason": "charted twice"}),
    "audit/trail/": Shows(Tag.TRAIL_VIEWED, "?encounter=<int:encounter_id>"),
    "audit/trail/export.csv": Shows(Tag.TRAIL_EXPORTED, "?encounter=<int:encounter_id>"),
    "audit/trail/sign-off/": Acts(Tag.TRAIL_SIGNED_OFF, {"last_event": 2**40, "note": "read"}),
    "audit/replay/<int:run_id>/": Shows(Tag.RUN_REPLAYED),
    "guide/": NO_PATIENT,
    "help/": NO_PATIENT,
    "keys/": NO_PATIENT,
    "keys/change/": Nothing("somebody's own keys"),
    "keys/switch/": Nothing("somebody's own keys"),
    "keys/reset/": Nothing("somebody's own keys"),
    "palette/": Acts(Tag.ENCOUNTERS_LISTED, {"q": "cefazolin"}),
    "review/search/": Nothing("leads to the queue, which is a visit of its own"),
    "impact/": Domain(Tag.IMPACT_REQUESTED),
    "impact/overpayments/": Shows(Tag.IMPACT_VIEWED),
    "impact/<int:study_id>/": Domain(Tag.IMPACT_VIEWED),
    "impact/<int:study_id>/progress/": Nothing("a number of encounters"),
    "reports/": Nothing("sums; nobody's encounter is named"),
    "reports/export.csv": Domain(Tag.REPORT_EXPORTED),
    "audit/dossier/<int:encounter_id>/": Shows(Tag.DOSSIER_EXPORTED),
    "audit/samples/": Nothing("names of samples and counts"),
    "audit/samples/new/": Domain(Tag.SAMPLE_DRAWN),
    "audit/samples/<int:sample_id>/": Domain(Tag.SAMPLE_VIEWED),
    "audit/samples/<int:sample_id>/export.zip": Domain(Tag.SAMPLE_EXPORTED),
    "audit/samples/<int:sample_id>/next/": Nothing("leads on to an encounter of a sample"),
    "audit/samples/<int:sample_id>/<int:position>/": Domain(Tag.ITEM_VIEWED),
    "audit/rulings/<int:audit_id>/<int:row>/": Domain(Tag.ITEM_RULED),
    "audit/seeding/": Domain(Tag.SEEDING_SET),
    "audit/answers/": Domain(Tag.ENCOUNTERS_LISTED),
    "rules/": NO_PATIENT,
    "rules/conformance/": NO_PATIENT,
    "admin/": NO_PATIENT,
    "admin/login/": Nothing("leads on to the sign-in"),
    "admin/logout/": Acts(Tag.SIGNED_OUT),
    "admin/password_change/": Acts(
        Tag.RECORD_CHANGED,
        {"old_password": "pass", "new_password1": "a-long-new-word-1", "new_password2": "a-long-new-word-1"},
    ),
    "admin/password_change/done/": NO_PATIENT,
    "admin/autocomplete/": Nothing("no admin of ours asks for completion: every request is refused"),
    "admin/jsi18n/": NO_PATIENT,
    "admin/r/<path:content_type_id>/<path:object_id>/": Nothing("leads on; no model of ours has an address"),
    "admin/(?P<url>.*)$": Nothing("says that there is no such page"),
}
# Addresses of the formulary, all of them: no patient is known there.
FORMULARY_PREFIXES = ("drugs/", "admin/drugs/", "api/v1/drugs/^imports/")


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
    encounter = make.DrugAdministrationFactory.create(external_id="a1").encounter
    review = preparation.code(encounter_id=encounter.pk, at=DAY_AFTER)
    assert review is not None
    user = UserFactory.create(is_superuser=True, is_staff=True)
    user.set_password("pass")
    user.save()
    client.force_login(user)
    refusal = make.IntakeRefusalFactory.create(batch__actor=user)
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
        payer = make.PayerFactory.create(policy_layer="")
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
