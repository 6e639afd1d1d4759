"""The trail: who did or saw what, recorded on purpose, chained so that nobody rewrites it unseen."""

from encounters.audit.recording import SYSTEM, name_of, record
from encounters.audit.tags import Tag

__all__ = ["SYSTEM", "Tag", "name_of", "record"]
