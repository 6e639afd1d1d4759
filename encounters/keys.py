"""The keys: one table of them, and what each person has changed for themselves.

The sheet, the palette, the page where a person changes keys, the documentation and the handlers in the browser all
read `KEYS`. Pages and scripts name a key by its default stroke; the browser turns what is pressed into that.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from itertools import groupby
from typing import Any

from django.contrib.auth.models import User
from django.contrib.sessions.backends.base import SessionBase
from django.db import transaction
from django.http import HttpRequest

from encounters.models import KeyPreference

SESSION = "keys"
"""Where the session keeps the person's own keys, so that no page asks the database for them."""
PREFIX = "g"
# One printable character, or the prefix and one; digits choose from lists.
_STROKE = re.compile(rf"(?:{PREFIX} )?[!-/:-~]")


class UnableToChangeKey(Exception):
    """The key cannot be that; the message says why."""


class Place(StrEnum):
    """Where a key means something; the word is the heading of the sheet."""

    QUEUE = "On the queue"
    LINE = "On a line"
    ENCOUNTER = "On the encounter"
    UNMAPPED = "On unmapped drugs"
    IMPORT = "On an import"
    AUDIT = "On audit pages"
    HISTORY = "On a history"
    EVERYWHERE = "Everywhere"


# Places that stand on one page; EVERYWHERE stands beside all.
TOGETHER = frozenset({Place.LINE, Place.ENCOUNTER})


@dataclass(frozen=True, slots=True)
class Key:
    """One key: its name, the stroke it has by default, where it means something, and what it does."""

    name: str
    stroke: str
    place: Place
    what: str

    @property
    def is_fixed(self) -> bool:
        """Keys that are no single character stay as they are: nobody presses them by speaking or by accident."""
        return not _STROKE.fullmatch(self.stroke)


_Q, _L, _E, _A = Place.QUEUE, Place.LINE, Place.ENCOUNTER, Place.EVERYWHERE
KEYS: tuple[Key, ...] = (
    Key("queue_down", "j", _Q, "row down"),
    Key("queue_up", "k", _Q, "row up"),
    Key("queue_open_next", "Enter", _Q, "open the next, or this row"),
    Key("queue_open", "o", _Q, "open this row"),
    Key("queue_filter", "f", _Q, "next filter"),
    Key("queue_narrow", "n", _Q, "narrow, or keep a filter"),
    Key("queue_together", "b", _Q, "accept those alike together"),
    Key("queue_mark", "x", _Q, "mark the row"),
    Key("queue_assign", "a", _Q, "assign"),
    Key("queue_undo", "u", _Q, "open again what you just did"),
    Key("line_down", "j", _L, "line down"),
    Key("line_up", "k", _L, "line up"),
    Key("line_accept", "a", _L, "accept the line"),
    Key("line_edit", "e", _L, "edit it"),
    Key("line_reject", "x", _L, "reject it"),
    Key("line_add", "n", _L, "add a line"),
    Key("line_why", "w", _L, "why this code"),
    Key("line_what_if", "t", _L, "what if: try another time, dose, family"),
    Key("line_unfold", "l", _L, "lines left as they were, after a pend"),
    Key("line_note", "i", _L, "write a note on it"),
    Key("encounter_accept", "Enter", _E, "accept and open the next"),
    Key("encounter_unseen", "v", _E, "see the next item that is not billed"),
    Key("encounter_ask", "c", _E, "ask the clinic"),
    Key("encounter_compare", "p", _E, "compare two policies"),
    Key("encounter_pend", "h", _E, "pend, then a digit"),
    Key("encounter_second_review", "r", _E, "second review; return, reopen"),
    Key("encounter_skip", "s", _E, "skip to the next"),
    Key("encounter_undo", "u", _E, "undo the last decision"),
    Key("encounter_history", "y", _E, "history of the encounter"),
    Key("encounter_dossier", "d", _E, "dossier, for auditors"),
    Key("unmapped_open", "o", Place.UNMAPPED, "open the most frequent name"),
    Key("import_down", "j", Place.IMPORT, "row down"),
    Key("import_up", "k", Place.IMPORT, "row up"),
    Key("import_approve", "a", Place.IMPORT, "approve the row"),
    Key("import_approve_group", "A", Place.IMPORT, "approve the group"),
    Key("import_withhold", "x", Place.IMPORT, "withhold the row"),
    Key("audit_add", "n", Place.AUDIT, "new line, new sample"),
    Key("audit_reveal", "Enter", Place.AUDIT, "lock and reveal"),
    Key("audit_set_aside", "s", Place.AUDIT, "set aside, on to the next"),
    Key("audit_export", "e", Place.AUDIT, "export the sample"),
    Key("audit_trail", "t", Place.AUDIT, "trail"),
    Key("audit_dossier", "d", Place.AUDIT, "dossier"),
    Key("history_back", "Enter", Place.HISTORY, "back to the lines"),
    Key("history_trail", "t", Place.HISTORY, "trail"),
    Key("history_dossier", "d", Place.HISTORY, "dossier"),
    Key("search", "/", _A, "search"),
    Key("go_queue", "g q", _A, "to the queue"),
    Key("palette", "Ctrl-K", _A, "palette: every act, page, patient, drug and rule"),
    Key("help", "F1", _A, "help on this page"),
    Key("sheet", "?", _A, "the keys of this page"),
    Key("back", "Escape", _A, "close, or back to where you came from"),
)
NAMED: Mapping[str, Key] = {key.name: key for key in KEYS}
SIGNS = {"Enter": "⏎", "Escape": "Esc"}


@dataclass(frozen=True, slots=True)
class OwnKeys:
    """The keys of one person: whether single characters do anything, and the strokes they changed, by name."""

    is_on: bool
    strokes: Mapping[str, str]

    def stroke(self, key: Key) -> str:
        """The stroke that is this key for the person."""
        return self.strokes.get(key.name, key.stroke)


DEFAULTS = OwnKeys(is_on=True, strokes={})


def own_keys(session: SessionBase | None) -> OwnKeys:
    """The keys of whoever the session belongs to."""
    kept: Any = session.get(SESSION) if session is not None else None
    if not kept:
        return DEFAULTS
    return OwnKeys(is_on=kept["is_on"], strokes={name: to for name, to in kept["strokes"].items() if name in NAMED})


def places_of(view_name: str) -> tuple[Place, ...]:
    """What stands on the page of a view, by the view's name in the addresses; EVERYWHERE always does."""
    space, _, name = view_name.partition(":")
    places: tuple[Place, ...] = ()
    if view_name == "review:queue":
        places = (Place.QUEUE,)
    elif view_name == "guide" or (space == "review" and name != "compare"):
        places = (Place.LINE, Place.ENCOUNTER)
    elif view_name.startswith("drugs:import"):
        places = (Place.IMPORT,)
    else:
        of_space = {"unmapped": Place.UNMAPPED, "audit": Place.AUDIT, "history": Place.HISTORY}
        places = (of_space[space],) if space in of_space else ()
    return (*places, Place.EVERYWHERE)


def sheet(own: OwnKeys, *, view_name: str = "") -> list[tuple[Place, list[tuple[Key, str]]]]:
    """The keys by place, each with the person's stroke as it is printed; of one page where a view is named."""
    places = places_of(view_name) if view_name else tuple(Place)
    shown = [key for key in KEYS if key.place in places]
    return [
        (place, [(key, printed(own.stroke(key))) for key in keys])
        for place, keys in groupby(shown, key=lambda key: key.place)
    ]


def keymap(own: OwnKeys, *, view_name: str) -> dict[str, object]:
    """What the browser has to know on a page: each key's default stroke, the person's, and what it does."""
    places = places_of(view_name)
    shown = [key for key in KEYS if key.place in places]
    return {
        "is_on": own.is_on,
        "keys": [{"by": key.stroke, "now": own.stroke(key), "what": key.what} for key in shown],
    }


def printed(stroke: str) -> str:
    """A stroke as a key cap shows it."""
    return SIGNS.get(stroke, stroke)


@transaction.atomic
def change(*, name: str, stroke: str, user: User, session: SessionBase) -> Key:
    """The user presses `stroke` for the key from now on. Raises UnableToChangeKey."""
    key = NAMED.get(name)
    if key is None or key.is_fixed:
        raise UnableToChangeKey("That key stays as it is.")
    stroke = stroke.strip()
    if not _STROKE.fullmatch(stroke) or stroke == PREFIX:
        raise UnableToChangeKey(
            f"“{stroke}” is no key for this: one letter or sign, or {PREFIX} and one. Digits choose from lists, and "
            f"{PREFIX} alone begins a longer key. “{key.what}” stays on {printed(_of(user).stroke(key))}."
        )
    own = _of(user, is_locked=True)
    for other in KEYS:
        if other is not key and own.stroke(other) == stroke and _meet(key.place, other.place):
            raise UnableToChangeKey(
                f"{stroke} is “{other.what}” already ({other.place.lower()}). Give that another key first. "
                f"“{key.what}” stays on {printed(own.stroke(key))}."
            )
    strokes = {**own.strokes, key.name: stroke}
    if stroke == key.stroke:
        del strokes[key.name]
    _keep(OwnKeys(is_on=own.is_on, strokes=strokes), user, session)
    return key


@transaction.atomic
def switch(*, is_on: bool, user: User, session: SessionBase) -> None:
    """Single characters do something for the user, or nothing (WCAG 2.2, 2.1.4)."""
    _keep(OwnKeys(is_on=is_on, strokes=_of(user, is_locked=True).strokes), user, session)


@transaction.atomic
def reset(*, user: User, session: SessionBase) -> None:
    """Every key is again what it is by default, and on."""
    KeyPreference.objects.filter(user=user).delete()
    session[SESSION] = None


def _meet(one: Place, other: Place) -> bool:
    return one == other or Place.EVERYWHERE in {one, other} or {one, other} <= TOGETHER


def _of(user: User, *, is_locked: bool = False) -> OwnKeys:
    rows = KeyPreference.objects.select_for_update() if is_locked else KeyPreference.objects.all()
    kept = rows.filter(user=user).first()
    return OwnKeys(is_on=kept.is_on, strokes=kept.strokes) if kept else DEFAULTS


def _keep(own: OwnKeys, user: User, session: SessionBase) -> None:
    values = {"is_on": own.is_on, "strokes": dict(own.strokes)}
    KeyPreference.objects.update_or_create(user=user, defaults=values)
    session[SESSION] = values


def bring_keys(*, request: HttpRequest, user: User, **rest: object) -> None:
    """Whoever signs in brings their keys into the session."""
    own = _of(user)
    request.session[SESSION] = None if own == DEFAULTS else {"is_on": own.is_on, "strokes": dict(own.strokes)}
