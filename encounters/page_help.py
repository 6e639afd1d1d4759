"""One paragraph of help for each page, by the name of its view: what the page is for, and what to do on it first."""

from collections.abc import Iterator, Mapping

_WORKBENCH = (
    "One encounter: on top the drugs as they were given, below the lines suggested for the claim, and beside them what "
    "is wrong or missing. Move through the lines with the keys named at the bottom; ask why for any of them, correct "
    "what is wrong and say your reason, look at everything that is not billed, then accept. Nothing leaves this page "
    "unsaved: an act is kept the moment it is done, and your last ten can be taken back."
)
_IMPORT = (
    "A file of CMS, compared with the formulary. Rows are grouped by what would change; approve what is right, row by "
    "row or a group at once, and withhold what is not, with a reason. Changed unit sizes and codes need a second "
    "person. Only publishing makes it count, and rolling back is a further version, so that nothing is lost."
)
_UNMAPPED = (
    "Drugs that were charted under a name, code or package that the formulary does not know, the most frequent first. "
    "Open one, see where it came from, and say which drug it is or add a new one. All encounters that wait for it are "
    "coded again at once; what coders have decided already stays."
)
_QUEUE = (
    "Everything that waits to be coded, best next first: by age against the payer's target, value, findings and filing "
    "limit; the bar under a row shows what its score is made of. Tabs narrow the list, the search finds record "
    "numbers, accounts, drugs and codes, and what you narrow often can be kept as a tab of your own. Open next hands "
    "out the best encounter that nobody holds of what you narrowed to, and what you skipped last."
)
_CLINIC = (
    "Questions that coders asked the clinic because the chart does not say. Each has its words, whom it was asked, and "
    "until when an answer counts. Write the answer as the clinic gave it and who gave it; the encounter is coded "
    "again and goes back to its coder, who sees only what changed."
)
_TRAIL = (
    "Everything that happened, in order, with who did it and when; looking at a patient is an event too. Narrow it by "
    "encounter, person, day or subject. The badge says whether the chain of events is whole. What you see can be taken "
    "out as a file and signed off; both leave an event."
)
_SAMPLES = (
    "Samples of accepted encounters, for measuring how right they are. Define what may be drawn, how many and why; the "
    "seed is shown, so that the same sample can be drawn again. Each encounter is read blind by its auditor, then "
    "compared; the results stand with their number and exact interval, and can be exported for anybody to check."
)
_ITEM = (
    "One encounter of a sample. Code it from the chart as you would have it, without seeing either answer; then lock, "
    "and what the coder and the rules said is revealed beside yours. What is locked cannot be changed; a difference is "
    "ruled on afterwards with a reason."
)
_IMPACT = (
    "What a change would do before it is published: another answer to a policy question, or rule files that you send. "
    "Every open and accepted encounter that might differ is coded both ways, and those that would change are counted "
    "with their dollars; nothing is changed. Give a day of identification as well, and accepted encounters billed for "
    "more than those rules give are listed with their deadline."
)

HELP: Mapping[str, str] = {
    "review:queue": _QUEUE,
    "review:assign": _QUEUE,
    "review:together": _QUEUE,
    "review:narrow": _QUEUE,
    "review:encounter": _WORKBENCH,
    "review:line_form": _WORKBENCH,
    "review:add_line": _WORKBENCH,
    "review:what_if": _WORKBENCH,
    "review:addendum": _WORKBENCH,
    "review:ask_form": _WORKBENCH,
    "review:why": _WORKBENCH,
    "review:line": _WORKBENCH,
    "review:compare": (
        "The same encounter under two policies, or on two days, side by side. Lines that differ are marked with the "
        "change in dollars, and below stand the questions that the two answer differently. Nothing here is saved: it "
        "is for finding out why a payer paid otherwise."
    ),
    "clinic:index": _CLINIC,
    "clinic:query": _CLINIC,
    "audit:trail": _TRAIL,
    "audit:samples": _SAMPLES,
    "audit:new_sample": _SAMPLES,
    "audit:sample": _SAMPLES,
    "audit:item": _ITEM,
    "audit:answers": (
        "What auditors found in encounters that you coded, and what was ruled where you and they differ. Read the rule "
        "that is named; where you hold that the auditor is wrong, say so to your lead, who can have it ruled anew."
    ),
    "review:routing": (
        "Who gets which encounters: a rule says that those of a payer, a site or a kind of drug need a skill, and "
        "below stands who has it. An encounter that needs a skill is handed out to people who have it only; everybody "
        "can still read it."
    ),
    "audit:seeding": (
        "Whether coders look before they accept: at a rate that you set with its dates, one line of a clean encounter "
        "is shown with one unit too many. Nobody can accept or export it; after the decision the coder is told. The "
        "table says how many were accepted, with an exact interval, and how many it takes to tell people apart."
    ),
    "impact:index": _IMPACT,
    "impact:study": _IMPACT,
    "impact:overpayments": (
        "Accepted encounters billed for more than corrected rules give, the first deadline first: an overpayment is "
        "reported and returned within the days that the rule gives, counted from the day it was first identified. "
        "Reopen the encounter and accept its corrected lines, and it leaves this list."
    ),
    "audit:replay": (
        "One coding run as it was, made again from what was kept, and compared byte for byte with what was stored; and "
        "beside it what the rules of today would make of the same chart. A difference to what was stored is a defect; "
        "a difference to today tells what has changed since."
    ),
    "history:encounter": (
        "Everything that happened to this encounter, the newest first: what came in, each run of the rules, each "
        "decision with who made it and why, and who looked. Nothing here can be changed; what was undone stays "
        "visible as undone."
    ),
    "intake:index": (
        "Files of administrations are taken in here, as CSV, spreadsheet or JSON; templates show the columns. Every "
        "row is either taken in or kept with the reason why not, and sending a file twice changes nothing twice. "
        "What was taken in is coded within seconds and appears in the queue."
    ),
    "intake:batch": (
        "One file: how many records came, how many were taken in, and each one that could not be, with its line and "
        "the reason. Mend them at the source and send the file again, or settle a record here with a reason when it "
        "needs nothing. An encounter with an open record waits and says so."
    ),
    "unmapped:index": _UNMAPPED,
    "unmapped:name": _UNMAPPED,
    "unmapped:map": _UNMAPPED,
    "unmapped:add": _UNMAPPED,
    "unmapped:progress": (
        "Encounters that are being coded again because of one change. It goes on by itself when you leave. What "
        "differs afterwards stands in the queue under the tab of what changed since it was accepted."
    ),
    "drugs:index": (
        "The formulary as it holds on a day. Search by name, brand, code or package number; choose another day to see "
        "what held then. A drug opens with its families, codes, packages, prices and history."
    ),
    "drugs:detail": (
        "One drug: which family it counts in under which policy, its codes with the amount of one unit, its packages "
        "and prices, each with the days they hold and where they come from. The history says who changed what, and on "
        "what authority."
    ),
    "drugs:gaps": (
        "What the formulary lacks on a day: drugs without a code or family, codes that have ended, names and packages "
        "that mean several drugs. Each of them will sooner or later hold up an encounter; begin at the top."
    ),
    "drugs:imports": (
        "Files of CMS that were sent, with their state. Send a new one: it is read and compared first, and changes "
        "nothing before two people have agreed to what matters and somebody publishes it for a date."
    ),
    "drugs:import": _IMPORT,
    "drugs:import-conflicts": _IMPORT,
    "drugs:import-encounters": _IMPORT,
    "rules:index": (
        "Every rule that codes are made by, in reading order, with its source, its dates, and whether published cases "
        "prove it; below, the policies of payers and the questions on which sources disagree. A rule named on the "
        "workbench is found here under its letter and number."
    ),
    "rules:conformance": (
        "Published worked cases with the answer their publisher gives and ours beside it. Where they differ the reason "
        "stands there: the publisher's answer is disputed, or we are wrong and say so."
    ),
    "reports:index": (
        "The work of a period in numbers: how much was accepted and how long it took, what waits and how old it is; "
        "why encounters were pended, what the charts lack by clinic, drug and hour, and where coders answered "
        "otherwise than the rules. Choose days and filters on top; the file holds the same figures. Coders see "
        "their own."
    ),
    "keys:index": (
        "Every key, and what it does. Type another character for one and press Enter; a key that is taken already is "
        "refused with what it does. Single keys can be switched off as a whole; the palette, with Ctrl-K, still holds "
        "every act."
    ),
    "mfa_index": (
        "Your own account: its password, and a second factor for signing in, with recovery codes for the day when that "
        "factor is lost. Nothing here touches your work."
    ),
    "guide": (
        "A first encounter, invented, on which nothing counts: it waits for the key that each step names. Leave it at "
        "any time; it goes on where you left it, on this machine."
    ),
    "help": "All of these paragraphs on one page. On any other page F1 opens the one that belongs to it.",
}


TITLES: Mapping[str, str] = {
    "review:queue": "Queue",
    "review:encounter": "Workbench",
    "review:compare": "Two policies",
    "clinic:index": "Questions to the clinic",
    "audit:trail": "Trail",
    "audit:samples": "Samples",
    "audit:item": "An encounter of a sample",
    "audit:answers": "Answers to audits",
    "review:routing": "Routing",
    "audit:seeding": "Automation bias",
    "impact:index": "Impact",
    "impact:overpayments": "Overpayments",
    "audit:replay": "Replay",
    "history:encounter": "History of an encounter",
    "intake:index": "Intake",
    "intake:batch": "A file taken in",
    "unmapped:index": "Unmapped drugs",
    "unmapped:progress": "Coding again",
    "drugs:index": "Drugs",
    "drugs:detail": "A drug",
    "drugs:gaps": "What the formulary lacks",
    "drugs:imports": "Imports",
    "drugs:import": "An import",
    "rules:index": "Rules",
    "rules:conformance": "Published cases",
    "reports:index": "Reports",
    "keys:index": "Keys",
    "mfa_index": "Your account",
    "guide": "Guide",
    "help": "Help",
}
"""What the page is called under which a paragraph stands, by the first view that has it."""


def titled() -> Iterator[tuple[str, str]]:
    """Every paragraph once, under the name of its page."""
    for view, paragraph in HELP.items():
        if view in TITLES:
            yield TITLES[view], paragraph


def help_of(view_name: str) -> str:
    """The paragraph of a page; nothing for a view that is none."""
    return HELP.get(view_name, "")
