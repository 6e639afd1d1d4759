"""A sample leaves as one file that anybody can verify and draw again without this application."""

import csv
import hashlib
import io
import zipfile
from collections.abc import Iterable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from django.contrib.auth.models import User
from django.db import transaction

from drugs.cms.cells import inert
from encounters import audit
from encounters.audit import Tag
from encounters.audit.blinding import covered
from encounters.models import Sample
from encounters.sampling import verify_sample
from encounters.sampling.comparing import items_of
from encounters.sampling.frames import Unit
from encounters.sampling.frames import read as read_frame
from encounters.sampling.permission import require_sample
from encounters.sampling.results import terms

SCRIPT = Path(verify_sample.__file__)
EPOCH = (1980, 1, 1, 0, 0, 0)
"""A zip's first moment: the same content gives the same bytes."""
README = """A sample of accepted encounters with its frame, draw, reviews and scores.

    python3 verify_sample.py

checks every hash, draws the sample again and computes every score again, offline and with Python alone. What it
computes, and how, stands at its top and can be read there. Encounters are named by number and account, not by patient.
"""


class UnableToExport(Exception):
    """The sample cannot leave yet; the message says why."""


@transaction.atomic
def export(*, sample: Sample, user: User, at: datetime) -> bytes:
    """The sample as a zip: the same rows give the same bytes. That it left is recorded with its SHA-256.

    Raises PermissionDenied, UnableToExport for who still reviews it blind.
    """
    require_sample(user, sample)
    if covered(user=user).filter(item__sample=sample).exists():
        message = "You still review encounters of this sample blind: lock them first."
        raise UnableToExport(message)
    content = bundle(sample)
    audit.record(
        tag=Tag.SAMPLE_EXPORTED,
        at=at,
        actor=user,
        object_repr=sample.name,
        after={"sample": sample.pk, "sha256": hashlib.sha256(content).hexdigest(), "bytes": len(content)},
    )
    return content


def bundle(sample: Sample) -> bytes:
    """The zip itself."""
    items, told = items_of(sample), terms(sample)
    units = read_frame(sample.frame)
    drawn = [[item["encounter"], item["stratum"]] for item in items]
    keys = sample.items.order_by("position").values_list("key", flat=True)
    draw = [[*each, key] for each, key in zip(drawn, keys, strict=True)]
    results = {side: verify_sample.scores(told, items, side) for side in ("final", "suggested")}
    files = {
        "README.txt": README,
        "verify_sample.py": SCRIPT.read_text(),
        "frame.jsonl": sample.frame,
        "frame.csv": _csv(Unit._fields, units),
        "draw.json": verify_sample.canonical(draw),
        "draw.csv": _csv(("position", "encounter", "stratum", "key"), ([n, *each] for n, each in enumerate(draw, 1))),
        "reviews.json": verify_sample.canonical(items),
        "lines.csv": _csv(LINE_COLUMNS, _lines(items)),
        "results.json": verify_sample.canonical(results),
        "results.csv": _csv(("lines", "measure", "right", "n", "rate", "low", "high"), _results(results)),
    }
    encoded = {name: text.encode() for name, text in files.items()}
    manifest = {
        "sample": told,
        "files": {name: hashlib.sha256(content).hexdigest() for name, content in encoded.items()},
    }
    encoded["manifest.json"] = verify_sample.canonical(manifest).encode()
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name in sorted(encoded):
            entry = zipfile.ZipInfo(name, EPOCH)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            archive.writestr(entry, encoded[name])
    return out.getvalue()


LINE_COLUMNS = ("position", "encounter", "coder", "side", "code", "units", "modifiers", "date", "rules", "drugs")


def _lines(items: Iterable[Mapping[str, Any]]) -> Iterable[list[object]]:
    for item in items:
        sides = [("final", item["final"]), ("suggested", item["suggested"])]
        sides += [(f"auditor {audit['place']}", audit["lines"]) for audit in item["audits"]]
        for side, lines in sides:
            for line in lines:
                told = [" ".join(line.get(name) or ()) for name in ("modifiers", "rules")]
                yield [
                    *(item["position"], item["encounter"], item["coder"], side, line["code"], line["units"], told[0]),
                    *(line["date"], told[1], ", ".join(line.get("drugs") or ())),
                ]


def _results(results: Mapping[str, Mapping[str, Any]]) -> Iterable[list[object]]:
    for side, found in results.items():
        named = [(name, found[name]) for name in ("line_exact", "precision", "recall", "encounter_exact")]
        for group in ("by_rule", "by_drug", "by_coder", "by_stratum"):
            named += [(f"{group.replace('_', ' ')}: {name}", value) for name, value in found[group]]
        for name, value in named:
            yield [side, name, value["right"], value["n"], value["rate"], *(value["interval"] or ("", ""))]


def _csv(columns: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(columns)
    writer.writerows([inert(value) for value in row] for row in rows)
    return out.getvalue()
