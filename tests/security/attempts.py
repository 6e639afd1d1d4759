"""What is sent to each door by somebody who means it: forms that a person with the right would be heard with."""

from encounters.models import AuditEvent, Review
from encounters.models.review import ReviewState
from tests.security.doors import World

# Doors whose act makes sense in one state only.
STATES = {
    "review:return": ReviewState.SECOND_REVIEW,
    "review:wake": ReviewState.PENDED,
    "review:reopen": ReviewState.ACCEPTED,
}


def form_of(name: str, world: World) -> dict[str, object]:
    """The form of a door, filled in well; empty where the door reads none."""
    review = Review.objects.get(pk=world.review.pk)
    version: dict[str, object] = {"version": review.version}
    chosen: dict[str, dict[str, object]] = {
        "drugs:import-decide": {"verb": "withhold", "group": "price_changed", "reason": "not ours"},
        "drugs:import-publish": {"reason": "as published"},
        "drugs:import-roll-back": {"reason": "wrong file"},
        "drugs:import-abandon": {"reason": "wrong file"},
        "review:assign": {"to": "", "encounter": [review.encounter_id]},
        "review:together": {"review": [f"{review.encounter_id}:{review.version}"]},
        "review:keep_filter": {"name": "mine", "tab": "open"},
        "review:remove_filter": {"name": "mine"},
        "review:appearance": {"theme": "dark"},
        "review:accept": version | {"reason": "the nurse told me"},
        "review:pend": version | {"reason": "clinic", "note": "asked"},
        "review:second_review": version | {"note": "please look"},
        "review:return": version | {"note": "it is right"},
        "review:wake": version,
        "review:reopen": version | {"note": "a late entry"},
        "review:undo": version,
        "review:heartbeat": version | {"run": "1"},
        "review:see": {"run": review.run.number, "administration": ["a2"]},
        "review:note": {"text": "a word", "anchor_kind": "encounter"},
        "review:what_if": version | TRIAL,
        "review:addendum": version | TRIAL | {"addendum_reason": "read off the pump"},
        "review:withdraw_addendum": version | {"reason": "it was another patient's"},
        "review:ask": version | {"administration": "a2", "template": "stop_time", "asked_of": "the nurse"},
        "review:add_line": version | LINE,
        "review:accept_line": version,
        "review:line_form": version | LINE | {"units": 2},
        "keys:change": {"name": "accept", "stroke": "x"},
        "keys:switch": {"on": "no"},
        "review:search": {"q": "cefazolin", "tab": "open", "payer": "", "site": ""},
        "palette": {"q": "cefazolin"},
        "review:add_rule": {"skill": "chemotherapy", "family": "hydration", "payer": "", "site": ""},
        "review:remove_rule": {"rule": world.numbers["rule"]},
        "review:set_skill": {"skill": world.numbers["skill"], "person": world.numbers["person"], "has": "yes"},
        "audit:new_sample": SAMPLE,
        "audit:item": {
            "form-TOTAL_FORMS": "1",
            "form-INITIAL_FORMS": "0",
            **{f"form-0-{name}": value for name, value in AUDITED.items()},
        },
        "audit:rule": {"kind": "not a kind", "reason": "the pump says so", "from": "answers"},
        "audit:seeding": {
            "coder": "",
            "percent": "2",
            "from_date": "2026-01-01",
            "until_date": "2026-06-01",
            "reason": "the plan of the first half",
        },
        "drugs:imports": {"kind": "asp_pricing", "quarter": "2025Q3"},
        "password": {"oldpassword": "x", "password1": "a long word for tests", "password2": "a long word for tests"},
        "login": {"login": "ana", "password": "a long word for tests"},
        "mfa_authenticate": {"code": "123456"},
        "account_reauthenticate": {"password": "a long word for tests"},
        "mfa_reauthenticate": {"code": "123456"},
        "mfa_activate_totp": {"code": "123456"},
        "impact:index": {"name": "a trial", "proposal": "installed", "identified": "2026-01-31"},
        "audit:sign_off": {"last_event": AuditEvent.objects.order_by("-pk")[0].pk, "note": "read"},
        "clinic:query": {"answer": "10:22 by the pump", "answered_by": "N. Nurse", "value": "10:22"},
        "clinic:withdraw": {"reason": "answered by telephone"},
        "intake:index": {"source": "upload"},
        "intake:settle": {"reason": "sent twice"},
        "unmapped:map": {"name": "Fosaprepitant", "why": "unknown", "source": "the label", "drug_name": "cefazolin"},
        "unmapped:add": {
            "name": "Fosaprepitant",
            "why": "unknown",
            "source": "the label",
            "new_name": "fosaprepitant",
            "family": "other",
            "routes": ["IV"],
        },
    }
    return chosen.get(name, {})


SAMPLE: dict[str, object] = {
    "name": "A quarter",
    "first_day": "2026-01-01",
    "last_day": "2026-03-31",
    "stratified_by": "none",
    "allocation": "proportional",
    "plan": "attribute",
    "confidence": "0.95",
    "rate": "95",
    "half_width": "5",
    "tolerable": "5",
    "seed": "20260105",
    "first_auditor": "finn",
    "size": "5",
    "size_words": "a day",
    "read_twice": "0",
    "draw": "yes",
}
AUDITED: dict[str, object] = {"code": "96365", "units": 1, "modifiers": "", "date_of_service": "2026-01-15"}
LINE: dict[str, object] = {"code": "96375", "units": 1, "modifiers": "", "reason_code": "suggestion", "reason": ""}
TRIAL: dict[str, object] = {
    "administration": "a1",
    "started_at": "10:00",
    "stopped_at": "12:05",
    "dose_amount": "1000",
    "dose_unit": "mg",
    "discarded_amount": "",
    "family": "",
    "route": "IV",
    "technique": "infusion",
    "status": "given",
}
