"""People with passwords, and a provider of OpenID Connect of our own, listening on this machine."""

import json
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from django.contrib.auth.models import User
from django.core.cache import cache
from jwt.algorithms import RSAAlgorithm

from tests.factories.users import UserFactory

PASSWORD = "a long word for tests"


@pytest.fixture(autouse=True)
def _counters(db: None) -> Iterator[None]:
    """Nobody has tried anything yet."""
    cache.clear()
    yield
    cache.clear()


@pytest.fixture
def person() -> Callable[..., User]:
    """Somebody with a password, of the groups named."""

    def make(name: str, *groups: str) -> User:
        user = UserFactory.create(username=name, groups=list(groups))
        user.set_password(PASSWORD)
        user.save()
        return user

    return make


@dataclass
class Provider:
    """What the facility's own sign-in says of whoever comes, and where it listens."""

    address: str = ""
    claims: dict[str, object] = field(default_factory=dict)
    key: rsa.RSAPrivateKey = field(default_factory=lambda: rsa.generate_private_key(65537, 2048))
    asked: dict[str, str] = field(default_factory=dict)

    def token(self) -> str:
        now = int(time.time())
        said = {"iss": self.address, "aud": "us", "iat": now, "exp": now + 60, **self.claims}
        return jwt.encode(said, self.key, algorithm="RS256", headers={"kid": "1"})

    def answer(self, path: str) -> dict[str, object]:
        answers: dict[str, dict[str, object]] = {
            "/.well-known/openid-configuration": {
                "issuer": self.address,
                "authorization_endpoint": f"{self.address}/authorize",
                "token_endpoint": f"{self.address}/token",
                "userinfo_endpoint": f"{self.address}/userinfo",
                "jwks_uri": f"{self.address}/keys",
                "token_endpoint_auth_methods_supported": ["client_secret_post"],
            },
            "/token": {"access_token": "a", "token_type": "Bearer", "expires_in": 60, "id_token": self.token()},
            "/userinfo": self.claims,
            "/keys": {"keys": [json.loads(RSAAlgorithm.to_jwk(self.key.public_key())) | {"kid": "1"}]},
        }
        return answers[path]

    def back(self, location: str) -> str:
        """The address that the provider sends a browser back to, which asked at `location`."""
        self.asked = {name: values[0] for name, values in parse_qs(urlsplit(location).query).items()}
        return f"{urlsplit(self.asked['redirect_uri']).path}?{urlencode({'code': 'c', 'state': self.asked['state']})}"


@pytest.fixture
def provider() -> Iterator[Provider]:
    said = Provider()

    class Door(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            body = json.dumps(said.answer(self.path)).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(body)

        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            self.do_GET()

        def log_message(self, format: str, *args: object) -> None:  # noqa: A002 -- the framework's name
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Door) as server:
        said.address = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield said
        server.shutdown()
        thread.join()
