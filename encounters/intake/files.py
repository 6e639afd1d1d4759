"""What a file is, told from its bytes: a table, JSON, a workbook, or something that cannot be read."""

import hashlib
import io
import json
import zipfile
from codecs import getincrementaldecoder
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO

_SAMPLE = 64 * 1024
_BLOCK = 1024 * 1024
MOST_UNPACKED = 256 * _BLOCK
"""Bytes that the parts of a workbook may have together: a hundred thousand rows of our template have a fifth of it."""
# Beginnings of files that are sent by mistake, and what to send instead.
_KNOWN_OTHERS = (
    (b"%PDF", "a PDF document"),
    (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"),
    (b"GIF8", "a picture"),
    (b"\x1f\x8b", "a compressed file; unpack it first"),
    (b"\xd0\xcf\x11\xe0", "an old Excel or Word file; save it as .xlsx or .csv"),
    (b"\x7fELF", "a program"),
    (b"MSH|", "an HL7 v2 message, which this page does not read"),
)


class FileFormat(StrEnum):
    """The formats that intake reads."""

    CSV = "csv"
    JSON = "json"
    XLSX = "xlsx"


class UnableToReadFile(Exception):
    """The file as a whole cannot be read; nothing of it was taken in. The message says why and what to do."""

    def __init__(self, reason: str, *, line: int | None = None, column: str = "") -> None:
        super().__init__(reason)
        self.line = line
        self.column = column


@dataclass(frozen=True, slots=True)
class FileFacts:
    """Format, text encoding (empty for a workbook) and SHA-256 of a file."""

    format: FileFormat
    encoding: str
    sha256: str


def inspect(file: BinaryIO, *, named_format: FileFormat | None = None) -> FileFacts:
    """What `file` is. Raises UnableToReadFile for what is no table, JSON or workbook. The file is rewound."""
    file.seek(0)
    sample = file.read(_SAMPLE)
    if not sample.strip():
        msg = "The file is empty. Nothing was taken in."
        raise UnableToReadFile(msg)
    for beginning, what in _KNOWN_OTHERS:
        if sample.startswith(beginning):
            msg = f"This is {what}. Send CSV, JSON or XLSX. Nothing was taken in."
            raise UnableToReadFile(msg)
    sha256 = digest(file)
    if sample.startswith(b"PK\x03\x04"):
        _refuse_bomb(file)
        return FileFacts(FileFormat.XLSX, "", sha256)
    encoding = _encoding(file, sample)
    text = sample.decode(encoding, errors="replace").lstrip("\ufeff \t\r\n")
    if text[:1] == "<":
        msg = "This is a web page or XML, not a table. Was a sign-in page saved in its place? Nothing was taken in."
        raise UnableToReadFile(msg)
    file_format = FileFormat.JSON if text[:1] in ("{", "[") else FileFormat.CSV
    if named_format not in (None, file_format):
        msg = f"The file was called {named_format}, but it holds {file_format}. Nothing was taken in."
        raise UnableToReadFile(msg)
    file.seek(0)
    return FileFacts(file_format, encoding, sha256)


def _refuse_bomb(file: BinaryIO) -> None:
    """Raise UnableToReadFile for a workbook that unpacks to more than MOST_UNPACKED bytes, before any is unpacked.

    A part that gives more than it says is cut there by the standard library. The file is rewound.
    """
    try:
        with zipfile.ZipFile(file) as archive:
            unpacked = sum(part.file_size for part in archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError) as error:
        msg = "The workbook is cut or damaged. Save it again as .xlsx or .csv. Nothing was taken in."
        raise UnableToReadFile(msg) from error
    finally:
        file.seek(0)
    if unpacked > MOST_UNPACKED:
        msg = (
            f"The workbook unpacks to more than {MOST_UNPACKED // _BLOCK} MB, which no table of encounters does. "
            "Send it in parts, or as CSV. Nothing was taken in."
        )
        raise UnableToReadFile(msg)


def digest(file: BinaryIO) -> str:
    """SHA-256 of the file, which is rewound."""
    found = hashlib.sha256()
    file.seek(0)
    while block := file.read(_BLOCK):
        found.update(block)
    file.seek(0)
    return found.hexdigest()


def _encoding(file: BinaryIO, sample: bytes) -> str:
    """UTF-8, UTF-16 by its mark, or Windows-1252; a file that mixes them is refused, since names would be garbled."""
    if sample.startswith((b"\xff\xfe", b"\xfe\xff")):
        return _decodable(file, "utf-16")
    strange = sum((byte < 32 and byte not in b"\t\r\n\x1b") or byte == 127 for byte in sample)  # noqa: PLR2004  # ASCII
    if strange * 20 > len(sample):
        msg = "This is a binary file, not a table. Send CSV, JSON or XLSX. Nothing was taken in."
        raise UnableToReadFile(msg)
    bad_line, has_wide = _first_line_that_is_not_utf8(file)
    if bad_line is None:
        return "utf-8-sig"
    if has_wide:
        msg = (
            f"Line {bad_line} is not valid UTF-8, while other lines are. Save the file as UTF-8 and send it again. "
            "Nothing was taken in."
        )
        raise UnableToReadFile(msg, line=bad_line)
    return _decodable(file, "cp1252")


def _first_line_that_is_not_utf8(file: BinaryIO) -> tuple[int | None, bool]:
    """The first line with a byte that is not UTF-8, and whether any other character is beyond ASCII."""
    decoder = getincrementaldecoder("utf-8")(errors="surrogateescape")
    file.seek(0)
    line, bad_line, has_wide = 1, None, False
    while True:
        block = file.read(_BLOCK)
        text = decoder.decode(block, final=not block)
        if not text.isascii():
            for each in text.splitlines(keepends=True):
                if not each.isascii():
                    is_bad = any("\udc80" <= character <= "\udcff" for character in each)
                    has_wide = has_wide or any("\x7f" < c < "\ud800" or c > "\udfff" for c in each if c != "\ufeff")
                    bad_line = bad_line or (line if is_bad else None)
                line += each.count("\n")
        else:
            line += text.count("\n")
        if not block:
            file.seek(0)
            return bad_line, has_wide


def _decodable(file: BinaryIO, encoding: str) -> str:
    """`encoding`, when every byte of the file can be read by it."""
    decoder = getincrementaldecoder(encoding)()
    file.seek(0)
    while True:
        block = file.read(_BLOCK)
        try:
            decoder.decode(block, final=not block)
        except UnicodeDecodeError as error:
            what = "not the UTF-16 that it says it is" if encoding == "utf-16" else "neither UTF-8 nor Windows-1252"
            msg = (
                f"The text is {what} (byte {error.object[error.start]:#04x}). "
                "Save the file as UTF-8 and send it again. Nothing was taken in."
            )
            raise UnableToReadFile(msg) from None
        if not block:
            file.seek(0)
            return encoding


def text_of(file: BinaryIO, encoding: str) -> io.TextIOWrapper:
    """The file as text from its beginning, line ends kept. Detach it before the file is used again."""
    file.seek(0)
    return io.TextIOWrapper(file, encoding=encoding, newline="")


def record_json(record: object) -> str:
    """A refused record as JSON text that the database can keep; NUL and half characters are shown escaped."""
    return (
        json.dumps(record, ensure_ascii=False, default=str)
        .replace("\0", "\\u0000")
        .encode(errors="backslashreplace")
        .decode()
    )
