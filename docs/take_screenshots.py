"""Takes the screenshots of the documentation: an instance of its own with the demo content, a real Chromium.

`make screenshots` runs it, `PICTURES="queue drug"` for some alone. The instance lives in a temporary folder and is gone
afterwards.
"""

import contextlib
import json
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
from http import HTTPStatus
from pathlib import Path
from typing import Any

from PIL import Image
from playwright.sync_api import Browser, Page, sync_playwright

from docs.screenshot_pages import GUARDED, HALF_IN, NOBODY, PICTURES, Picture

ROOT = Path(__file__).resolve().parent.parent
TARGET = ROOT / "docs" / "screenshots"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
SMALL, WIDE = (1280, 720), (1920, 1080)
THEMES = ("light", "dark")
EXACT, NEAR = 48, 208
"""Colours of a picture: so many of the most frequent as they are, and the nearest for the rest, a third of the size."""
RARE = 0.3
"""The power by which a colour's frequency counts among the rest: a small mark keeps its hue."""
PASSWORD = os.environ.get("DEMO_PASSWORD", "infusion-demo")
PATIENCE_SECONDS = 180
# So many encounters stand beside the samples, and so many of them wait.
ENCOUNTERS, WAITING = 150, 30
CONFIRM = "/account/confirm/"
# The browser asks for news of an encounter each minute.
NEWS_MILLISECONDS = 90_000


def main() -> None:
    """Every picture lies in docs/screenshots."""
    found = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if found is None:
        sys.exit(f"No Chromium on the path (none of {', '.join(CHROMIUM)}).")
    TARGET.mkdir(exist_ok=True)
    wanted = os.environ.get("PICTURES", "").split() or list(PICTURES)
    with tempfile.TemporaryDirectory(prefix="infusion-coder-pictures-") as folder, sync_playwright() as playwright:
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=found, args=arguments)
        with instance(Path(folder)) as (address, places):
            for theme in THEMES:
                take_all(Camera(browser, address, places, theme, Path(folder)), wanted)
        browser.close()


@contextlib.contextmanager
def instance(folder: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The address of a fresh instance, and the places of its pages; weeks of work, so that no page stands empty."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    environment = os.environ | {"VAR_DIR": str(folder), "PORT": str(port)}
    manage = [sys.executable, "manage.py"]
    clinic = ["demo_clinic", f"--encounters={ENCOUNTERS}", f"--waiting={WAITING}"]
    for arguments in (["migrate", "--verbosity=0"], clinic):
        subprocess.run([*manage, *arguments], cwd=ROOT, env=environment, check=True)
    places = json.loads(in_shell("prepare()", folder))
    server = subprocess.Popen([sys.executable, "-m", "infusion_coder.run"], cwd=ROOT, env=environment)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until_well(address, server)
        yield address, places
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=60)


def in_shell(act: str, folder: Path) -> str:
    """What an act of `screenshot_scenes` returns: the last line that its process prints."""
    command = f"from docs import screenshot_scenes as scenes; print(scenes.{act})"
    shell = [sys.executable, "manage.py", "shell", "--verbosity=0", f"--command={command}"]
    environment = os.environ | {"VAR_DIR": str(folder)}
    done = subprocess.run(shell, cwd=ROOT, env=environment, check=True, stdout=subprocess.PIPE, text=True)
    return done.stdout.strip().splitlines()[-1]


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


class Camera:
    """A browser in one theme before one instance, and where its pictures lie."""

    def __init__(self, browser: Browser, address: str, places: dict[str, Any], theme: str, folder: Path) -> None:
        """`folder` is the instance's."""
        self.address, self.places, self.theme, self.folder = address, places, theme, folder
        self._browser = browser

    def page_of(self, who: str) -> Page:
        """A browser of their own in which they are signed in, as far as they are."""
        width, height = SMALL
        context = self._browser.new_context(
            base_url=self.address,
            viewport={"width": width, "height": height},
            color_scheme=self.theme,  # type: ignore[arg-type]
            reduced_motion="reduce",
        )
        page = context.new_page()
        if who != NOBODY:
            self._sign_in(page, who)
        return page

    def _sign_in(self, page: Page, who: str) -> None:
        has_two_factors = who in {GUARDED, HALF_IN}
        page.goto("/login/")
        page.get_by_label("Name").fill("coder7" if has_two_factors else who)
        page.get_by_label("Password").fill(PASSWORD)
        page.keyboard.press("Enter")
        page.wait_for_url(lambda url: "/login/" not in url or (has_two_factors and "second-factor" in url))
        if who == GUARDED:
            page.locator("[name=code]").fill(self.places["session_codes"].pop())
            page.keyboard.press("Enter")
            page.wait_for_url(lambda url: "/login/" not in url)

    def take(self, page: Page, name: str, picture: Picture) -> None:
        """The picture lies in its file, at the larger size too where it is wide."""
        address = picture.address.format(**self.places)
        holder = self.page_of(picture.held_by) if picture.held_by else None
        if holder:
            holder.goto(address)
        if picture.first:
            page.goto(picture.first.format(**self.places))
        page.goto(address)
        if CONFIRM in page.url and CONFIRM not in address:
            page.get_by_label("Password").fill(PASSWORD)
            page.keyboard.press("Enter")
            page.wait_for_url(f"**{address}")
        page.wait_for_load_state()
        if picture.is_charted_later:
            in_shell(f"chart_later(encounter_id={self.places['stale']})", self.folder)
            page.locator(picture.shown).wait_for(timeout=NEWS_MILLISECONDS)
        for key in picture.keys:
            page.keyboard.press(key)
        if picture.shown:
            page.locator(picture.shown).first.wait_for()
        for width, height in (SMALL, WIDE) if picture.is_wide else (SMALL,):
            page.set_viewport_size({"width": width, "height": height})
            path = TARGET / f"{name}-{width}-{self.theme}.png"
            page.screenshot(path=path)
            make_small(path)
        page.set_viewport_size({"width": SMALL[0], "height": SMALL[1]})
        give_back(page)
        if holder:
            give_back(holder)
            holder.context.close()


def take_all(camera: Camera, wanted: list[str]) -> None:
    """Every picture wanted once, each person in a browser of their own."""
    for who in dict.fromkeys(PICTURES[name].who for name in wanted):
        page = camera.page_of(who)
        for name in wanted:
            if PICTURES[name].who == who:
                camera.take(page, name, PICTURES[name])
        page.context.close()


def give_back(page: Page) -> None:
    """The encounter that the page holds is free again, so that the next queue shows nobody's hold."""
    held = page.locator("#release")
    if held.count():
        held.evaluate("form => form.submit()")
        page.wait_for_url("**/review/")


def make_small(path: Path) -> None:
    """The picture has a palette of its own colours."""
    with Image.open(path) as opened:
        picture = opened.convert("RGB")
    found = sorted(picture.getcolors(picture.width * picture.height) or [], reverse=True)
    exact = [colour for _, colour in found[:EXACT]]
    rest = [colour for times, colour in found[EXACT:] for _ in range(round(times**RARE))]
    reduced = Image.new("P", picture.size)
    reduced.putpalette([part for colour in exact + _near(rest) for part in colour])
    every = [colour for _, colour in found]
    places = _row(every).quantize(palette=reduced, dither=Image.Dither.NONE).tobytes()
    place_of = dict(zip(every, places, strict=True)) | {colour: place for place, colour in enumerate(exact)}
    reduced.frombytes(bytes(map(place_of.__getitem__, picture.get_flattened_data())))
    reduced.save(path, optimize=True)


def _near(colours: list[Any]) -> list[Any]:
    """Few colours near to many."""
    if not colours:
        return []
    reduced = _row(colours).quantize(NEAR, kmeans=2, dither=Image.Dither.NONE).convert("RGB")
    return [colour for _, colour in reduced.getcolors(NEAR) or []]


def _row(colours: list[Any]) -> Image.Image:
    """A pixel for each."""
    row = Image.new("RGB", (len(colours), 1))
    row.putdata(colours)
    return row


if __name__ == "__main__":
    main()
