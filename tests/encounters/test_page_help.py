"""Every page has its paragraph of help."""

import pytest
from django.test import Client
from django.urls import resolve, reverse

from encounters.page_help import HELP, TITLES, help_of, titled
from tests import personas
from tests.browser.pages import BEFORE_SIGN_IN, BETWEEN_STEPS, PAGES, WITH_SECOND_FACTOR

# Pages of the sign-in and the account, and of errors, say all in their own words.
SPEAK_FOR_THEMSELVES = {
    *("no such page", "confirm", "password", "second factor set up"),
    *(*BEFORE_SIGN_IN, *BETWEEN_STEPS, *WITH_SECOND_FACTOR),
}
ANYTHING = {"clean", "finding", "pended", "accepted", "held", "second", "waiting", "failed", "query", "run", "batch"}


@pytest.mark.parametrize("page", [name for name in PAGES if name not in SPEAK_FOR_THEMSELVES])
def test_every_page_has_a_paragraph(page: str) -> None:
    places = dict.fromkeys((*ANYTHING, "recoding", "sample", "study", "drug", "import", "line"), 1)
    address = PAGES[page][1].format(**places).partition("?")[0]
    words = help_of(resolve(address).view_name)
    assert 80 < len(words) < 600


def test_names_no_view_that_is_gone() -> None:
    numbers = ("encounter_id", "query_id", "run_id", "batch_id", "recoding_id", "pk", "sample_id", "study_id")
    line = {"encounter_id": 1, "line_key": "x"}
    several = (line, {**line, "mode": "edit"})
    for view in HELP:
        tries = ({}, *({name: 1} for name in numbers), {"sample_id": 1, "position": 1})
        assert any(_is_there(view, kwargs) for kwargs in (*tries, *several))


def test_every_paragraph_has_one_title() -> None:
    assert sorted(words for _, words in titled()) == sorted(set(HELP.values()))
    assert len(set(TITLES.values())) == len(TITLES)


def _is_there(view: str, kwargs: dict[str, object]) -> bool:
    from django.urls import NoReverseMatch

    try:
        reverse(view, kwargs=kwargs)
    except NoReverseMatch:
        return False
    return True


@pytest.mark.django_db
def test_stands_on_the_page_and_on_the_page_of_all(client: Client) -> None:
    client.force_login(personas.ana())
    assert HELP["rules:index"] in client.get("/rules/").content.decode()
    assert HELP["rules:index"] in client.get("/help/").content.decode()
