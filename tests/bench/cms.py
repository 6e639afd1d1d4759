"""How many rows a second are read of each kind of file, and whether memory stays as files grow.

`python -m tests.bench.cms` writes files of its own: as many rows as the real ones, and ten times as many. It ends with
one line of JSON; `--write FILE` also writes the table. With the real files beside the checkout (../shared/data) it
measures those too.
"""

import argparse
import json
import os
import sys
import tempfile
import time
import tracemalloc
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "infusion_coder.settings")
django.setup()

from drugs.cms.files import open_file  # noqa: E402 - Django has to be set up first
from tests.drugs.cms import samples  # noqa: E402

GROWTH = 10
CODES = 900
PACKAGES_OF_A_CODE = 8
HEADING = "## Public files"
Lines = Callable[[int], Iterator[bytes]]


def _crosswalk(times: int) -> Iterator[bytes]:
    head, _, _ = samples.CROSSWALK.partition(b"90371")
    yield head
    for number in range(CODES):
        for package in range(PACKAGES_OF_A_CODE * times):
            ndc = f"{10000 + number:05}-{package // 100:04}-{package % 100:02}"
            yield f"Q{number:04},Words,Labeler,{ndc},Name {number},10 MG,4,1,10,10,,,\r\n".encode()


def _pricing(times: int) -> Iterator[bytes]:
    head, _, _ = samples.PRICING.partition(b"90371")
    yield head
    for number in range(CODES * times):
        yield f"Q{number:04},Words,10 MG,75.492,20.000,,,,,,,\r\n".encode()


def _hcpcs(times: int) -> Iterator[bytes]:
    for number in range(CODES * times):
        code = f"V{number:04}"
        yield f"{samples.record(code, 1, '3', 'Injection of words', label='Words', added='20200101')}\r\n".encode()
        yield f"{samples.record(code, 2, '4', 'that go on, 10 mg')}\r\n".encode()


def _products(times: int) -> Iterator[bytes]:
    head, _, rest = samples.PRODUCT.partition(b"\r\n")
    row = rest.splitlines(keepends=True)[0]
    yield head + b"\r\n"
    for number in range(20_000 * times):
        yield row.replace(b"0002-7510", f"9{number % 10000:04}-7510".encode())


FILES: dict[str, Lines] = {"crosswalk": _crosswalk, "pricing": _pricing, "hcpcs": _hcpcs, "ndc product": _products}


def measured(path: Path) -> tuple[int, float]:
    """Rows, and rows a second."""
    started = time.process_time()
    count = sum(1 for _ in open_file(path).rows)
    return count, count / (time.process_time() - started)


def peak(path: Path) -> int:
    """Bytes that reading the file held at most."""
    tracemalloc.start()
    sum(1 for _ in open_file(path).rows)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    return most


def main(arguments: Sequence[str]) -> None:
    """Measures and prints; writes the table where asked to."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.cms", description=__doc__)
    parser.add_argument("--write", type=Path, help="the file that the table goes into")
    chosen = parser.parse_args(arguments)
    result: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for kind, lines in FILES.items():
            small, large = Path(folder) / "small.csv", Path(folder) / "large.csv"
            for path, times in ((small, 1), (large, GROWTH)):
                with path.open("wb") as file:
                    file.writelines(lines(times))
            rows, speed = measured(large)
            result[kind] = {
                "rows": rows,
                "rows_per_second": round(speed),
                "peak_kb": peak(small) // 1024,
                "peak_kb_ten_times": peak(large) // 1024,
            }
            print(f"{kind:12} {result[kind]}", file=sys.stderr)  # noqa: T201 - a bench speaks to a terminal
    data = Path(__file__).resolve().parents[3] / "shared" / "data"
    for path in (*sorted(data.glob("asp/2026Q1_*")), *sorted(data.glob("hcpcs/HCPC2020*anweb.xlsx")),
                 *sorted(data.glob("hcpcs/2019-Alpha*.zip")), *sorted(data.glob("opps/2025Q4*")),
                 *sorted(data.glob("ndc/*"))):  # fmt: skip
        rows, speed = measured(path)
        result[path.name] = {"rows": rows, "rows_per_second": round(speed), "seconds": round(rows / speed, 2)}
        print(f"{path.name[:60]:60} {result[path.name]}", file=sys.stderr)  # noqa: T201 - as above
    if chosen.write is not None:
        chosen.write.write_text(with_table(chosen.write.read_text(encoding="utf-8"), result), encoding="utf-8")
    print(json.dumps(result))  # noqa: T201 - as above


def with_table(page: str, result: dict[str, dict[str, float]]) -> str:
    """The page with its section on public files written anew, as the last one."""
    rows = [
        f"| {name} | {each['rows']:,} | {each['rows_per_second']:,} | {_peaks(each)} |" for name, each in result.items()
    ]
    head = [
        HEADING,
        "",
        "Rows a second of processor time that are read and checked, and what reading holds at most: of as many rows as",
        "the real file has, and of ten times as many. Those by a file name are the real ones.",
        "",
        "| file | rows | rows a second | peak memory, KiB |",
        "| :-- | --: | --: | --: |",
    ]
    return "\n".join([page.partition(HEADING)[0].rstrip(), "", *head, *rows, ""])


def _peaks(of: dict[str, float]) -> str:
    return f"{of['peak_kb']:,} and {of['peak_kb_ten_times']:,}" if "peak_kb" in of else ""


if __name__ == "__main__":
    main(sys.argv[1:])
