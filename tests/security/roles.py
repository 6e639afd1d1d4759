"""Who may open which door: the one table that says so. A door that it does not name fails the tests.

A word of letters names the roles that are heard: C coder, L lead, A auditor, F formulary_admin, P policy_owner,
I interface, O operator, and - for somebody signed in who has no role. Everybody else is refused, with nothing written.
The first word is for GET, the second for POST; a door of the REST interface has one word for each method it knows.
"""

ALL = "CLAFPIO-"
"""Everybody who is signed in."""
NOBODY = ""
READ = "CLAPI"
WORK = "CL"
TAKE_IN = "CLIO"
LEAD = "L"
FORMULARY = "F"
AUDIT = "A"
IMPACT = "LAP"
ANSWER = "CLI"
"""Works reviews or takes in, and reads encounters."""
NO_SUCH = "no such method"
"""The door does not know the method, whoever asks: 405."""
LEADS_BACK = ALL
"""A plain visit to an act does nothing and leads to the page it belongs to, which asks for itself."""

PAGES: dict[str, tuple[str, str]] = {
    "home": (ALL, ALL),
    "login": (ALL, ALL),
    "account_login": (ALL, ALL),
    "mfa_authenticate": (ALL, ALL),
    "logout": (NO_SUCH, ALL),
    "session": (ALL, ALL),
    # Everybody's own account.
    "account_inactive": (NOBODY, NO_SUCH),
    "account_reauthenticate": (ALL, ALL),
    "mfa_reauthenticate": (ALL, ALL),
    "password": (ALL, ALL),
    "mfa_index": (ALL, NO_SUCH),
    "mfa_activate_totp": (ALL, ALL),
    "mfa_deactivate_totp": (ALL, ALL),
    "mfa_view_recovery_codes": (ALL, NO_SUCH),
    "mfa_generate_recovery_codes": (ALL, ALL),
    "healthz": (ALL, NO_SUCH),
    "api-schema": (ALL, NO_SUCH),
    "api-docs": (ALL, NO_SUCH),
    # The formulary is for whoever has signed in; imports are for those who maintain it.
    "drugs:index": (ALL, ALL),
    "drugs:gaps": (ALL, ALL),
    "drugs:detail": (ALL, ALL),
    "drugs:imports": (FORMULARY, FORMULARY),
    "drugs:import": (FORMULARY, NO_SUCH),
    "drugs:import-progress": (FORMULARY, NO_SUCH),
    "drugs:import-count": (FORMULARY, NO_SUCH),
    "drugs:import-conflicts": (FORMULARY, NO_SUCH),
    "drugs:import-encounters": (FORMULARY, NO_SUCH),
    "drugs:import-decide": (NO_SUCH, FORMULARY),
    "drugs:import-publish": (NO_SUCH, FORMULARY),
    "drugs:import-roll-back": (NO_SUCH, FORMULARY),
    "drugs:import-abandon": (NO_SUCH, FORMULARY),
    "drugs:import-compare": (NO_SUCH, FORMULARY),
    "unmapped:index": (FORMULARY, NO_SUCH),
    "unmapped:name": (FORMULARY, NO_SUCH),
    "unmapped:map": (NO_SUCH, FORMULARY),
    "unmapped:add": (NO_SUCH, FORMULARY),
    "unmapped:progress": (FORMULARY, NO_SUCH),
    "rules:index": (ALL, NO_SUCH),
    "rules:conformance": (ALL, NO_SUCH),
    "keys:index": (ALL, NO_SUCH),
    "keys:change": (NO_SUCH, ALL),
    "keys:switch": (NO_SUCH, ALL),
    "keys:reset": (NO_SUCH, ALL),
    "guide": (ALL, NO_SUCH),
    "help": (ALL, NO_SUCH),
    # Encounters are among what it finds for whoever reads them only.
    "palette": (NO_SUCH, ALL),
    # The queue and its acts.
    "review:queue": (READ, NO_SUCH),
    "review:next": (LEADS_BACK, WORK),
    # Leads to the queue, which asks who is there.
    "review:search": (LEADS_BACK, ALL),
    "review:claims": (READ, NO_SUCH),
    "review:assign": (LEAD, LEAD),
    "review:together": (WORK, WORK),
    "review:narrow": (READ, NO_SUCH),
    "review:keep_filter": (LEADS_BACK, READ),
    "review:remove_filter": (LEADS_BACK, READ),
    "review:appearance": (NO_SUCH, ALL),
    # The workbench: reading for whoever reads, acting for whoever works.
    "review:encounter": (READ, NO_SUCH),
    "review:line": (READ, NO_SUCH),
    "review:why": (READ, NO_SUCH),
    "review:codes": (READ, NO_SUCH),
    "review:compare": (READ, NO_SUCH),
    "review:accept": (LEADS_BACK, WORK),
    "review:pend": (LEADS_BACK, WORK),
    "review:second_review": (LEADS_BACK, WORK),
    "review:return": (LEADS_BACK, LEAD),
    "review:wake": (LEADS_BACK, WORK),
    "review:reopen": (LEADS_BACK, LEAD),
    "review:skip": (LEADS_BACK, WORK),
    "review:undo": (LEADS_BACK, WORK),
    # Whoever reads is told that the lease is not theirs; nothing is written.
    "review:heartbeat": (LEADS_BACK, READ),
    "review:release": (LEADS_BACK, WORK),
    "review:see": (LEADS_BACK, WORK),
    "review:note": (LEADS_BACK, WORK),
    "review:what_if": (READ, READ),
    "review:addendum": (LEADS_BACK, WORK),
    "review:withdraw_addendum": (LEADS_BACK, WORK),
    "review:ask_form": (READ, NO_SUCH),
    "review:ask": (LEADS_BACK, WORK),
    "review:add_line": (READ, WORK),
    "review:accept_line": (LEADS_BACK, WORK),
    "review:line_form": (READ, WORK),
    "clinic:index": (READ, NO_SUCH),
    "clinic:query": (READ, ANSWER),
    "clinic:withdraw": (LEADS_BACK, WORK),
    "history:encounter": (READ, NO_SUCH),
    "audit:dossier": (AUDIT, NO_SUCH),
    "audit:samples": (AUDIT, NO_SUCH),
    "audit:new_sample": (AUDIT, AUDIT),
    "audit:sample": (AUDIT, NO_SUCH),
    "audit:export_sample": (AUDIT, NO_SUCH),
    "audit:next_item": (AUDIT, NO_SUCH),
    "audit:item": (AUDIT, AUDIT),
    "audit:rule": (NO_SUCH, WORK + AUDIT),
    "audit:answers": (WORK, NO_SUCH),
    "reports:index": (WORK + AUDIT, NO_SUCH),
    "reports:export": (WORK + AUDIT, NO_SUCH),
    "impact:index": (IMPACT, IMPACT),
    "impact:study": (IMPACT, NO_SUCH),
    "impact:progress": (IMPACT, NO_SUCH),
    "impact:overpayments": (IMPACT, NO_SUCH),
    "review:routing": (LEAD, NO_SUCH),
    "review:add_rule": (LEADS_BACK, LEAD),
    "review:remove_rule": (LEADS_BACK, LEAD),
    "review:set_skill": (LEADS_BACK, LEAD),
    "audit:seeding": (AUDIT + LEAD, AUDIT + LEAD),
    "audit:trail": (AUDIT, NO_SUCH),
    "audit:export": (AUDIT, NO_SUCH),
    "audit:sign_off": (NO_SUCH, AUDIT),
    "audit:replay": (AUDIT, NO_SUCH),
    "intake:index": (TAKE_IN, TAKE_IN),
    "intake:batch": (TAKE_IN, NO_SUCH),
    "intake:template": (ALL, NO_SUCH),
    "intake:settle": (NO_SUCH, TAKE_IN),
}
API: dict[str, dict[str, str]] = {
    "drugs-api:drug-list": {"get": ALL},
    "drugs-api:drug-detail": {"get": ALL},
    "drugs-api:drug-prices": {"get": ALL},
    "drugs-api:drug-statuses": {"get": ALL},
    "drugs-api:drug-resolve": {"get": ALL},
    "drugs-api:import-list": {"get": FORMULARY},
    "drugs-api:import-detail": {"get": FORMULARY},
    "drugs-api:import-groups": {"get": FORMULARY},
    "drugs-api:import-differences": {"get": FORMULARY},
    "drugs-api:import-conflicts": {"get": FORMULARY},
    "drugs-api:import-acts": {"get": FORMULARY},
    "encounters-api:unmapped-list": {"get": FORMULARY},
    "encounters-api:unmapped-map": {"post": FORMULARY},
    "encounters-api:encounter-list": {"get": READ, "post": TAKE_IN},
    "encounters-api:encounter-detail": {"get": READ},
    "encounters-api:run-list": {"get": READ},
    "encounters-api:run-detail": {"get": READ},
    "encounters-api:line-list": {"get": READ},
    "encounters-api:batch-list": {"get": TAKE_IN},
    "encounters-api:batch-detail": {"get": TAKE_IN},
    "encounters-api:query-list": {"get": READ},
    "encounters-api:query-detail": {"get": READ},
    "encounters-api:query-answer": {"post": ANSWER},
}
LOOKED_UP_FIRST = frozenset(
    {
        *("audit:sample", "audit:export_sample", "audit:next_item", "audit:item", "audit:rule"),
        *("review:remove_rule", "review:set_skill"),
    }
)
"""Doors that say "no such" before they ask who is there, and of which the world of these tests holds none: for who is
not heard, 404 is a refusal too. That they refuse what there is stands in the tests of their pages."""
OPEN_TO_STRANGERS = {
    "login": "here one signs in",
    "account_login": "as above, by the library's name",
    "mfa_authenticate": "the second step of signing in",
    "healthz": "a load balancer has no account",
}
"""Doors that need no sign-in, and why. Every other one leads a stranger to the sign-in, or answers 401."""


def heard(name: str, method: str) -> str:
    """The roles that a door hears on a method; NO_SUCH where it knows it not. Raises KeyError for an unnamed door."""
    if name in API:
        return API[name].get(method, NO_SUCH)
    return dict(zip(("get", "post"), PAGES[name], strict=True))[method]
