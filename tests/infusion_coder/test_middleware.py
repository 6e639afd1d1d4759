import re

import pytest
import structlog
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from infusion_coder.middleware import RequestIdMiddleware


def ask(**headers: str) -> tuple[HttpRequest, HttpResponse, dict[str, object]]:
    seen: dict[str, object] = {}

    def answer(request: HttpRequest) -> HttpResponse:
        seen.update(structlog.contextvars.get_contextvars())
        return HttpResponse()

    request = RequestFactory().get("/", headers=headers)
    return request, RequestIdMiddleware(answer)(request), seen


class TestRequestId:
    def test_is_the_same_for_doors_logs_and_the_answer(self) -> None:
        request, response, seen = ask()
        assert re.fullmatch("[0-9a-f]{32}", response["X-Request-ID"])
        assert getattr(request, "request_id", None) == seen["request_id"] == response["X-Request-ID"]

    def test_does_not_outlive_the_request(self) -> None:
        ask()
        assert "request_id" not in structlog.contextvars.get_contextvars()

    def test_is_taken_over_from_a_proxy(self) -> None:
        assert ask(x_request_id="abc-123_DEF")[1]["X-Request-ID"] == "abc-123_DEF"

    @pytest.mark.parametrize("given", ["", "short", "x" * 65, "with blank here", "line\nbreak-here", "ünïcödë-id"])
    def test_is_made_anew_for_one_that_could_break_a_log(self, given: str) -> None:
        assert ask(x_request_id=given)[1]["X-Request-ID"] != given


class TestSecurityHeaders:
    def test_allow_no_script_and_no_style_inside_a_page(self, client: Client) -> None:
        policy = client.get("/login/")["Content-Security-Policy"]
        assert "script-src 'self'" in policy
        assert "style-src 'self'" in policy
        assert "unsafe" not in policy

    def test_are_sent_with_a_refusal_too(self, client: Client) -> None:
        response = client.get("/no-such-page/")
        assert "frame-ancestors 'none'" in response["Content-Security-Policy"]
        assert response["X-Frame-Options"] == "DENY"
        assert response["X-Content-Type-Options"] == "nosniff"


class TestLoginIsRequired:
    @pytest.mark.parametrize("path", ["/", "/api/docs/"])
    def test_everywhere_by_default(self, client: Client, path: str) -> None:
        response = client.get(path)
        assert response.status_code == 302
        assert response["Location"].startswith("/login/?next=")

    def test_also_where_a_token_would_do(self, client: Client) -> None:
        assert client.get("/api/schema/").status_code == 401
