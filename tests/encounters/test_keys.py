"""The table of keys, what people change in it, and that pages and scripts know no other key."""

import re
from itertools import combinations
from pathlib import Path

import pytest
from django.test import Client

from encounters import keys
from encounters.keys import KEYS, Place
from encounters.models import KeyPreference
from tests import personas

ROOT = Path(__file__).parents[2]
HANDLED = re.compile(r"\bkeys\.([a-zA-Z])\b(?: = keys\.\w+)? =")
PRINTED = re.compile(r'data-key="([^"]+)"')
# Which keys of the table a script's page may use, by script.
SCRIPTS = {
    "workbench.js": {Place.LINE, Place.ENCOUNTER},
    "queue.js": {Place.QUEUE},
    "imports.js": {Place.IMPORT},
}
# A name for a button that a handler presses; it is no stroke.
NO_STROKES = {"next"}


class TestTable:
    def test_names_each_key_once(self) -> None:
        assert len({key.name for key in KEYS}) == len(KEYS)

    def test_gives_no_stroke_two_meanings_on_one_page(self) -> None:
        doubles = [
            (one.name, other.name)
            for one, other in combinations(KEYS, 2)
            if one.stroke == other.stroke and keys._meet(one.place, other.place)
        ]
        assert doubles == []

    @pytest.mark.parametrize("script", SCRIPTS)
    def test_holds_what_the_scripts_hear(self, script: str) -> None:
        heard = set(HANDLED.findall((ROOT / "static" / "js" / script).read_text()))
        assert heard
        assert heard <= {key.stroke for key in KEYS if key.place in SCRIPTS[script]}

    def test_holds_what_the_pages_press(self) -> None:
        pressed = {
            stroke for page in (ROOT / "templates").rglob("*.html") for stroke in PRINTED.findall(page.read_text())
        }
        assert pressed - NO_STROKES <= {key.stroke for key in KEYS}


class TestChange:
    @pytest.fixture
    def client(self, client: Client) -> Client:
        client.force_login(personas.ana())
        return client

    pytestmark = pytest.mark.django_db

    def test_is_kept_for_the_person_and_met_at_the_next_sign_in(self, client: Client) -> None:
        client.post("/keys/change/", {"name": "line_accept", "stroke": "m"})
        assert KeyPreference.objects.get().strokes == {"line_accept": "m"}
        again = Client()
        again.force_login(personas.ana())
        assert keys.own_keys(again.session).strokes == {"line_accept": "m"}
        assert 'value="m"' in again.get("/keys/").content.decode()

    def test_is_of_one_person_alone(self, client: Client) -> None:
        client.post("/keys/change/", {"name": "line_accept", "stroke": "m"})
        other = Client()
        other.force_login(personas.eve())
        assert keys.own_keys(other.session) == keys.DEFAULTS

    @pytest.mark.parametrize(
        ("name", "stroke", "said"),
        [
            ("line_accept", "e", "“edit it” already"),
            ("line_accept", "h", "“pend, then a digit” already"),
            ("queue_mark", "?", "“the keys of this page” already"),
            ("line_accept", "1", "no key for this"),
            ("line_accept", "g", "no key for this"),
            ("line_accept", "", "no key for this"),
            ("line_accept", "ab", "no key for this"),
            ("encounter_accept", "m", "stays as it is"),
            ("nothing", "m", "stays as it is"),
        ],
    )
    def test_that_would_clash_is_refused_with_words(self, client: Client, name: str, stroke: str, said: str) -> None:
        answer = client.post("/keys/change/", {"name": name, "stroke": stroke}, follow=True)
        assert said in answer.content.decode()
        assert not KeyPreference.objects.exists()

    def test_may_use_what_another_page_uses(self, client: Client) -> None:
        client.post("/keys/change/", {"name": "queue_mark", "stroke": "e"})
        assert KeyPreference.objects.get().strokes == {"queue_mark": "e"}

    def test_frees_the_stroke_it_had(self, client: Client) -> None:
        client.post("/keys/change/", {"name": "line_accept", "stroke": "m"})
        client.post("/keys/change/", {"name": "line_edit", "stroke": "a"})
        assert KeyPreference.objects.get().strokes == {"line_accept": "m", "line_edit": "a"}
        answer = client.post("/keys/change/", {"name": "line_accept", "stroke": "a"}, follow=True)
        assert "“edit it” already" in answer.content.decode()

    def test_back_to_the_default_leaves_nothing_changed(self, client: Client) -> None:
        client.post("/keys/change/", {"name": "line_accept", "stroke": "m"})
        client.post("/keys/change/", {"name": "line_accept", "stroke": "a"})
        assert KeyPreference.objects.get().strokes == {}

    def test_is_undone_as_a_whole(self, client: Client) -> None:
        client.post("/keys/change/", {"name": "line_accept", "stroke": "m"})
        client.post("/keys/switch/", {"on": "no"})
        assert not keys.own_keys(client.session).is_on
        client.post("/keys/reset/")
        assert keys.own_keys(client.session) == keys.DEFAULTS
        assert not KeyPreference.objects.exists()

    def test_of_a_name_that_is_none_any_more_is_passed_over(self, client: Client) -> None:
        KeyPreference.objects.create(user=personas.eve(), strokes={"gone": "m"})
        other = Client()
        other.force_login(personas.eve())
        assert other.get("/rules/").status_code == 200
        assert keys.own_keys(other.session).strokes == {}


def test_places_of_pages() -> None:
    assert keys.places_of("review:queue") == (Place.QUEUE, Place.EVERYWHERE)
    assert keys.places_of("review:encounter") == (Place.LINE, Place.ENCOUNTER, Place.EVERYWHERE)
    assert keys.places_of("drugs:import") == (Place.IMPORT, Place.EVERYWHERE)
    assert keys.places_of("rules:index") == (Place.EVERYWHERE,)


def test_the_documentation_holds_the_table() -> None:
    written = (ROOT / "docs" / "keys.md").read_text()
    for place, rows in keys.sheet(keys.DEFAULTS):
        lines = "\n".join(f"| `{stroke}` | {key.what} |" for key, stroke in rows)
        assert f"## {place}\n\n| key | what it does |\n| :-- | :-- |\n{lines}\n" in written
    assert written.count("\n| `") == len(KEYS)
