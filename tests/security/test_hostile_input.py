"""Hostile values in every form, query and upload: no 500, nothing of them runs, nothing of the inside is told."""

import csv
import io
import itertools
import json
import os
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from http.cookies import SimpleCookie
from typing import Any
from zlib import crc32

import pytest
from django.contrib.auth.models import Group
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.test import Client

from encounters.models import Review
from tests import personas
from tests.factories.users import UserFactory
from tests.security.attempts import STATES, form_of
from tests.security.doors import Door, World, doors, world

pytestmark = pytest.mark.django_db

MARK = "<script>alert('zq7')</script>"
HOSTILE: dict[str, object] = {
    "missing": None,
    "empty": "",
    "blank": " \t\r\n ",
    "nul": "a\0b",
    "surrogate": "\ud800",
    "emoji": "🧪" * 40,
    "right to left": "\u202e\u2066abc",
    "long": "x" * 70_000,
    "number out of range": "9" * 40,
    "endless number": "9" * 5000,
    "other digits": "²٣",
    "negative": "-1",
    "not a number": "NaN",
    "infinite": "1e999",
    "date out of range": "99999-99-99",
    "list": ["a", "b"],
    "sql": "1' OR '1'='1'; DROP TABLE auth_user; --",
    "html": MARK,
    "template": "{{ 7|add:7 }}{% debug %}",
    "formula": "=cmd|' /C calc'!A0",
    "path": "../../../../etc/passwd",
    "line break": "a\r\nX-Injected: 1\r\n\r\nb",
    "json": '{"$ne": null}',
}
ONE_BY_ONE = ("missing", "nul", "long", "number out of range", "endless number", "other digits", "list", "html")
"""The values that matter most in one field alone, where the others are right and what is meant is done."""
IS_DEEP = os.environ.get("FUZZ") == "deep"
"""`make fuzz`: every value in every field. Else each field and each door gets some, in turn, so that all are sent."""
IN_ONE_FIELD, IN_ALL_FIELDS, IN_A_QUERY = (50, 50, 50) if IS_DEEP else (2, 3, 2)
PARTS = 2
"""As many processes share the work."""
LEAKS = ("Traceback (most recent", "psycopg", "django.db", "site-packages", "SELECT ", "root:x:0:0", "DETAIL:")
QUERIES = (
    "q",
    "tab",
    "page",
    "sort",
    "on",
    "name",
    "why",
    "group",
    "decision",
    "state",
    "kind",
    "payer",
    "site",
    "all",
)
QUERIES_OF_PAGES = (*QUERIES, "encounter", "actor", "first_day", "last_day", "subject", "run", "with", "of", "code")
QUERIES_OF_API = (
    "encounter",
    "source",
    "date_of_service",
    "coding_state",
    "run",
    "sha256",
    "newest",
    "page",
    "limit",
    "on",
)


@pytest.fixture
def place() -> World:
    return world()


@pytest.fixture
def client() -> Client:
    """Somebody with every role, so that nothing is refused before it is read."""
    user = UserFactory.create(username="zoe")
    user.groups.set(Group.objects.all())
    client = Client(raise_request_exception=False)
    client.force_login(user)
    return client


@dataclass(frozen=True)
class Answer:
    """What came back, read to its end."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes


def sent(client: Client, cookies: str, place: World, door: Door, method: str, data: Any, **more: Any) -> Answer:
    """The answer; all is as before afterwards."""
    client.cookies = SimpleCookie(cookies)
    with transaction.atomic():
        if door.name in STATES:
            place.stand(STATES[door.name])
        answer = getattr(client, method)(place.address(door), data, **more)
        content = b"".join(answer.streaming_content) if answer.streaming else answer.content
        transaction.set_rollback(True)
    return Answer(answer.status_code, answer.headers, content)


def problem(answer: Answer) -> str:
    """What is wrong with an answer; nothing where nothing is."""
    text = answer.content.decode(errors="replace")
    if answer.status_code >= 500 and answer.status_code != 503:
        return f"answers {answer.status_code}"
    if "X-Injected" in answer.headers:
        return "lets a header in"
    if MARK in text and "html" in answer.headers.get("Content-Type", ""):
        return "writes a script into the page"
    return next((f"tells of {leak!r}" for leak in LEAKS if leak in text), "")


def pages() -> list[Door]:
    skipped = {"logout", "api-schema", "healthz", "session"}
    return [door for door in doors() if not door.is_of_admin and not door.is_of_api and door.name not in skipped]


def in_turn(kinds: Sequence[str], number: int, *, of: str) -> list[tuple[str, object]]:
    """So many of the values, another choice for each name; all of them where there are no more."""
    if number >= len(kinds):
        return [(kind, HOSTILE[kind]) for kind in kinds]
    begin = crc32(of.encode()) % len(kinds)
    return [(kind, HOSTILE[kind]) for kind in itertools.islice(itertools.cycle(kinds), begin, begin + number)]


def changed_forms(door: Door, form: dict[str, object]) -> Iterator[tuple[str, dict[str, object]]]:
    """The form with one field after the other hostile, and with all of them; once where there is no field."""
    if not form:
        yield "nothing", {}
        return
    in_all = [kind for kind in HOSTILE if IS_DEEP or kind not in ONE_BY_ONE]
    for name in form:
        for kind, value in in_turn(list(HOSTILE) if IS_DEEP else ONE_BY_ONE, IN_ONE_FIELD, of=f"{door.name} {name}"):
            others = {key: said for key, said in form.items() if key != name}
            yield f"{name}: {kind}", others if value is None else others | {name: value}
    for kind, value in in_turn(in_all, IN_ALL_FIELDS, of=door.name):
        yield f"all: {kind}", {} if value is None else dict.fromkeys(form, value)


class TestValues:
    def test_are_all_sent_somewhere(self) -> None:
        """What each field and each door gets in turn is, over all of them, every value there is."""
        names = [door.name for door in pages()]
        alone = {kind for name in names for kind, _ in in_turn(ONE_BY_ONE, IN_ONE_FIELD, of=f"{name} reason")}
        assert alone >= set(ONE_BY_ONE)
        others = [kind for kind in HOSTILE if kind not in ONE_BY_ONE]
        assert {kind for name in names for kind, _ in in_turn(others, IN_ALL_FIELDS, of=name)} == set(others)


class TestForms:
    @pytest.mark.parametrize("part", range(PARTS))
    def test_break_on_no_value(self, place: World, client: Client, part: int) -> None:
        cookies = client.cookies.output(header="", sep=";")
        wrong = []
        for door in pages()[part::PARTS]:
            for what, form in changed_forms(door, form_of(door.name, place)):
                said = {key: _encodable(value) for key, value in form.items()}
                found = problem(sent(client, cookies, place, door, "post", said))
                if found:
                    wrong.append(f"post {door.name} {what}: {found}")
        assert not wrong, "\n".join(wrong)

    def test_break_on_no_body(self, place: World, client: Client) -> None:
        cookies = client.cookies.output(header="", sep=";")
        bodies = {
            "json": ("application/json", b'{"a": [1'),
            "multipart without an end": ("multipart/form-data; boundary=x", b"--x\r\nContent-Disposition: form-data"),
            "not utf-8": ("application/x-www-form-urlencoded", b"version=%ff%fe&reason=\xff\xfe"),
            "xml": ("text/xml", b"<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><a>&b;</a>"),
        }
        wrong = []
        for door in doors():
            if door.is_of_admin or "post" not in door.methods or door.name == "logout":
                continue
            kinds = list(bodies) if IS_DEEP else [list(bodies)[crc32(door.name.encode()) % len(bodies)]]
            for what, (content_type, body) in ((kind, bodies[kind]) for kind in kinds):
                found = problem(sent(client, cookies, place, door, "post", body, content_type=content_type))
                if found:
                    wrong.append(f"post {door.name} {what}: {found}")
        assert not wrong, "\n".join(wrong)


class TestQueries:
    def test_break_on_no_value(self, place: World, client: Client) -> None:
        cookies = client.cookies.output(header="", sep=";")
        wrong = []
        for door in doors():
            if door.is_of_admin or "get" not in door.methods or door.name in {"logout", "healthz", "api-schema"}:
                continue
            names = QUERIES_OF_API if door.is_of_api else QUERIES_OF_PAGES
            kinds = [kind for kind, value in HOSTILE.items() if value is not None and kind != "long"]
            for kind, value in in_turn(kinds, IN_A_QUERY, of=door.name):
                query = dict.fromkeys(names, _encodable(value))
                found = problem(sent(client, cookies, place, door, "get", query))
                if found:
                    wrong.append(f"get {door.name} {kind}: {found}")
        assert not wrong, "\n".join(wrong)


def _encodable(value: object) -> object:
    # A browser sends what is no character as the bytes that it has.
    return value.encode(errors="surrogatepass") if isinstance(value, str) and "\ud800" in value else value


def bomb() -> bytes:
    """A spreadsheet of a few kilobytes whose sheet unpacks to hundreds of megabytes."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as book:
        book.writestr("[Content_Types].xml", "<Types/>")
        book.writestr("xl/workbook.xml", "<workbook/>")
        with book.open("xl/worksheets/sheet1.xml", "w") as sheet:
            for _ in range(300):
                sheet.write(b"0" * 1024 * 1024)
    return packed.getvalue()


def entities() -> bytes:
    """A spreadsheet whose XML names an entity of a file of the machine."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as book:
        book.writestr("[Content_Types].xml", "<!DOCTYPE a [<!ENTITY b SYSTEM 'file:///etc/passwd'>]><Types>&b;</Types>")
        book.writestr("xl/workbook.xml", "<workbook/>")
    return packed.getvalue()


FILES: dict[str, tuple[str, bytes]] = {
    "empty": ("a.csv", b""),
    "zeros": ("a.csv", b"\0" * 10_000),
    "random": ("a.xlsx", bytes(range(256)) * 50),
    "zip that is none": ("a.xlsx", b"PK\x03\x04" + b"\0" * 200),
    "zip bomb": ("a.xlsx", bomb()),
    "entities": ("a.xlsx", entities()),
    "html": ("a.csv", b"<!DOCTYPE html><html><script>alert(1)</script>"),
    "one endless line": ("a.csv", b"encounter_id," + b"x" * 3_000_000),
    "many columns": ("a.csv", b",".join(b"c%d" % n for n in range(20_000)) + b"\n1\n"),
    "deep json": ("a.json", b"[" * 100_000),
    "great number": ("a.json", b'{"encounters": [{"encounter_id": ' + b"9" * 10_000 + b"}]}"),
    "wrong utf-8": ("a.csv", b"encounter_id,drug\n\xff\xfe,\xc3\x28\n"),
    "path as name": ("../../etc/passwd", b"encounter_id\n1\n"),
    "script as name": (f"{MARK}.csv", b"encounter_id\n1\n"),
    "formula": ("a.csv", b"encounter_id,mrn,drug\n=1+1,@SUM(A1),-2+3\n"),
}


class TestUploads:
    @pytest.mark.parametrize("name", FILES)
    def test_break_on_no_file(self, client: Client, name: str) -> None:
        file_name, content = FILES[name]
        forms = {
            "/intake/": {"source": "upload"},
            "/drugs/imports/": {"kind": "asp_pricing", "quarter": "2025Q3"},
            "/impact/": {"name": "a trial", "proposal": "rules"},
        }
        for address, form in forms.items():
            file = SimpleUploadedFile(file_name, content)
            answer = client.post(address, form | {"file": file})
            assert not problem(answer), (address, problem(answer))
            if answer.status_code == 302:
                assert not problem(client.get(answer["Location"])), address

    def test_of_a_zip_bomb_is_refused_with_the_reason(self, client: Client) -> None:
        answer = client.post(
            "/intake/", {"source": "upload", "file": SimpleUploadedFile("a.xlsx", bomb())}, follow=True
        )
        assert "unpack" in answer.text

    def test_larger_than_the_limit_are_refused(self, client: Client, settings: Any) -> None:
        settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
        file = SimpleUploadedFile("a.csv", b"x" * 1001)
        assert client.post("/intake/", {"source": "upload", "file": file}).status_code == 422


class TestInjection:
    def test_into_a_file_of_the_trail_runs_no_formula(self, client: Client, place: World) -> None:
        client.post(
            f"/review/{place.review.encounter_id}/notes/", {"text": "=cmd|' /C calc'!A0", "anchor_kind": "encounter"}
        )
        content = b"".join(client.get("/audit/trail/export.csv").streaming_content).decode()
        cells = [cell for row in csv.reader(io.StringIO(content)) for cell in row]
        assert cells
        assert not [cell for cell in cells if cell[:1] in {"=", "+", "@", "\t", "\r"}]

    def test_into_sql_changes_nothing(self, client: Client, place: World) -> None:
        found = client.get("/review/", {"q": "' OR 1=1 --"}).text
        assert place.review.encounter.external_id.lower() not in found.lower()
        assert Review.objects.filter(pk=place.review.pk).exists()

    def test_into_a_log_line_makes_no_second_one(self, client: Client, capfd: pytest.CaptureFixture[str]) -> None:
        client.get("/no-such-page/%0d%0a2026-01-01 [error] forged", headers={"X-Request-ID": "a\r\nforged"})
        written = capfd.readouterr()
        assert not [line for line in (written.err + written.out).splitlines() if line.startswith("2026-01-01 [error]")]

    def test_into_json_stays_a_value(self, client: Client) -> None:
        body = json.dumps({"encounter_id": MARK, "patient": {"mrn": MARK}, "administrations": []})
        answer = client.post("/api/v1/encounters", body, content_type="application/json")
        assert answer.headers["Content-Type"].startswith("application/json")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"


class TestForgedRequests:
    def test_are_refused_by_every_door_that_changes_something(self, place: World) -> None:
        """A form without the page's token changes nothing, whoever's browser sends it."""
        client = Client(enforce_csrf_checks=True, raise_request_exception=False)
        client.force_login(personas.ben())
        wrong = []
        for door in doors():
            if "post" in door.methods and not door.is_of_admin:
                more = {"content_type": "application/json"} if door.is_of_api else {}
                answer = client.post(place.address(door), form_of(door.name, place), **more)
                if answer.status_code not in {403, 405}:
                    wrong.append(f"{door.name}: {answer.status_code}")
        assert not wrong, "\n".join(wrong)
