"""A text file: its encoding, its end, and what is no table at all."""

import codecs
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass

from drugs.cms.errors import UnableToReadFile
from drugs.cms.streams import BLOCK, Inner

LONGEST_LINE = 2**20
"""Bytes. The longest of real files, the note above the crosswalks, has 1,200."""
UNDEFINED = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")
"""Bytes that stand for nothing in cp1252."""
OTHER_FILES = (
    (
        re.compile(rb"\s*(?:<!--.{,400}?-->\s*)?<(?:!doctype|html|head|body|script|meta)\b", re.IGNORECASE | re.DOTALL),
        "a web page",
    ),
    (re.compile(rb"\s*<\?xml"), "XML"),
    (re.compile(rb"%PDF"), "a PDF"),
    (re.compile(rb"\xd0\xcf\x11\xe0"), "a workbook of old Excel (.xls): save it as .xlsx or .csv"),
    (re.compile(rb"\s*[{\[]\s*[\"{\[]"), "JSON"),
    (re.compile(rb"7z\xbc\xaf|Rar!|BZh"), "packed in a way that CMS and FDA do not use"),
)
ENDS = b"\n"
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
TITLE = re.compile(rb"<title[^>]*>([^<]{1,80})", re.IGNORECASE)


@dataclass(frozen=True)
class Text:
    """How to read a text file."""

    inner: Inner
    encoding: str
    is_ended: bool
    """Whether the last line has its end; without it nobody knows whether the line is whole."""

    def lines(self) -> Iterator[str]:
        """Yield its lines with their ends; `UnableToReadFile` where a byte stands for no letter."""
        with io.TextIOWrapper(self.inner.open(), encoding=self.encoding, newline="") as text:
            try:
                yield from text
            except UnicodeError as error:
                raise UnableToReadFile(self.inner.name, f"it is not all {self.encoding} text ({error})") from error


def inspected(inner: Inner) -> Text:
    """Return how to read the file, found by reading it once and keeping none of it.

    UTF-8 where the whole file is, otherwise cp1252, as CMS writes. `UnableToReadFile` for what is no text.
    """
    head = inner.head()
    _refuse_other_files(inner.name, head)
    if head.startswith(UTF_16):
        return Text(inner, "utf-16", is_ended=True)
    decoder, is_utf_8 = codecs.getincrementaldecoder("utf-8")(), True
    line, run, last, undefined = 1, 0, b"", ""
    with inner.open() as stream:
        while block := stream.read(BLOCK):
            if b"\0" in block:
                at = line + block.count(ENDS, 0, block.index(b"\0"))
                raise UnableToReadFile(f"{inner.name}, line {at}", "zero bytes: it is no text, or is damaged")
            if is_utf_8:
                is_utf_8 = _decodes(decoder, block)
            if not undefined and (found := UNDEFINED.search(block)):
                undefined = f"line {line + block.count(ENDS, 0, found.start())}"
            ends = block.count(b"\n")
            line, run, last = line + ends, 0 if ends or b"\r" in block else run + len(block), block[-1:]
            if run > LONGEST_LINE:
                raise UnableToReadFile(f"{inner.name}, line {line}", "the line does not end")
    is_utf_8 = is_utf_8 and _decodes(decoder, b"", final=True)
    if not is_utf_8 and undefined:
        raise UnableToReadFile(f"{inner.name}, {undefined}", "a byte is no letter in UTF-8 and none in cp1252")
    return Text(inner, "utf-8-sig" if is_utf_8 else "cp1252", is_ended=last in {b"\n", b"\r"})


def _decodes(decoder: codecs.IncrementalDecoder, block: bytes, *, final: bool = False) -> bool:
    try:
        decoder.decode(block, final)
    except UnicodeDecodeError:
        return False
    return True


def _refuse_other_files(name: str, head: bytes) -> None:
    start = head.removeprefix(codecs.BOM_UTF8)
    for sign, what in OTHER_FILES:
        if sign.match(start):
            title = TITLE.search(start)
            said = f", “{' '.join(title[1].decode('utf-8', 'replace').split())}”" if title else ""
            raise UnableToReadFile(f"{name}, line 1", f"it is {what}{said}")
