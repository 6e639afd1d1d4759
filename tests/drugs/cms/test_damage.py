"""Whatever happens to a file, it is read or it is refused: no other exception comes out of it."""

import gzip
import io
import itertools
import lzma
import random
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from drugs.cms.cells import is_formula
from drugs.cms.descriptor import BillingAmount, Unread, read_amount
from drugs.cms.files import UnableToReadFile, open_file
from tests.drugs.cms import samples

WRAPPED = {
    "crosswalk.csv.gz": gzip.compress(samples.CROSSWALK),
    "product.txt.xz": lzma.compress(samples.PRODUCT),
    "hcpcs.zip": samples.archive(hcpcs_txt=samples.HCPCS_FIXED),
}
SAMPLES = samples.EVERY | WRAPPED
MOST_CUTS = 400


def count(content: bytes, *, name: str) -> int | None:
    """How many rows are read; None where the file is refused."""
    try:
        rows = list(open_file(io.BytesIO(content), name=name).rows)
    except UnableToReadFile:
        return None
    for row in rows:
        assert not any(isinstance(value, str) and is_formula(value) for value in row[1:])
    return len(rows)


class TestDamage:
    @pytest.mark.parametrize("name", SAMPLES)
    def test_of_a_cut_anywhere_is_never_taken_for_a_whole_file(self, name: str) -> None:
        """But where only rows of the last letter are lost, which nothing in the file tells."""
        content = SAMPLES[name]
        whole = count(content, name=name) or 0
        step = max(1, len(content) // MOST_CUTS)
        for end in range(0, len(content), step):
            left = count(content[:end], name=name)
            # A csv that lost its last rows to the byte is a shorter csv; NOC files have one row here.
            assert left is None or content[:end].endswith((b"\r", b"\n")) or content[end:].strip(b",\r\n\0") == b""
            assert left is None or left <= whole

    @given(st.binary(max_size=3000))
    @settings(max_examples=200, deadline=None)
    def test_of_everything_is_refused(self, content: bytes) -> None:
        assert count(content, name="noise.csv") is None

    @pytest.mark.parametrize("name", SAMPLES)
    @given(data=st.data())
    @settings(max_examples=40, deadline=None)
    def test_of_some_bytes_is_read_or_refused(self, name: str, data: st.DataObject) -> None:
        content = bytearray(SAMPLES[name])
        places = st.integers(0, len(content) - 1)
        for place, byte in data.draw(st.lists(st.tuples(places, st.integers(0, 255)), min_size=1, max_size=8)):
            content[place] = byte
        count(bytes(content), name=name)

    @pytest.mark.parametrize("name", [name for name in samples.EVERY if name.endswith((".csv", ".txt"))])
    def test_of_columns_in_another_order_is_read_or_refused(self, name: str) -> None:
        separator = b"\t" if b"\t" in samples.EVERY[name] else b","
        chance = random.Random(name)  # noqa: S311 - not for secrets
        rows = [line.split(separator) for line in samples.EVERY[name].splitlines()]
        for _ in range(30):
            order = list(range(max(map(len, rows))))
            chance.shuffle(order)
            shuffled = [[row[place] for place in order if place < len(row)] for row in rows]
            count(b"".join(separator.join(row) + b"\n" for row in shuffled), name=name)

    @pytest.mark.parametrize("name", [name for name in samples.EVERY if name.endswith(".csv")])
    def test_of_rows_of_other_files_is_read_or_refused(self, name: str) -> None:
        for other in samples.EVERY.values():
            count(samples.EVERY[name] + other, name=name)
            count(other + samples.EVERY[name], name=name)


class TestReadAmount:
    WORDS = (
        *("Injection", "drug", "and", "/", "-", ",", "(", ")", "vial", "dose", "not otherwise specified", "less than"),
        *("up to", "per", "10", "1,000", "0.5", ".625", "million", "mg", "mcg", "units", "i.u.", "ml", "cc", "g"),
        *("sq cm", "mci"),
    )

    @given(st.lists(st.sampled_from(WORDS), max_size=12).map(" ".join))
    @settings(max_examples=500, deadline=None)
    def test_says_an_amount_that_stands_in_the_text_or_why_not(self, text: str) -> None:
        amount = read_amount(text)
        if isinstance(amount, Unread):
            assert amount.why
            return
        numbers = {Decimal(word.replace(",", "")) for word in text.split() if word[-1].isdigit()} | {Decimal(1)}
        millions = {number * 1_000_000 for number in numbers}
        sums = {sum(pair) for pair in itertools.combinations(numbers | millions, 2)}
        assert isinstance(amount, BillingAmount)
        assert amount.amount in numbers | millions | sums

    @given(st.text(max_size=200))
    @settings(max_examples=300, deadline=None)
    def test_never_fails(self, text: str) -> None:
        assert isinstance(read_amount(text), BillingAmount | Unread)
