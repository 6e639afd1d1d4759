"""The rulebook that this instance codes by: the shipped one, with the facility's own policies beside it."""

from django.conf import settings

from rules.rulebook import loader
from rules.rulebook.model import Rulebook


def load_rulebook() -> Rulebook:
    """The rulebook of this release and of the folder POLICY_DIR, read once.

    Raises a RulebookError that names file, line and key.
    """
    return loader.load_rulebook(policy_dir=settings.POLICY_DIR)


def rulebook_files() -> dict[str, bytes]:
    """Its files by their names, as they are now. Raises BadValue where one cannot be read."""
    return loader.files_of(policy_dir=settings.POLICY_DIR)
