"""Which event each address leaves in the trail, or why it needs none."""

from dataclasses import dataclass, field

from encounters.audit import Tag


@dataclass(frozen=True)
class Shows:
    """A visit shows something of patients, or of the trail, and leaves this event."""

    tag: Tag
    query: str = ""
    is_part: bool = False


@dataclass(frozen=True)
class Acts:
    """A form that is sent leaves this event, besides what a visit of it shows."""

    tag: Tag
    data: dict[str, object] = field(default_factory=dict)
    before: tuple[str, ...] = ()
    """Acts, by the end of their address, that must have been done before."""


@dataclass(frozen=True)
class Nothing:
    """No event, because."""

    reason: str


@dataclass(frozen=True)
class Domain:
    """A form that needs more than this test lays out: its event is written by the domain, as the source shows."""

    tag: Tag


NO_PATIENT = Nothing("shows nothing of patients and changes nothing")
FORMULARY = Nothing("the formulary: no patient, and its rows are their own history")
DRUG_NAMES = Nothing("names and doses of drugs as charted, and counts: no patient, and no encounter is named")
REVIEW = "review/<int:encounter_id>/"
LINE = f"{REVIEW}lines/<str:line_key>/"
NOTE = {"note": "please look", "reason": "please look"}

ROUTES: dict[str, Shows | Acts | Domain | Nothing] = {
    "": Nothing("leads on to a page"),
    "login/": Acts(Tag.SIGN_IN_FAILED, {"login": "nobody", "password": "x"}),
    "login/second-factor/": Nothing("in tests/infusion_coder/sign_in: needs a sign-in that waits for its second step"),
    "logout/": Acts(Tag.SIGNED_OUT),
    "session/": NO_PATIENT,
    "account/closed/": NO_PATIENT,
    "account/confirm/": Nothing("in tests/infusion_coder/sign_in: a wrong word leaves an event"),
    "account/confirm/code/": Nothing("in tests/infusion_coder/sign_in: a wrong code leaves an event"),
    "account/password/": Acts(
        Tag.RECORD_CHANGED,
        {"old_password": "pass", "new_password1": "a-long-new-word-1", "new_password2": "a-long-new-word-1"},
    ),
    "account/second-factor/": NO_PATIENT,
    "account/second-factor/set-up/": Nothing("in tests/infusion_coder/sign_in: needs a code of the moment"),
    "account/second-factor/remove/": Nothing("in tests/infusion_coder/sign_in: needs a second factor"),
    "account/second-factor/recovery-codes/": NO_PATIENT,
    "account/second-factor/recovery-codes/new/": Nothing("in tests/infusion_coder/sign_in: needs a second factor"),
    "healthz": NO_PATIENT,
    "api/schema/": NO_PATIENT,
    "api/docs/": NO_PATIENT,
    "api/v1/^encounters$": Shows(Tag.ENCOUNTERS_LISTED),
    "api/v1/^encounters/(?P<pk>[^/.]+)$": Shows(Tag.ENCOUNTER_VIEWED),
    "api/v1/^runs$": Shows(Tag.ENCOUNTERS_LISTED),
    "api/v1/^runs/(?P<pk>[^/.]+)$": Shows(Tag.RUN_VIEWED),
    "api/v1/^lines$": Shows(Tag.ENCOUNTERS_LISTED),
    "api/v1/^batches$": Nothing("names of files and counts"),
    "api/v1/^batches/(?P<pk>[^/.]+)$": Nothing("the name of a file and counts"),
    "api/v1/^queries$": Domain(Tag.ENCOUNTERS_LISTED),
    "api/v1/^queries/(?P<pk>[^/.]+)$": Domain(Tag.ENCOUNTER_VIEWED),
    "api/v1/^queries/(?P<pk>[^/.]+)/answer$": Domain(Tag.QUERY_ANSWERED),
    "api/v1/drugs/^$": FORMULARY,
    "api/v1/drugs/^resolve/$": FORMULARY,
    "api/v1/drugs/^(?P<pk>\\d+)/$": FORMULARY,
    "api/v1/drugs/^prices/$": FORMULARY,
    "api/v1/drugs/^statuses/$": FORMULARY,
    "api/v1/^drugs/unmapped$": DRUG_NAMES,
    "api/v1/^drugs/unmapped/map$": Domain(Tag.RECODING_REQUESTED),
    "drugs/unmapped/": DRUG_NAMES,
    "drugs/unmapped/name/": DRUG_NAMES,
    "drugs/unmapped/map/": Domain(Tag.RECODING_REQUESTED),
    "drugs/unmapped/add/": Domain(Tag.RECODING_REQUESTED),
    "drugs/unmapped/recodings/<int:recoding_id>/": DRUG_NAMES,
    "review/": Shows(Tag.ENCOUNTERS_LISTED),
    "review/next/": Acts(Tag.ENCOUNTER_CLAIMED),
    "review/assign/": Acts(Tag.ENCOUNTER_ASSIGNED, {"encounter": "<int:encounter_id>", "to": "<user>"}),
    "review/together/": Shows(Tag.ENCOUNTERS_LISTED, "?of=<int:encounter_id>"),
    "review/narrow/": NO_PATIENT,
    "review/filters/": Nothing("somebody's own filter of the queue"),
    "review/filters/remove/": Nothing("somebody's own filter of the queue"),
    "review/claims/": Nothing("who is at work on which number; nothing of the patient"),
    "review/routing/": Nothing("rules, skills and counts of encounters; no patient"),
    "review/routing/add/": Acts(Tag.ROUTING_ADDED, {"skill": "infusions", "family": "therapeutic"}),
    "review/routing/remove/": Domain(Tag.ROUTING_REMOVED),
    "review/routing/skill/": Domain(Tag.SKILL_SET),
    "review/appearance/": NO_PATIENT,
    REVIEW: Shows(Tag.ENCOUNTER_VIEWED),
    f"{REVIEW}accept/": Acts(Tag.ENCOUNTER_ACCEPTED, {"reason": "the clinic confirmed it"}),
    f"{REVIEW}pend/": Acts(Tag.ENCOUNTER_PENDED, {"pend_reason": "clinic", "reason": "clinic"}),
    f"{REVIEW}second-review/": Acts(Tag.ENCOUNTER_SENT_TO_SECOND_REVIEW, NOTE),
    f"{REVIEW}return/": Acts(Tag.ENCOUNTER_RETURNED, NOTE, before=("second-review/",)),
    f"{REVIEW}wake/": Acts(Tag.ENCOUNTER_WOKEN, before=("pend/",)),
    f"{REVIEW}reopen/": Acts(Tag.ENCOUNTER_REOPENED, NOTE, before=("accept/",)),
    f"{REVIEW}skip/": Acts(Tag.ENCOUNTER_RELEASED),
    f"{REVIEW}undo/": Acts(Tag.LINE_UNDONE, before=("lines/<str:line_key>/accept/",)),
    f"{REVIEW}heartbeat/": Nothing("keeps a claim that stands in the trail already"),
    f"{REVIEW}release/": Acts(Tag.ENCOUNTER_RELEASED),
    f"{REVIEW}see/": Domain(Tag.ADMINISTRATION_SEEN),
    f"{REVIEW}codes/": Nothing("codes that fit what is typed; nothing of the patient"),
    f"{REVIEW}notes/": Domain(Tag.NOTE_WRITTEN),
    f"{REVIEW}what-if/": Shows(Tag.ENCOUNTER_VIEWED, "?of=a1&administration=a1"),
    f"{REVIEW}addenda/": Domain(Tag.ADDENDUM_ADDED),
    f"{REVIEW}addenda/<int:addendum_id>/withdraw/": Domain(Tag.ADDENDUM_WITHDRAWN),
    f"{REVIEW}compare/": Shows(Tag.ENCOUNTER_VIEWED),
    f"{REVIEW}ask/": Shows(Tag.ENCOUNTER_VIEWED, "?administration=a1&kind=stop_time"),
    f"{REVIEW}ask/send/": Domain(Tag.QUERY_ASKED),
    "queries/": Domain(Tag.ENCOUNTERS_LISTED),
    "queries/<int:query_id>/": Domain(Tag.QUERY_ANSWERED),
    "queries/<int:query_id>/withdraw/": Domain(Tag.QUERY_WITHDRAWN),
    f"{LINE}why/": Shows(Tag.ENCOUNTER_VIEWED, is_part=True),
    f"{REVIEW}add-line/": Acts(
        Tag.LINE_ADDED,
        {
            "code": "96375",
            "units": 1,
            "modifiers": "",
            "reason_code": "suggestion",
            "reason": "",
            "administrations": "a1",
        },
    ),
    LINE: Shows(Tag.ENCOUNTER_VIEWED),
    f"{LINE}accept/": Acts(Tag.LINE_ACCEPTED),
    f"{LINE}<slug:mode>/": Acts(
        Tag.LINE_OVERRIDDEN, {"code": "96374", "units": 1, "modifiers": "", "reason_code": "suggestion", "reason": ""}
    ),
    "history/<int:encounter_id>/": Shows(Tag.HISTORY_VIEWED),
    "intake/": Nothing("names of files and counts; a file that is sent leaves an event of each batch and encounter"),
    "intake/<int:batch_id>/": Shows(Tag.REFUSALS_VIEWED),
    "intake/template.<slug:file_format>": NO_PATIENT,
    "intake/refusals/<int:refusal_id>/settle/": Acts(Tag.REFUSAL_SETTLED, {"reason": "charted twice"}),
    "audit/trail/": Shows(Tag.TRAIL_VIEWED, "?encounter=<int:encounter_id>"),
    "audit/trail/export.csv": Shows(Tag.TRAIL_EXPORTED, "?encounter=<int:encounter_id>"),
    "audit/trail/sign-off/": Acts(Tag.TRAIL_SIGNED_OFF, {"last_event": 2**40, "note": "read"}),
    "audit/replay/<int:run_id>/": Shows(Tag.RUN_REPLAYED),
    "guide/": NO_PATIENT,
    "help/": NO_PATIENT,
    "keys/": NO_PATIENT,
    "keys/change/": Nothing("somebody's own keys"),
    "keys/switch/": Nothing("somebody's own keys"),
    "keys/reset/": Nothing("somebody's own keys"),
    "palette/": Acts(Tag.ENCOUNTERS_LISTED, {"q": "cefazolin"}),
    "review/search/": Nothing("leads to the queue, which is a visit of its own"),
    "impact/": Domain(Tag.IMPACT_REQUESTED),
    "impact/overpayments/": Shows(Tag.IMPACT_VIEWED),
    "impact/<int:study_id>/": Domain(Tag.IMPACT_VIEWED),
    "impact/<int:study_id>/progress/": Nothing("a number of encounters"),
    "reports/": Nothing("sums; nobody's encounter is named"),
    "reports/export.csv": Domain(Tag.REPORT_EXPORTED),
    "audit/dossier/<int:encounter_id>/": Shows(Tag.DOSSIER_EXPORTED),
    "audit/samples/": Nothing("names of samples and counts"),
    "audit/samples/new/": Domain(Tag.SAMPLE_DRAWN),
    "audit/samples/<int:sample_id>/": Domain(Tag.SAMPLE_VIEWED),
    "audit/samples/<int:sample_id>/export.zip": Domain(Tag.SAMPLE_EXPORTED),
    "audit/samples/<int:sample_id>/next/": Nothing("leads on to an encounter of a sample"),
    "audit/samples/<int:sample_id>/<int:position>/": Domain(Tag.ITEM_VIEWED),
    "audit/rulings/<int:audit_id>/<int:row>/": Domain(Tag.ITEM_RULED),
    "audit/seeding/": Domain(Tag.SEEDING_SET),
    "audit/answers/": Domain(Tag.ENCOUNTERS_LISTED),
    "rules/": NO_PATIENT,
    "rules/conformance/": NO_PATIENT,
    "admin/": NO_PATIENT,
    "admin/login/": Nothing("leads on to the sign-in"),
    "admin/logout/": Acts(Tag.SIGNED_OUT),
    "admin/password_change/": Acts(
        Tag.RECORD_CHANGED,
        {"old_password": "pass", "new_password1": "a-long-new-word-1", "new_password2": "a-long-new-word-1"},
    ),
    "admin/password_change/done/": NO_PATIENT,
    "admin/autocomplete/": Nothing("no admin of ours asks for completion: every request is refused"),
    "admin/jsi18n/": NO_PATIENT,
    "admin/r/<path:content_type_id>/<path:object_id>/": Nothing("leads on; no model of ours has an address"),
    "admin/(?P<url>.*)$": Nothing("says that there is no such page"),
}
# Addresses of the formulary, all of them: no patient is known there.
FORMULARY_PREFIXES = ("drugs/", "admin/drugs/", "api/v1/drugs/^imports/")
