"""Every picture of docs/screenshots: which page, who sees it, and what is done before the picture is taken.

Names are those of the pages in tests/browser/pages.py, which a test compares; further ones show other faces of a page.
"""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Picture:
    """`address` has the places of `screenshot_scenes`; `who` is a person of the demo, nobody, or GUARDED, HALF_IN.

    `first` is an address that is visited before; `keys` are pressed once the page stands, and `shown` is there before
    the picture is taken. `is_wide`: taken at the larger size too. `is_charted_later`: documentation arrives while the
    page lies open. `held_by` has it open too.
    """

    who: str
    address: str
    keys: tuple[str, ...] = ()
    first: str = ""
    shown: str = ""
    is_wide: bool = False
    is_charted_later: bool = False
    held_by: str = ""


NOBODY, HALF_IN, GUARDED = "", "between the steps", "with a second factor"
WORKBENCH = ".line[aria-current]"
PICTURES: dict[str, Picture] = {
    "sign-in": Picture(NOBODY, "/login/"),
    "account-closed": Picture(NOBODY, "/account/closed/"),
    "second-step": Picture(HALF_IN, "/login/second-factor/"),
    "account": Picture("coder", "/account/second-factor/"),
    "account-guarded": Picture(GUARDED, "/account/second-factor/"),
    "confirm": Picture("coder", "/account/confirm/"),
    "confirm-by-code": Picture(GUARDED, "/account/confirm/code/"),
    "password": Picture("coder", "/account/password/"),
    "second-factor-set-up": Picture("coder", "/account/second-factor/set-up/"),
    "second-factor-removed": Picture(GUARDED, "/account/second-factor/remove/"),
    "recovery-codes": Picture(GUARDED, "/account/second-factor/recovery-codes/"),
    "new-recovery-codes": Picture(GUARDED, "/account/second-factor/recovery-codes/new/"),
    # The queue.
    "queue": Picture("coder", "/review/", is_wide=True),
    "queue-lead": Picture("lead", "/review/"),
    "queue-of-nothing": Picture("coder", "/review/?q=nobody-is-called-that"),
    "queue-searched": Picture("coder", "/review/?q=oxaliplatin"),
    "queue-pended": Picture("coder", "/review/?tab=pended"),
    "queue-accepted": Picture("coder", "/review/?tab=accepted"),
    "palette": Picture("coder", "/review/", ("Control+k",), shown="#palette[open]"),
    "queue-keys": Picture("coder", "/review/", ("?",), shown="#keys[open]"),
    "queue-help": Picture("coder", "/review/", ("F1",), shown="#help[open]"),
    "queue-narrowed": Picture("coder", "/review/", ("n",), shown="#panel[open] form"),
    "narrow": Picture("coder", "/review/narrow/"),
    "assign": Picture("lead", "/review/assign/?of={finding}"),
    "accept-together": Picture("coder", "/review/together/?of={alike}"),
    "accept-together-none": Picture("coder", "/review/together/?of={clean}"),
    "routing": Picture("lead", "/review/routing/"),
    # The workbench.
    "workbench-clean": Picture("coder", "/review/{clean}/", shown=WORKBENCH, is_wide=True),
    "workbench-with-findings": Picture("coder", "/review/{finding}/", ("w",), shown=".line .steps", is_wide=True),
    "workbench-second-access": Picture("coder", "/review/{access}/", ("j",), shown=WORKBENCH, is_wide=True),
    "workbench-midnight": Picture("coder", "/review/{midnight}/", shown=WORKBENCH, is_wide=True),
    "workbench-edited": Picture("coder", "/review/{edited}/", shown=WORKBENCH),
    "workbench-pended": Picture("coder", "/review/{pended}/"),
    "workbench-accepted": Picture("coder", "/review/{accepted}/"),
    "workbench-changed-since-accepted": Picture("coder", "/review/{changed}/"),
    "workbench-held-by-another": Picture("coder", "/review/{held}/", held_by="coder2"),
    "workbench-in-second-review": Picture("lead", "/review/{second}/"),
    "workbench-not-coded-yet": Picture("coder", "/review/{waiting}/"),
    "workbench-that-failed": Picture("coder", "/review/{failed}/"),
    "workbench-stale": Picture("coder", "/review/{stale}/", shown=".ribbon.stale", is_charted_later=True),
    "line-edited": Picture("coder", "/review/{clean}/?edit={line}"),
    "line-rejected": Picture("coder", "/review/{clean}/?reject={line}"),
    "line-added": Picture("coder", "/review/{clean}/?add=1"),
    "why": Picture("coder", "/review/{clean}/?why={line}"),
    "what-if": Picture("coder", "/review/{finding}/what-if/?administration=a1", first="/review/{finding}/"),
    "ask-the-clinic": Picture(
        "coder", "/review/{finding}/ask/?administration=a1&finding=missing_stop_time", first="/review/{finding}/"
    ),
    "compare": Picture("coder", "/review/{clean}/compare/"),
    "pend": Picture("coder", "/review/{finding}/", ("h",), shown="#pend[open]"),
    "send-to-second-review": Picture("coder", "/review/{finding}/", ("r",), shown="#second[open]"),
    "accept-in-spite": Picture("coder", "/review/{finding}/", ("Enter",), shown="#accept-dialog[open]"),
    "workbench-keys": Picture("coder", "/review/{clean}/", ("?",), shown="#keys[open]"),
    "questions": Picture("coder", "/queries/"),
    "question": Picture("coder", "/queries/{query}/"),
    "question-answered": Picture("coder", "/queries/{answered_query}/"),
    # Audit.
    "trail": Picture("auditor", "/audit/trail/", is_wide=True),
    "trail-of-an-encounter": Picture("auditor", "/audit/trail/?encounter={accepted}"),
    "replay": Picture("auditor", "/audit/replay/{run}/"),
    "replay-that-differs": Picture("auditor", "/audit/replay/{older_run}/"),
    "history": Picture("auditor", "/history/{accepted}/"),
    "samples": Picture("auditor", "/audit/samples/", is_wide=True),
    "new-sample": Picture("auditor", "/audit/samples/new/"),
    "sample": Picture("auditor", "/audit/samples/{sample}/", is_wide=True),
    "sample-read-blind": Picture("auditor", "/audit/samples/{sample}/{blind_item}/"),
    "sample-read-exact": Picture("auditor", "/audit/samples/{sample}/{exact_item}/"),
    "sample-read-differs": Picture("auditor", "/audit/samples/{sample}/{item}/"),
    "answers": Picture("lead", "/audit/answers/"),
    "answers-none": Picture("coder6", "/audit/answers/"),
    "automation-bias": Picture("auditor", "/audit/seeding/"),
    # Taking in, and the formulary.
    "intake": Picture("operator", "/intake/", is_wide=True),
    "batch": Picture("operator", "/intake/{batch}/", is_wide=True),
    "unmapped": Picture("formulary", "/drugs/unmapped/"),
    "unmapped-name": Picture("formulary", "/drugs/unmapped/name/?name=zofrn&why=unknown"),
    "recoding": Picture("formulary", "/drugs/unmapped/recodings/{recoding}/"),
    "drugs": Picture("formulary", "/drugs/", is_wide=True),
    "drugs-searched": Picture("formulary", "/drugs/?q=oxali"),
    "drug": Picture("formulary", "/drugs/{drug}/", is_wide=True),
    "gaps": Picture("formulary", "/drugs/gaps/"),
    "imports": Picture("formulary", "/drugs/imports/"),
    "import": Picture("formulary", "/drugs/imports/{import}/", is_wide=True),
    "import-published": Picture("formulary", "/drugs/imports/{published_import}/"),
    "import-refused": Picture("formulary", "/drugs/imports/{refused_import}/"),
    "import-conflicts": Picture("formulary", "/drugs/imports/{import}/conflicts/"),
    "import-encounters": Picture("formulary", "/drugs/imports/{import}/encounters/"),
    # Rules, what a change would do, and the work in numbers.
    "rules": Picture("coder", "/rules/", is_wide=True),
    "conformance": Picture("coder", "/rules/conformance/"),
    "impact": Picture("formulary", "/impact/", is_wide=True),
    "impact-of-a-change": Picture("formulary", "/impact/{study}/", is_wide=True),
    "overpayments": Picture("formulary", "/impact/overpayments/"),
    "reports": Picture("lead", "/reports/", is_wide=True),
    "guide": Picture("coder", "/guide/"),
    "help": Picture("coder", "/help/"),
    "keys": Picture("coder", "/keys/"),
    "no-such-page": Picture("coder", "/no-such-page/"),
    "not-allowed": Picture("coder", "/review/routing/"),
}
