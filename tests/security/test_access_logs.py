"""What is typed into a search is read off no log and no address."""

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from pytest_django import Settings

from encounters import sealed_words
from tests import personas
from tests.encounters.views.desk import a_clean_encounter

DEPLOY = Path(__file__).parents[2] / "deploy"
TELLS_OF_QUERIES = re.compile(r"\$(request|request_uri|args|query_string|http_referer)\b(?!_)")


class TestLogs:
    def test_of_the_proxy_leave_queries_out(self) -> None:
        text = (DEPLOY / "nginx.conf.example").read_text()
        (form,) = re.findall(r"log_format without_query (.*?);", text, re.DOTALL)
        assert not TELLS_OF_QUERIES.search(form)
        assert text.count("access_log") == text.count("server {"), "each server says what it writes down"

    def test_of_the_web_server_leave_queries_out(self) -> None:
        text = (DEPLOY / "infusion-coder-web.service").read_text()
        (form,) = re.findall(r"--access-logformat '([^']*)'", text)
        # %% is how systemd writes %; r is the whole line, q the query, f the page before.
        assert not {"r", "q", "f"} & set(re.findall(r"%%\((\w)\)s", form))
        assert "%%(U)s" in form


class TestSealedWords:
    def test_are_opened_again_and_say_nothing_themselves(self) -> None:
        sealed = sealed_words.seal("MRN0001 Müller")
        assert "MRN0001" not in sealed
        assert sealed_words.opened(sealed) == "MRN0001 Müller"

    @pytest.mark.parametrize("said", ["~", "~nothing", "~\ud800", "~" + "A" * 400])
    def test_that_this_server_did_not_seal_are_nothing(self, said: str) -> None:
        assert sealed_words.opened(said) == ""

    def test_of_an_earlier_key_are_opened(self, settings: Settings) -> None:
        sealed = sealed_words.seal("MRN0001")
        settings.SECRET_KEY_FALLBACKS, settings.SECRET_KEY = [settings.SECRET_KEY], "x" * 50
        assert sealed_words.opened(sealed) == "MRN0001"
        settings.SECRET_KEY_FALLBACKS = []
        assert sealed_words.opened(sealed) == ""


@pytest.mark.django_db
def test_a_search_leads_to_an_address_that_does_not_tell_of_it(client: Client) -> None:
    mrn = a_clean_encounter().encounter.patient.mrn
    client.force_login(personas.ana())
    address = client.post("/review/search/", {"q": mrn})["Location"]
    assert mrn not in address
    shown = client.get(address).text
    assert mrn[-4:] in shown
    for link in re.findall(r'href="([^"]*)"', shown):
        words = parse_qs(urlsplit(link).query).get("q", [""])[0]
        assert not words or words.startswith(sealed_words.MARK), link
