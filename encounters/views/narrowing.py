"""What somebody narrowed the queue to, as an address says it and as a person does."""

from collections.abc import Mapping
from urllib.parse import urlencode

from django.http import Http404
from django.urls import reverse

from encounters import sealed_words
from encounters.selectors import Narrowed, Tab


def asked_for(said: Mapping[str, str]) -> Narrowed:
    """What a query string or a form asks for. Raises Http404 for a tab that is none."""
    try:
        tab = Tab(said.get("tab", Tab.OPEN))
    except ValueError as error:
        message = "There is no such filter."
        raise Http404(message) from error
    words = {name: said.get(name, "").strip() for name in ("payer", "site")}
    return Narrowed(tab=tab, search=sealed_words.opened(said.get("q", "").strip()), **words)


def query_of(asked: Narrowed, **more: object) -> str:
    """The query string that asks for the same, its words sealed; what is not narrowed stands not in it."""
    said = {"tab": asked.tab.value, "q": sealed_words.seal(asked.search), "payer": asked.payer, "site": asked.site}
    return urlencode({name: value for name, value in (said | more).items() if value})


def address(asked: Narrowed, **more: object) -> str:
    """Where the queue shows what is asked for."""
    return f"{reverse('review:queue')}?{query_of(asked, **more)}"


def words_of(asked: Narrowed) -> str:
    """What is asked for in a few words: the tab, what was searched for, payer and site."""
    search = f"“{asked.search}”" if asked.search else ""
    return ", ".join(filter(None, (asked.tab.label, search, asked.payer, asked.site)))
