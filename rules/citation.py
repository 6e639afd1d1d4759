"""Where a rule or a value comes from."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Source:
    """One publication. `published` is text because many pages give no more than a year."""

    id: str
    publisher: str
    title: str
    url: str | None
    published: str | None
    accessed: date
    archived_url: str | None = None


@dataclass(frozen=True, slots=True)
class Citation:
    """A place in a source; `locator` names the section, page or answer, empty where the source is one short page."""

    source_id: str
    locator: str = ""
