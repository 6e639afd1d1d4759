"""How long a coder waits in a real browser: from a key in the what-if to the codes drawn, and for the next encounter.

`python -m tests.bench.keystrokes` serves the clinic that `tests.bench.pages` filled (`VAR_DIR`, by default `var/bench`)
with the web server of `make run`, opens it in the system's Chromium, types as a person does and looks at the clock of
the browser itself: from the key going down until the frame behind the drawn answer. Server, database and browser
share the machine. `--write FILE` puts the table into the page of figures, between its own headings.
"""

import argparse
import contextlib
import os
import re
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from statistics import median, quantiles
from typing import TYPE_CHECKING

from infusion_coder import native
from tests.bench.pages import FILLED
from tests.browser.conftest import NAMES

if TYPE_CHECKING:
    from playwright.sync_api import Page

HEADING = "## Keystrokes"
ENCOUNTERS = 40
WARM_UP = 5
START_SECONDS = 60
BETWEEN_KEYS_MILLISECONDS = 120
"""A practised typist's hundred keys in twelve seconds."""
WATCH = """
window.waited = [];
let since = null, asked = 0, swapped = 0;
addEventListener("keydown", () => { since = performance.now(); }, true);
addEventListener("htmx:beforeRequest", () => { asked += 1; });
addEventListener("htmx:afterRequest", () => { asked -= 1; });
addEventListener("htmx:afterSwap", (event) => {
  if (event.target.id !== "what-if-result") return;
  const begun = since;
  swapped += 1;
  requestAnimationFrame(() => setTimeout(() => window.waited.push(performance.now() - begun)));
});
const begun = Number(sessionStorage.getItem("skipped"));
sessionStorage.removeItem("skipped");
const clock = () => performance.timeOrigin + performance.now();
addEventListener("keydown", (event) => { if (event.key === "s") sessionStorage.setItem("skipped", clock()); }, true);
const drawn = () => { window.turned = clock() - begun; };
addEventListener("DOMContentLoaded", () => requestAnimationFrame(() => setTimeout(drawn)));
window.isAnswered = (before) => asked === 0 && waited.length === swapped && swapped > before;
"""
"""Notes how long each answer took from the key before it to the frame that shows it, and a page from the key that left
the one before."""
LOADED = """() => {
  const [loaded] = performance.getEntriesByType("navigation");
  return [loaded.responseStart - loaded.requestStart, loaded.domContentLoadedEventEnd];
}"""
OPENED = """(given) => {
  const asked = new URLSearchParams({ administration: given, field: "stopped_at" });
  return htmx.ajax("GET", `${panel.dataset.whatIf}?${asked}`, { source: panel, target: panel, swap: "innerHTML" });
}"""

Times = dict[str, list[float]]


def main(arguments: Sequence[str]) -> None:
    """Measures, prints, and writes where asked to."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.keystrokes", description=__doc__)
    parser.add_argument("--encounters", type=int, default=ENCOUNTERS)
    parser.add_argument("--write", type=Path, help="the file that the table goes into")
    chosen = parser.parse_args(arguments)
    place = Path(os.environ.setdefault("VAR_DIR", str(Path(__file__).parents[2] / "var" / "bench")))
    chromium = next(filter(None, map(shutil.which, NAMES)), None)
    if chromium is None or not (place / FILLED).exists():
        sys.exit("It takes a Chromium on the path, and a clinic filled by `python -m tests.bench.pages`.")
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "infusion_coder.settings")
    os.environ.setdefault("LOG_LEVEL", "CRITICAL")
    from infusion_coder.command_line import servers_for

    with servers_for(["bench", "measure"]):
        import django

        django.setup()
        cookie, trials = _prepared(chosen.encounters + WARM_UP)
        with _served() as address:
            said = table(_typed(chromium, address, cookie, trials))
    sys.stdout.write(said)
    if chosen.write is not None:
        page = chosen.write.read_text(encoding="utf-8")
        section = re.compile(rf"\n*^{HEADING}\n.*?(?=^## |\Z)", re.DOTALL | re.MULTILINE)
        chosen.write.write_text(f"{section.sub(chr(10) * 2, page).rstrip()}\n\n{said}", encoding="utf-8")


def _prepared(number: int) -> tuple[tuple[str, str], list[tuple[int, str]]]:
    """The cookie of a coder's session, and so many free encounters, each with an infusion that has a stop."""
    from django.conf import settings
    from django.contrib.auth.models import User
    from django.core.management import call_command
    from django.test import Client

    from encounters.models import DrugAdministration, Review
    from encounters.models.review import ReviewState

    call_command("migrate", interactive=False, verbosity=0)
    client = Client()
    client.force_login(User.objects.get(username="coder"))
    waiting = Review.objects.filter(state=ReviewState.READY, claimed_by=None, assigned_to=None)
    timed = DrugAdministration.objects.filter(
        encounter__in=waiting.order_by("pk").values("encounter")[: number * 10],
        started_at__isnull=False,
        stopped_at__isnull=False,
    )
    each = timed.order_by("encounter_id", "position").distinct("encounter_id")
    trials = list(islice(each.values_list("encounter_id", "external_id"), number))
    name = settings.SESSION_COOKIE_NAME
    return (name, client.cookies[name].value), trials


@contextlib.contextmanager
def _served() -> Iterator[str]:
    """The web server as `make run` starts it, at an address of its own."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    web = ("gunicorn", "infusion_coder.wsgi", "--bind", f"127.0.0.1:{port}", "--workers", "2", "--threads", "4")
    environment = os.environ | {native.SWITCH: os.environ.get(native.SWITCH, "1")}
    command = [sys.executable, "-m", *web, "--no-control-socket", "--log-level", "error"]
    with subprocess.Popen(command, env=environment) as server:
        try:
            _wait_until_served(f"http://127.0.0.1:{port}")
            yield f"http://127.0.0.1:{port}"
        finally:
            server.terminate()


def _wait_until_served(address: str) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until:
        with contextlib.suppress(urllib.error.URLError, ConnectionError):
            urllib.request.urlopen(f"{address}/login/", timeout=START_SECONDS)  # noqa: S310 -- its own address
            return
        time.sleep(0.2)
    sys.exit("The web server did not start.")


def _typed(chromium: str, address: str, cookie: tuple[str, str], trials: Sequence[tuple[int, str]]) -> Times:
    """Milliseconds by what was waited for."""
    from playwright.sync_api import sync_playwright

    times: Times = {}
    with sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=chromium, args=arguments)
        context = browser.new_context(viewport={"width": 1280, "height": 720})
        context.add_cookies([{"name": cookie[0], "value": cookie[1], "url": address}])
        context.add_init_script(WATCH)
        page = context.new_page()
        for number, trial in enumerate(trials):
            found = _one(page, address, *trial)
            for name, milliseconds in found.items() if number >= WARM_UP else ():
                times.setdefault(name, []).extend(milliseconds)
        browser.close()
    return times


def _one(page: "Page", address: str, encounter: int, administration: str) -> Times:
    """The queue and an encounter are opened, and in its what-if the stop is typed anew and four digits changed."""
    page.goto(f"{address}/review/")
    queue = page.evaluate(LOADED)
    page.goto(f"{address}/review/{encounter}/")
    workbench = page.evaluate(LOADED)
    page.locator("body[data-ready]").wait_for()
    page.evaluate(OPENED, administration)
    stop = page.locator("[name=stopped_at]:focus")
    stop.wait_for()
    stop.press("End")
    single: list[float] = []
    for digit in "0123":
        _key(page, "Backspace")
        single.append(_key(page, digit))
    typed = _run_of_keys(page)
    skipped = _skip(page)
    return {
        "queue: first byte": [queue[0]],
        "queue: drawn": [queue[1]],
        "workbench: first byte": [workbench[0]],
        "workbench: drawn": [workbench[1]],
        "what-if: one key": single,
        "what-if: last key of a time typed": [typed],
        "skip: the next encounter": [skipped],
    }


def _key(page: "Page", key: str) -> float:
    """Presses a key; milliseconds until what it changes was drawn and nothing more is on its way."""
    before = page.evaluate("waited.length")
    page.keyboard.press(key)
    page.wait_for_function("isAnswered", arg=before)
    return float(page.evaluate("waited.at(-1)"))


def _run_of_keys(page: "Page") -> float:
    """The minutes typed over without waiting for answers; the wait behind the last key."""
    for key in ("Backspace", "Backspace", "4"):
        page.keyboard.press(key)
        page.wait_for_timeout(BETWEEN_KEYS_MILLISECONDS)
    return _key(page, "5")


def _skip(page: "Page") -> float:
    """Skips the encounter; milliseconds until the next one is drawn, claimed and answers to keys."""
    page.keyboard.press("Escape")
    page.locator("#lines [aria-current]:focus").wait_for()
    here = page.url
    page.keyboard.press("s")
    page.wait_for_url(lambda address: address != here)
    page.wait_for_function("window.turned > 0")
    return float(page.evaluate("turned"))


def table(times: Times) -> str:
    """The section of figures."""
    rows = [
        f"| {name} | {len(found)} | {median(found):,.1f} | {quantiles(found, n=20)[-1]:,.1f} |"
        for name, found in times.items()
    ]
    said = [
        HEADING,
        "",
        f"Written by `make bench` on {datetime.now(UTC).date().isoformat()}, in a Chromium of 1280×720 before the web",
        "server of `make run` and the clinic of the section on pages, all on one machine with a load of",
        f"{os.getloadavg()[0]:.1f} on {os.cpu_count()} processors. Milliseconds by the browser's clock: from the key",
        "going down to the frame that shows the codes it changes, or the next encounter; and from asking for a page to",
        "its first byte and to its answering to keys. A time typed: a key each",
        f"{BETWEEN_KEYS_MILLISECONDS} ms, and the wait behind the last one.",
        "",
        "| waited for | times | median ms | p95 ms |",
        "| :-- | --: | --: | --: |",
        *rows,
        "",
    ]
    return "\n".join(said)


if __name__ == "__main__":
    main(sys.argv[1:])
