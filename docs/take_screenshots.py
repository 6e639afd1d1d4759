"""Takes the screenshots of the documentation: an instance of its own with the demo content, a real Chromium.

`make screenshots` runs it. The instance lives in a temporary folder and is gone afterwards.
"""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from datetime import date, timedelta
from http import HTTPStatus
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "screenshots"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SIZES = ((1280, 720), (1920, 1080))
THEMES = ("light", "dark")
# Page by name: the account of the sample encounter, and the keys pressed before the picture is taken.
WORKBENCHES = {
    "workbench-clean": ("S-1005", ()),
    "workbench-findings": ("S-1002", ("w",)),
    "workbench-second-access": ("S-1025", ("j",)),
    "workbench-midnight": ("S-3001", ()),
}
# Every other page, at the smaller size only: who sees it, where it is, and the link that leads on from there, if any.
PAGES = {
    "sign-in": ("", "/login/", ""),
    "narrow": ("coder", "/review/narrow/", ""),
    "account": ("coder", "/account/second-factor/", ""),
    "password": ("coder", "/account/password/", ""),
    "accept-together": ("coder", "/review/?tab=ready", "a[href*='/review/together/']"),
    "assign": ("lead", "/review/", "a[href*='/review/assign/']"),
    "compare": ("coder", "/review/?q=S-1002", "tbody.e a >> a[href*='/compare/']"),
    "history": ("coder", "/review/?q=S-1002", "tbody.e a >> a[href*='/history/']"),
    "questions": ("coder", "/queries/", ""),
    "question": ("coder", "/queries/", "main a[href^='/queries/']"),
    "what-if": ("coder", "/review/?q=S-1002", "tbody.e a >> a[href*='/what-if/']"),
    "ask": ("coder", "/review/?q=S-1002", "tbody.e a >> a[href*='/ask/']"),
    "why": ("coder", "/review/?q=S-1002", "tbody.e a >> a[href*='?why=']"),
    "line-edited": ("coder", "/review/?q=S-1002", "tbody.e a >> a[href*='?edit=']"),
    "intake": ("coder", "/intake/", ""),
    "batch": ("coder", "/intake/", "main a[href^='/intake/']:not([href*=template])"),
    "reports": ("lead", "/reports/", ""),
    "routing": ("lead", "/review/routing/", ""),
    "samples": ("auditor", "/audit/samples/", ""),
    "new-sample": ("auditor", "/audit/samples/new/", ""),
    "sample": ("auditor", "/audit/samples/", "main a[href^='/audit/samples/']:not([href$='new/'])"),
    "sample-read-blind": (
        "auditor",
        "/audit/samples/",
        "main a[href^='/audit/samples/']:not([href$='new/']) >> main a[href$='/1/']",
    ),
    "automation-bias": ("auditor", "/audit/seeding/", ""),
    "answers": ("coder", "/audit/answers/", ""),
    "trail": ("auditor", "/audit/trail/", ""),
    "replay": ("auditor", "/review/?q=S-1002", "tbody.e a >> a[href*='/history/'] >> a[href*='/replay/']"),
    "drugs": ("formulary", "/drugs/", ""),
    "drug": ("formulary", "/drugs/?q=oxaliplatin", "main a[href^='/drugs/']"),
    "gaps": ("formulary", "/drugs/gaps/", ""),
    "unmapped": ("formulary", "/drugs/unmapped/", ""),
    "unmapped-name": ("formulary", "/drugs/unmapped/", "main a[href*='/unmapped/name/']"),
    "imports": ("formulary", "/drugs/imports/", ""),
    "rules": ("coder", "/rules/", ""),
    "conformance": ("coder", "/rules/conformance/", ""),
    "keys": ("coder", "/keys/", ""),
    "guide": ("coder", "/guide/", ""),
    "help": ("coder", "/help/", ""),
    "not-found": ("coder", "/no-such-page/", ""),
}
PATIENCE_SECONDS = 180
# So many encounters stand beside the samples, and so many of them wait.
ENCOUNTERS, WAITING = 150, 30
# The worker codes the samples after the site is up.
SETTLE_SECONDS = 20


def main() -> None:
    """Every picture lies in docs/screenshots."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None:
        sys.exit(f"No Chromium on the path (none of {', '.join(CHROMIUM)}).")
    TARGET.mkdir(exist_ok=True)
    with instance() as address, sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=found, args=arguments)
        fill(browser, address)
        for theme in THEMES:
            for width, height in SIZES:
                take_all(browser, address, theme=theme, width=width, height=height)
            take_others(browser, address, theme=theme)
        browser.close()


@contextlib.contextmanager
def instance() -> Iterator[str]:
    """The address of a fresh instance with the demo content."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory(prefix="infusion-coder-pictures-") as folder:
        environment = os.environ | {"VAR_DIR": folder, "PORT": str(port)}
        # Weeks of work, so that no page stands empty.
        build = [sys.executable, "manage.py", "demo_clinic", f"--encounters={ENCOUNTERS}", f"--waiting={WAITING}"]
        subprocess.run([sys.executable, "manage.py", "migrate", "--verbosity=0"], cwd=ROOT, env=environment, check=True)
        subprocess.run(build, cwd=ROOT, env=environment, check=True)
        server = subprocess.Popen([sys.executable, "-m", "infusion_coder.run"], cwd=ROOT, env=environment)
        try:
            address = f"http://127.0.0.1:{port}"
            wait_until_well(address, server)
            yield address
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=60)


def wait_until_well(address: str, server: "subprocess.Popen[bytes]") -> None:
    """The site says of itself that all its parts are well."""
    until = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < until:
        if server.poll() is not None:
            sys.exit("The instance ended by itself; see above.")
        if is_well(f"{address}/healthz"):
            return
        time.sleep(0.5)
    sys.exit(f"The instance was not well after {PATIENCE_SECONDS} s.")


def is_well(address: str) -> bool:
    """The address answers 200; it is our own, and begins with http."""
    try:
        with urllib.request.urlopen(address) as answer:  # noqa: S310
            return bool(answer.status == HTTPStatus.OK)
    except OSError:
        return False


def fill(browser: Browser, address: str) -> None:
    """A rule of routing, a question to the clinic, a measure of automation bias, and a sample, each by its page."""
    begins, ends = (f"{date.today() + timedelta(days=days):%Y-%m-%d}" for days in (7, 37))  # noqa: DTZ011 - far off
    acts = {
        "lead": ("/review/routing/", "form[action$='/add/']", {"family": 1, "skill": "chemotherapy"}),
        "auditor": (
            "/audit/seeding/",
            "form.asked",
            {"coder": 1, "percent": "5", "from_date": begins, "until_date": ends, "reason": "the yearly measure"},
        ),
    }
    for who, (there, form, values) in acts.items():
        page = browser.new_context(base_url=address).new_page()
        sign_in(page, who)
        page.goto(there)
        for name, value in values.items():
            field = page.locator(f"{form} [name={name}]")
            if isinstance(value, int):
                field.select_option(index=value)
            else:
                field.fill(value)
        page.locator(f"{form} [type=submit]").first.click()
        if who == "auditor":
            page.goto("/audit/samples/new/")
            page.locator("[name=name]").fill("Fourth quarter, all coders")
            for step in ("look", "draw"):
                page.locator(f"[name={step}]").click()
                page.wait_for_load_state()
        page.context.close()
    page = browser.new_context(base_url=address).new_page()
    sign_in(page)
    page.goto("/review/?q=S-1010")
    if lead_on(page, "tbody.e a >> a[href*='/ask/']"):
        page.locator("#ask [type=submit]").last.click()
        page.wait_for_load_state()
    page.context.close()


def take_all(browser: Browser, address: str, *, theme: str, width: int, height: int) -> None:
    """Each page once, in one theme and size."""
    context = browser.new_context(base_url=address, viewport={"width": width, "height": height}, color_scheme=theme)  # type: ignore[arg-type]
    page = context.new_page()
    sign_in(page)
    wait_until_coded(page)
    page.screenshot(path=TARGET / f"queue-{width}-{theme}.png")
    for name, (account, keys) in WORKBENCHES.items():
        page.goto(f"/review/?q={account}")
        page.locator("tbody.e a").first.click()
        page.locator(".line[aria-current]").wait_for()
        for key in keys:
            page.keyboard.press(key)
        page.screenshot(path=TARGET / f"{name}-{width}-{theme}.png")
        # Given back, so that the next queue shows nobody's hold.
        page.keyboard.press("g")
        page.keyboard.press("q")
        page.wait_for_url("**/review/")
    context.close()


def take_others(browser: Browser, address: str, *, theme: str) -> None:
    """Every page of `PAGES` once, each person in a browser of their own."""
    width, height = SIZES[0]
    for who in dict.fromkeys(who for who, _, _ in PAGES.values()):
        context = browser.new_context(base_url=address, viewport={"width": width, "height": height}, color_scheme=theme)  # type: ignore[arg-type]
        page = context.new_page()
        if who:
            sign_in(page, who)
        for name, (_, there, links) in ((name, entry) for name, entry in PAGES.items() if entry[0] == who):
            page.goto(there)
            if lead_on(page, links):
                page.screenshot(path=TARGET / f"{name}-{width}-{theme}.png")
            else:
                sys.stderr.write(f"No picture of {name}: nothing on {there} leads there.\n")
        context.close()


def lead_on(page: Page, links: str) -> bool:
    """Follow the links, one after the other, by their addresses; False where one is not there."""
    for link in filter(None, links.split(" >> ")):
        found = page.locator(link).first
        href = found.evaluate("link => link.href") if found.count() else None
        if href is None:
            return False
        page.goto(href)
    return True


def sign_in(page: Page, name: str = "coder") -> None:
    """One of the demo's people is signed in."""
    page.goto("/login/")
    page.get_by_label("Name").fill(name)
    page.get_by_label("Password").fill(os.environ.get("DEMO_PASSWORD", "infusion-demo"))
    page.keyboard.press("Enter")
    page.wait_for_url(lambda url: "/login/" not in url)


def wait_until_coded(page: Page) -> None:
    """The count of open encounters stands still."""
    until = time.monotonic() + SETTLE_SECONDS
    before = ""
    while time.monotonic() < until:
        page.goto("/review/")
        count = page.locator("#count-open").inner_text()
        if count == before and count != "0":
            return
        before = count
        time.sleep(1)


if __name__ == "__main__":
    main()
