"""`manage.py impact`: what proposed rules or policies would do to encounters, before they are published."""

from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from encounters import impact, overpayments
from encounters.installed import load_rulebook
from rules.errors import RulebookError
from rules.rulebook import loader
from rules.rulebook.model import Rulebook


class Command(BaseCommand):
    """Nothing is stored, and nothing is changed."""

    help = "Show what a proposed rulebook, policy folder or policy value would do to open and accepted encounters."

    def add_arguments(self, parser: CommandParser) -> None:
        """What is proposed, for which days, and whether overpayments are listed."""
        parser.add_argument("--rulebook", type=Path, help="a folder of rules, as rules/data")
        parser.add_argument("--policy-dir", type=Path, help="a folder of the facility's own policies")
        parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="a policy key's value")
        parser.add_argument("--from", dest="first", type=date.fromisoformat, help="the first date of service")
        parser.add_argument("--until", type=date.fromisoformat, help="the first date of service after those")
        parser.add_argument("--examples", type=int, default=20)
        parser.add_argument("--overpayments", action="store_true", help="list accepted encounters billed for more")
        parser.add_argument("--identified", type=date.fromisoformat, help="when they were identified (default: today)")

    def handle(self, *args: Any, **options: Any) -> None:
        """Prints the figures and the encounters of most weight."""
        try:
            rulebook = self._proposed(options)
            overrides = dict(pair.split("=", 1) for pair in options["set"])
            if rulebook is None and not overrides and not options["overpayments"]:
                message = "Name what is proposed: --rulebook, --policy-dir or --set."
                raise CommandError(message)
            if rulebook is not None or overrides:
                self._impact(rulebook, overrides, options)
            if options["overpayments"]:
                self._overpayments(rulebook or load_rulebook(), options)
        except (RulebookError, ValueError) as error:
            raise CommandError(str(error)) from error

    def _proposed(self, options: dict[str, Any]) -> Rulebook | None:
        if options["rulebook"] is None and options["policy_dir"] is None:
            return None
        data_dir = options["rulebook"] or loader.DATA_DIR
        policy_dir = options["policy_dir"] or settings.POLICY_DIR
        return Rulebook(loader.read_content(data_dir=data_dir, policy_dir=policy_dir))

    def _impact(self, rulebook: Rulebook | None, overrides: dict[str, str], options: dict[str, Any]) -> None:
        proposal = impact.Proposal(rulebook=rulebook, overrides=overrides, on=options["first"], until=options["until"])
        found = impact.assess(proposal, examples=options["examples"])
        dollars = found.dollars_after - found.dollars_before
        self.stdout.write(
            f"{found.looked_at:,} encounters looked at: {len(found.open_ids):,} open and "
            f"{len(found.accepted_ids):,} accepted would change, {found.lines:,} lines, {dollars:+,.2f} US dollars"
        )
        for one in found.examples:
            state = "accepted" if one.is_accepted else "open"
            change = one.dollars_after - one.dollars_before
            before, after = ", ".join(one.before) or "nothing", ", ".join(one.after) or "nothing"
            self.stdout.write(
                f"encounter {one.encounter_id}, {one.date_of_service}, {state}: {before} → {after} ({change:+,.2f})"
            )

    def _overpayments(self, rulebook: Rulebook, options: dict[str, Any]) -> None:
        identified = options["identified"] or timezone.localdate()
        number, total = 0, Decimal(0)
        for one in overpayments.overpayments(rulebook=rulebook, identified_on=identified):
            number += 1
            total += one.dollars
            lines = ", ".join(f"{code} ×{was} for ×{should}" for code, was, should in one.lines)
            unpriced = f"; no price known of {', '.join(one.unpriced)}" if one.unpriced else ""
            self.stdout.write(
                f"encounter {one.encounter_id}, {one.date_of_service}: {lines}: {one.dollars:,.2f} US dollars, "
                f"to be returned by {one.return_by}{unpriced}"
            )
        self.stdout.write(f"{number:,} overpayments, {total:,.2f} US dollars (42 CFR 401.305)")
