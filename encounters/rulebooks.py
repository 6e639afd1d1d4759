"""Every rulebook that coded something is kept whole in the database, and read from there again.

An old run is replayed with the rules that made it, also when the files of today say something else.
"""

import zlib
from datetime import datetime
from functools import lru_cache
from hashlib import sha256

from django.db import transaction

from encounters import audit
from encounters.audit import Tag
from encounters.installed import load_rulebook, rulebook_files
from encounters.models import RulebookFile, RulebookVersion
from rules.rulebook.loader import read_files
from rules.rulebook.model import Rulebook

KEPT_IN_MEMORY = 4


class UnableToKeepRulebook(Exception):
    """The files of the rules are no longer those that this process has read."""


class RulebookNotKept(Exception):
    """No rulebook of that version is installed or kept."""

    def __init__(self, version: str) -> None:
        """Names the version."""
        super().__init__(f"Rules {version[:12]} are neither installed nor kept.")
        self.version = version


@transaction.atomic
def keep(*, rulebook: Rulebook, at: datetime) -> bool:
    """The installed rulebook is kept; whether it was not before. Raises UnableToKeepRulebook."""
    if RulebookVersion.objects.filter(pk=rulebook.version).exists():
        return False
    store(rulebook=rulebook, at=at)
    told = {"rulebook": rulebook.version}
    audit.record(tag=Tag.RULEBOOK_ARCHIVED, at=at, object_repr=rulebook.version[:12], after=told)
    return True


def store(*, rulebook: Rulebook, at: datetime) -> None:
    """Its files and its list of them are rows, where they are not yet. Raises UnableToKeepRulebook."""
    files = _packed(rulebook.version)
    # In one order and once each, also where two processes keep the same rulebook at the same moment.
    contents = dict(sorted(files.values()))
    RulebookFile.objects.bulk_create(
        (RulebookFile(sha256=digest, content=content) for digest, content in contents.items()), ignore_conflicts=True
    )
    listed = {name: digest for name, (digest, _) in files.items()}
    RulebookVersion.objects.bulk_create(
        [RulebookVersion(version=rulebook.version, archived_at=at, files=listed)], ignore_conflicts=True
    )


@lru_cache(maxsize=1)
def _packed(version: str) -> dict[str, tuple[str, bytes]]:
    """Name → SHA-256 and compressed content of each installed file. Raises UnableToKeepRulebook."""
    files = rulebook_files()
    if read_files(files).version != version:
        message = "The files of the rules were changed under the running process: restart it."
        raise UnableToKeepRulebook(message)
    return {name: (sha256(text).hexdigest(), zlib.compress(text, 9)) for name, text in sorted(files.items())}


def of_version(version: str) -> Rulebook:
    """The rulebook of that version, installed or kept. Raises RulebookNotKept."""
    installed = load_rulebook()
    return installed if version == installed.version else _kept(version)


@lru_cache(maxsize=KEPT_IN_MEMORY)
def _kept(version: str) -> Rulebook:
    row = RulebookVersion.objects.filter(pk=version).first()
    if row is None:
        raise RulebookNotKept(version)
    contents = {
        digest: zlib.decompress(content)
        for digest, content in RulebookFile.objects.filter(pk__in=row.files.values()).values_list("sha256", "content")
    }
    if any(sha256(content).hexdigest() != digest for digest, content in contents.items()):
        raise RulebookNotKept(version)
    found = Rulebook(read_files({name: contents[digest] for name, digest in row.files.items()}))
    if found.version != version:
        raise RulebookNotKept(version)
    return found
