"""Files to start from: every column once, with one encounter that could be real."""

import csv
import io
import json

from encounters.intake import columns

_ENCOUNTER = {
    "encounter_id": "V-100231",
    "mrn": "SYN-0001",
    "family_name": "Quillfeather",
    "given_name": "Ada",
    "birth_date": "1958-03-11",
    "location": "north-infusion",
    "payer": "medicare",
    "date_of_service": "2026-01-15",
    "regimen": "pembrolizumab every 3 weeks",
    "diagnoses": "Z51.12; C34.31",
}
_ADMINISTRATIONS = (
    {
        "administration_id": "MAR-1",
        "drug": "diphenhydramine",
        "route": "IV",
        "technique": "push",
        "start": "2026-01-15T12:50",
        "stop": "2026-01-15T12:52",
        "access": "A",
        "purpose": "premedication",
        "order": "O-1",
        "dose": "25 mg",
        "containers": "1 x 50 mg single-dose",
        "discarded": "25 mg",
    },
    {
        "administration_id": "MAR-2",
        "drug": "pembrolizumab",
        "ndc": "00006-3026-02",
        "route": "IV",
        "technique": "infusion",
        "start": "2026-01-15T13:02",
        "stop": "2026-01-15T13:34",
        "access": "A",
        "order": "O-2",
        "dose": "200 mg",
        "containers": "2 x 100 mg single-dose",
        "lot": "KT9071",
    },
)


def csv_template() -> str:
    """A CSV file with every column and two rows of one encounter."""
    text = io.StringIO()
    writer = csv.DictWriter(text, columns.TABLE, restval="", lineterminator="\r\n")
    writer.writeheader()
    shared = {"access_kind": "implanted port", "access_body_site": "right chest"}
    for row in _ADMINISTRATIONS:
        writer.writerow(_ENCOUNTER | row | shared | {"ordered_dose": row["dose"]})
    return text.getvalue()


def json_template() -> str:
    """The same encounter as JSON."""
    head = {name: value for name, value in _ENCOUNTER.items() if name not in (*columns.PATIENT, "diagnoses")}
    encounter = head | {
        "patient": {name: _ENCOUNTER[name] for name in columns.PATIENT},
        "diagnoses": _ENCOUNTER["diagnoses"].split("; "),
        "documents": {"are_orders_known": True},
        "accesses": [{"label": "A", "kind": "implanted port", "body_site": "right chest"}],
        "orders": [
            {"reference": row["order"], "drug": row["drug"], "dose": row["dose"], "route": row["route"]}
            for row in _ADMINISTRATIONS
        ],
        "administrations": list(_ADMINISTRATIONS),
    }
    return json.dumps({"encounters": [encounter]}, indent=2) + "\n"
