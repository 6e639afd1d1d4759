"""Rule files that somebody proposes, laid over those that are installed; what is sent is read as hostile."""

import io
import zipfile
from collections.abc import Iterator, Mapping

import yaml

from encounters.installed import load_rulebook, rulebook_files
from rules.rulebook.loader import FORMATS, OWN, read_files
from rules.rulebook.model import Rulebook

MOST_BYTES = 2 * 1024 * 1024
"""Of a proposal, unpacked: twice the size of all rules together that a person writes."""
MOST_FILES = 100
DEEPEST = 20
LONGEST_NAME = 120
ENTRY_TOO_MUCH = f"More than {MOST_FILES} files, or more than {MOST_BYTES // 1024 // 1024} MB unpacked."


class UnableToPropose(Exception):
    """The file is no proposal of rules; the message says why."""


def files_in(*, content: bytes, file_name: str) -> dict[str, str]:
    """The rule files of an upload, by the names that the rulebook gives them. Raises UnableToPropose.

    A single file takes the place of the installed one with its name, and is one of the facility's own where there is
    none. A zip holds files under their folders, as in `rules/data`.
    """
    known = rulebook_files()
    if content.startswith(b"PK"):
        return {_placed(name, known): _text(name, data) for name, data in _unpacked(content)}
    name = file_name.replace("\\", "/").rsplit("/", 1)[-1]
    if len(content) > MOST_BYTES:
        raise UnableToPropose(ENTRY_TOO_MUCH)
    return {_placed(name, known): _text(name, content)}


def _unpacked(content: bytes) -> Iterator[tuple[str, bytes]]:
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            entries = [entry for entry in packed.infolist() if not entry.is_dir()]
            if len(entries) > MOST_FILES or sum(entry.file_size for entry in entries) > MOST_BYTES:
                raise UnableToPropose(ENTRY_TOO_MUCH)
            for entry in entries:
                with packed.open(entry) as file:
                    # A header may lie about the size; what is read does not.
                    data = file.read(MOST_BYTES + 1)
                if len(data) > MOST_BYTES:
                    raise UnableToPropose(ENTRY_TOO_MUCH)
                yield entry.filename.removeprefix("rules/").removeprefix("data/"), data
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError, ValueError) as error:
        message = "The zip cannot be read."
        raise UnableToPropose(message) from error


def _placed(name: str, known: Mapping[str, bytes]) -> str:
    """The name in the rulebook. Raises UnableToPropose."""
    suffix = name[name.rfind(".") :]
    if suffix not in FORMATS or len(name) > LONGEST_NAME or ".." in name or not name.isprintable():
        message = "A rule file is named as in the folder of the rules, and ends in .yaml or .csv."
        raise UnableToPropose(message)
    if name in known:
        return name
    alike = [each for each in known if each.rsplit("/", 1)[-1] == name]
    if len(alike) > 1:
        message = f"{name} could be {' or '.join(sorted(alike))}: send it in a zip, under its folder."
        raise UnableToPropose(message)
    return alike[0] if alike else name if "/" in name else OWN + name


def _text(name: str, content: bytes) -> str:
    try:
        text = content.decode()
    except UnicodeDecodeError as error:
        message = f"{name} is not text in UTF-8."
        raise UnableToPropose(message) from error
    if "\0" in text:
        message = f"{name} is not text."
        raise UnableToPropose(message)
    if name.endswith(".yaml"):
        _refuse_odd_yaml(name, text)
    return text


def _refuse_odd_yaml(name: str, text: str) -> None:
    """No aliases, which could unfold without end, and no depth that the rules do not have. Raises UnableToPropose."""
    depth = 0
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
            if isinstance(event, yaml.AliasEvent) or depth > DEEPEST:
                message = f"{name} holds aliases or lists within lists, which rule files do not."
                raise UnableToPropose(message)
    except (yaml.YAMLError, RecursionError) as error:
        message = f"{name} is not readable as YAML."
        raise UnableToPropose(message) from error


def rulebook_with(files: Mapping[str, str]) -> Rulebook:
    """The installed rules with these laid over them. Raises a RulebookError that names file, line and key."""
    if not files:
        return load_rulebook()
    laid_over = rulebook_files() | {name: text.encode() for name, text in files.items()}
    return Rulebook(read_files(laid_over))
