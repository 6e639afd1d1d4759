import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver, reverse

# What a visitor reaches without a sign-in, and why.
OPEN = {
    "healthz": "a load balancer has no account",
    "login/": "here one signs in",
    "login/second-factor/": "the second step of signing in; without a first it leads back there",
    "account/closed/": "whoever is told so is not signed in",
    "logout/": "who is signed out already is sent back to the sign-in",
    "admin/login/": "the administration signs in by itself",
}


def views(resolver: URLResolver, prefix: str = "") -> list[tuple[str, URLPattern]]:
    found = []
    for pattern in resolver.url_patterns:
        path = f"{prefix}{pattern.pattern}"
        found += views(pattern, path) if isinstance(pattern, URLResolver) else [(path, pattern)]
    return found


class TestAddresses:
    def test_stand_where_they_are_linked(self) -> None:
        assert reverse("review:queue") == "/review/"
        assert reverse("login") == "/login/"
        assert reverse("healthz") == "/healthz"

    def test_ask_for_a_sign_in_but_for_a_few(self) -> None:
        # Views of the REST interface ask in their own way: by permission classes, which are tested below.
        unlocked = {
            path
            for path, pattern in views(get_resolver())
            if not getattr(pattern.callback, "login_required", True)
            and not path.startswith(("api/", "admin/"))
            and not hasattr(pattern.callback, "cls")
        }
        assert unlocked <= set(OPEN)

    @pytest.mark.parametrize("path", ["/api/v1/encounters", "/api/v1/runs", "/api/v1/lines", "/api/schema/"])
    def test_of_the_rest_interface_refuse_a_stranger(self, client: Client, path: str) -> None:
        response = client.get(path)
        assert response.status_code == 401
        assert response["WWW-Authenticate"] == "Token"


@pytest.mark.django_db
class TestOpenapi:
    def test_describes_every_address_of_the_interface(self, admin_client: Client) -> None:
        response = admin_client.get("/api/schema/?format=json")
        assert response.status_code == 200
        described = set(response.json()["paths"])
        assert "/api/v1/encounters" in described

    def test_is_served_with_files_of_our_own(self, admin_client: Client) -> None:
        page = admin_client.get("/api/docs/").content.decode()
        assert "//" not in page.replace("<!--", "")
        assert "<style" not in page
