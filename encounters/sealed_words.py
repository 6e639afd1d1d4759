"""Words of a search as they stand in an address: sealed, since a record number is a patient's and addresses are kept.

Histories of browsers, bookmarks and logs of proxies hold addresses. Whoever reads one there reads nothing of the words;
the server opens them for whoever is signed in.
"""

import base64
import hashlib

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings

MARK = "~"
"""What sealed words begin with."""


def seal(words: str) -> str:
    """The words as they may stand in an address; nothing of nothing."""
    return MARK + _box().encrypt(words.encode(errors="replace")).decode() if words else ""


def opened(said: str) -> str:
    """The words again; words that were never sealed as they are, and nothing of what this server did not seal."""
    if not said.startswith(MARK):
        return said
    try:
        return _box().decrypt(said.removeprefix(MARK).encode(errors="replace")).decode()
    except InvalidToken:
        return ""


def _box() -> MultiFernet:
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    return MultiFernet(Fernet(_key(str(key))) for key in keys)


def _key(secret: str) -> bytes:
    # Apart from every other use of the secret.
    return base64.urlsafe_b64encode(hashlib.sha256(b"words of a search\0" + secret.encode()).digest())
