"""Signing in by page: password, lockout, second factor, the facility's own sign-in."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from allauth.account.internal.flows.login import AUTHENTICATION_METHODS_SESSION_KEY
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, hotp_value, yield_hotp_counters_from_time
from django.conf import settings
from django.contrib.auth.models import User
from django.test import Client, override_settings

from encounters.audit import Tag
from encounters.models import AuditEvent
from infusion_coder.sign_in import timeout
from tests.infusion_coder.sign_in.conftest import PASSWORD, Provider

Person = Callable[..., User]
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"


def sign_in(client: Client, name: str = "ana", password: str = PASSWORD, **more: str) -> Any:
    return client.post("/login/", {"login": name, "password": password, **more})


def code(secret: str = SECRET) -> str:
    counters = list(yield_hotp_counters_from_time())
    return format_hotp_value(hotp_value(secret, counters[len(counters) // 2]))


def with_second_factor(user: User) -> User:
    TOTP.activate(user, SECRET)
    return user


def who(client: Client) -> str | None:
    return client.session.get("_auth_user_id")


def tags() -> list[tuple[str, object]]:
    return [(event.tag, (event.after or {}).get("by")) for event in AuditEvent.objects.order_by("pk")]


class TestPassword:
    def test_leads_to_the_page_that_was_asked_for(self, client: Client, person: Person) -> None:
        user = person("ana", "coder")
        answer = sign_in(client, next="/review/?tab=mine")
        assert (answer.status_code, answer["Location"]) == (302, "/review/?tab=mine")
        assert who(client) == str(user.pk)
        assert tags() == [(Tag.SIGNED_IN, None)]

    def test_leads_to_no_other_site(self, client: Client, person: Person) -> None:
        person("ana", "coder")
        assert sign_in(client, next="https://elsewhere.example/")["Location"] == "/"

    def test_that_is_wrong_tells_nobody_which_names_exist(self, client: Client, person: Person) -> None:
        person("ana")
        pages = [sign_in(client, name, "wrong").text.replace(name, "") for name in ("ana", "nobody")]
        # But for the token against forged requests the pages are the same.
        without_token = [page.split("csrfmiddlewaretoken")[0] for page in pages]
        assert without_token[0] == without_token[1]
        assert "Name and password do not match" in pages[0]

    def test_makes_the_session_anew(self, client: Client, person: Person) -> None:
        person("ana", "coder")
        client.get("/login/")
        client.session["x"] = 1
        client.session.save()
        before = client.session.session_key
        sign_in(client)
        assert client.session.session_key != before

    def test_of_a_closed_account_is_refused(self, client: Client, person: Person) -> None:
        user = person("ana")
        user.is_active = False
        user.save()
        sign_in(client)
        assert who(client) is None

    def test_is_hashed_by_argon2_in_a_deployment(self) -> None:
        from infusion_coder.settings import PASSWORD_HASHERS

        assert PASSWORD_HASHERS[0].endswith("Argon2PasswordHasher")

    def test_is_changed_by_its_owner_and_ends_other_sessions(self, client: Client, person: Person) -> None:
        person("ana", "coder")
        other = Client()
        sign_in(client)
        sign_in(other)
        new = {"new_password1": "another long word", "new_password2": "another long word"}
        assert client.post("/account/password/", {"old_password": PASSWORD, **new}).status_code == 302
        assert client.get("/review/").status_code == 200
        assert other.get("/review/").status_code == 302

    @pytest.mark.parametrize("weak", ["short", "password1234", "ana-ana-ana-ana"], ids=["short", "common", "alike"])
    def test_that_is_weak_is_refused(self, client: Client, person: Person, weak: str) -> None:
        user = person("ana-ana-ana")
        sign_in(client, "ana-ana-ana")
        client.post("/account/password/", {"old_password": PASSWORD, "new_password1": weak, "new_password2": weak})
        user.refresh_from_db()
        assert user.check_password(PASSWORD)


class TestLockout:
    def test_shuts_a_name_after_five_wrong_words_even_for_the_right_one(self, client: Client, person: Person) -> None:
        person("ana", "coder")
        for _ in range(5):
            sign_in(client, password="wrong")
        answer = sign_in(client)
        assert "Too many attempts" in answer.text
        assert who(client) is None
        assert tags()[-1] == (Tag.SIGN_IN_FAILED, "locked out")

    def test_leaves_others_alone(self, client: Client, person: Person) -> None:
        person("ana")
        ben = person("ben", "lead")
        for _ in range(6):
            sign_in(client, password="wrong")
        sign_in(client, "ben")
        assert who(client) == str(ben.pk)

    def test_counts_wrong_codes_too(self, client: Client, person: Person) -> None:
        with_second_factor(person("ana", "coder"))
        sign_in(client)
        for _ in range(6):
            client.post("/login/second-factor/", {"code": "000000"})
        answer = client.post("/login/second-factor/", {"code": code()})
        assert answer.status_code == 200
        assert who(client) is None


class TestSecondFactor:
    def test_is_asked_for_before_anybody_is_in(self, client: Client, person: Person) -> None:
        user = with_second_factor(person("ana", "coder"))
        assert sign_in(client, next="/review/?tab=mine")["Location"].startswith("/login/second-factor/")
        assert client.get("/review/").status_code == 302
        assert client.post("/login/second-factor/", {"code": "000000"}).status_code == 200
        assert client.post("/login/second-factor/", {"code": code()})["Location"] == "/review/?tab=mine"
        assert who(client) == str(user.pk)
        assert tags() == [(Tag.SIGN_IN_FAILED, "second factor"), (Tag.SIGNED_IN, None)]

    def test_a_code_counts_once(self, client: Client, person: Person) -> None:
        with_second_factor(person("ana", "coder"))
        used = code()
        sign_in(client)
        client.post("/login/second-factor/", {"code": used})
        other = Client()
        sign_in(other)
        other.post("/login/second-factor/", {"code": used})
        assert who(other) is None

    def test_may_be_a_recovery_code_once(self, client: Client, person: Person) -> None:
        user = with_second_factor(person("ana", "coder"))
        one = RecoveryCodes.activate(user).get_unused_codes()[0]
        for _ in range(2):
            client.logout()
            sign_in(client)
            client.post("/login/second-factor/", {"code": one})
        assert who(client) is None

    def test_lies_encrypted(self, person: Person) -> None:
        with_second_factor(person("ana"))
        assert SECRET not in str(Authenticator.objects.get().data)

    @override_settings(SECOND_FACTOR_ROLES=["lead"])
    def test_is_owed_by_the_roles_of_the_setting(
        self,
        client: Client,
        person: Person,
        django_capture_on_commit_callbacks: Callable[..., Any],
    ) -> None:
        person("ben", "lead")
        sign_in(client, "ben")
        assert client.get("/review/")["Location"] == "/account/second-factor/set-up/"
        assert client.get("/api/v1/encounters").status_code == 403
        # To set it up the password is asked for once more.
        confirm = client.get("/account/second-factor/set-up/")["Location"]
        assert confirm.startswith("/account/confirm/")
        client.post(confirm, {"password": PASSWORD, "next": "/account/second-factor/set-up/"})
        page = client.get("/account/second-factor/set-up/")
        secret = page.context["form"].secret
        assert secret in page.text
        with django_capture_on_commit_callbacks(execute=True):
            set_up = client.post("/account/second-factor/set-up/", {"code": code(secret)})
        assert set_up["Location"] == "/account/second-factor/recovery-codes/"
        assert len(client.get(set_up["Location"]).context["unused_codes"]) == 10
        assert client.get("/review/").status_code == 200

    @override_settings(SECOND_FACTOR_ROLES=["lead"])
    def test_is_owed_by_no_other_role(self, client: Client, person: Person) -> None:
        person("ana", "coder")
        sign_in(client)
        assert client.get("/review/").status_code == 200

    @override_settings(SECOND_FACTOR_ROLES=["lead"])
    def test_is_owed_by_who_may_do_everything(self, client: Client, person: Person) -> None:
        user = person("root")
        user.is_staff = user.is_superuser = True
        user.save()
        sign_in(client, "root")
        assert client.get("/admin/")["Location"] == "/account/second-factor/set-up/"


class TestFacility:
    @pytest.fixture(autouse=True)
    def _configured(self, provider: Provider, settings: Any) -> None:
        provider.claims = {"sub": "4711", "preferred_username": "ana"}
        settings.SOCIALACCOUNT_PROVIDERS = {
            "openid_connect": {
                "OAUTH_PKCE_ENABLED": True,
                "APPS": [
                    {
                        "provider_id": "facility",
                        "name": "Facility",
                        "client_id": "us",
                        "secret": "s",
                        "settings": {"server_url": provider.address},
                    }
                ],
            }
        }
        settings.ROOT_URLCONF = "tests.infusion_coder.sign_in.facility_urls"

    def come_back(self, client: Client, provider: Provider) -> Any:
        asked = client.post("/login/oidc/facility/?process=login&next=/review/")
        assert asked["Location"].startswith(f"{provider.address}/authorize?")
        return client.get(provider.back(asked["Location"]))

    def test_signs_in_who_has_an_account_of_that_name(self, client: Client, person: Person, provider: Provider) -> None:
        user = person("ana", "coder")
        answer = self.come_back(client, provider)
        assert (answer.status_code, answer["Location"]) == (302, "/review/"), answer.content[:2000]
        assert who(client) == str(user.pk)
        assert "code_challenge" in provider.asked
        assert tags() == [(Tag.SIGNED_IN, None)]

    def test_knows_them_by_their_subject_afterwards(self, client: Client, person: Person, provider: Provider) -> None:
        user = person("ana", "coder")
        self.come_back(client, provider)
        client.logout()
        provider.claims["preferred_username"] = "renamed"
        self.come_back(client, provider)
        assert who(client) == str(user.pk)

    def test_gives_nobody_the_account_of_another_subject(
        self, client: Client, person: Person, provider: Provider
    ) -> None:
        person("ana", "coder")
        self.come_back(client, provider)
        client.logout()
        provider.claims["sub"] = "another"
        assert self.come_back(client, provider).status_code == 403
        assert who(client) is None

    def test_makes_no_account(self, client: Client, provider: Provider) -> None:
        answer = self.come_back(client, provider)
        assert (answer.status_code, "no account here" in answer.text) == (403, True)
        assert not User.objects.exists()
        assert tags() == [(Tag.SIGN_IN_FAILED, "oidc")]

    def test_asks_for_the_second_factor_too(self, client: Client, person: Person, provider: Provider) -> None:
        with_second_factor(person("ana", "coder"))
        assert self.come_back(client, provider)["Location"].startswith("/login/second-factor/")
        assert who(client) is None

    def test_refuses_an_answer_that_nobody_asked_for(self, client: Client, provider: Provider) -> None:
        answer = client.get("/login/oidc/facility/callback/?code=c&state=forged")
        assert "not signed in" in answer.text
        assert who(client) is None


class TestConfirmation:
    """Privileged acts ask again who is there."""

    def test_is_asked_for_and_then_the_act_goes_on_by_itself(self, client: Client, person: Person) -> None:
        from drugs.cms.files import FileKind
        from drugs.models import ImportAct
        from tests.drugs.formulary.imports.acts import published
        from tests.factories.cms import price_file

        sent = published(
            price_file("2025Q3", ("J3373", "Inj, vancomycin hcl, 10 mg", "10 MG", "0.061")), kind=FileKind.ASP_PRICING
        )
        person("kim", "formulary_admin")
        sign_in(client, "kim")
        address = f"/drugs/imports/{sent.pk}/roll-back/"
        asked = client.post(address, {"reason": "the wrong file"})
        assert asked["Location"].startswith("/account/confirm/?next=")
        assert not ImportAct.objects.filter(verb="rolled_back").exists()
        assert client.post(asked["Location"], {"password": "wrong", "next": address}).status_code == 200
        client.post(asked["Location"], {"password": PASSWORD, "next": address})
        assert ImportAct.objects.get(verb="rolled_back").reason == "the wrong file"

    def test_is_asked_for_by_an_export(self, client: Client, person: Person) -> None:
        person("finn", "auditor")
        sign_in(client, "finn")
        asked = client.get("/audit/trail/export.csv")
        assert asked["Location"].startswith("/account/confirm/")
        client.post(asked["Location"], {"password": PASSWORD, "next": "/audit/trail/export.csv"})
        assert client.get("/audit/trail/export.csv").status_code == 200

    def test_is_asked_for_by_every_form_of_the_administration(self, client: Client, person: Person) -> None:
        user = person("root")
        user.is_staff = user.is_superuser = True
        user.save()
        sign_in(client, "root")
        for address in ("/admin/auth/user/add/", f"/admin/auth/user/{user.pk}/change/", "/admin/auth/group/add/"):
            assert client.get(address)["Location"].startswith("/account/confirm/"), address
            asked = client.post(address, {"password1": "secret"})
            assert asked["Location"].startswith("/account/confirm/"), address
        assert "secret" not in str(dict(client.session))

    def test_runs_out(self, client: Client, person: Person) -> None:
        person("finn", "auditor")
        sign_in(client, "finn")
        client.post("/account/confirm/", {"password": PASSWORD})
        session = client.session
        for record in session[AUTHENTICATION_METHODS_SESSION_KEY]:
            record["at"] -= 11 * 60
        session.save()
        assert client.get("/audit/trail/export.csv").status_code == 302


class TestTimeout:
    def at(self, client: Client, **moments: float) -> None:
        session = client.session
        session.update(moments)
        session.save()

    def test_ends_a_session_in_which_nobody_did_anything(self, client: Client, person: Person) -> None:
        import time

        person("ana", "coder")
        sign_in(client)
        client.get("/review/")
        self.at(client, seen_at=time.time() - 31 * 60)
        answer = client.get("/review/?tab=mine")
        assert answer["Location"] == "/login/?next=/review/%3Ftab%3Dmine"
        assert tags()[-1] == (Tag.SIGNED_OUT, None)

    def test_ends_a_session_after_a_working_day(self, client: Client, person: Person) -> None:
        import time

        person("ana", "coder")
        sign_in(client)
        self.at(client, began_at=time.time() - 12 * 3600 - 1)
        assert client.get("/review/").status_code == 302

    def test_is_put_off_by_acts_and_not_by_what_a_page_asks_by_itself(self, client: Client, person: Person) -> None:
        import time

        person("ana", "coder")
        sign_in(client)
        earlier = time.time() - 20 * 60
        self.at(client, seen_at=earlier)
        client.get("/review/claims/")
        assert client.get("/session/").json()["seconds_left"] <= 600
        assert client.session["seen_at"] == earlier
        assert client.post("/session/").json()["seconds_left"] > 1790

    def test_is_put_off_by_nothing_that_a_template_has_asked_again_and_again(self) -> None:
        asked = re.compile(r'hx-(?:get|post)="\{% url "([^"]+)"[^"]*?%\}([^"]*)"[^>]*?hx-trigger="(?:every|load delay)')
        templates = Path(settings.BASE_DIR, "templates").rglob("*.html")
        found = {match.groups() for path in templates for match in asked.finditer(path.read_text(encoding="utf-8"))}
        assert ("impact:progress", "") in found
        assert {name for name, query in found if "waiting" not in query} <= timeout.BACKGROUND
        # The session itself is asked by a script.
        assert timeout.BACKGROUND - {name for name, _ in found} == {"session"}
