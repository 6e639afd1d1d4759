"""Brings a database and the static files to this release: run before the web server and the worker start."""

import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import django
from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command

from infusion_coder import env

DEMO_USERS = ("coder", "coder2", "lead", "auditor", "formulary", "operator")


def prepare() -> None:
    """The schema is this release's, the static files are collected, and an empty database has its demo content."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "infusion_coder.settings")
    django.setup()
    say("Migrating the database")
    call_command("migrate", interactive=False, verbosity=0)
    call_command("keep_rulebook", verbosity=0)
    grant_application_role()
    collect_static()
    if env.flag("LOAD_SAMPLES", default=True):
        load_samples_once()
    write_sign_ins()


def grant_application_role() -> None:
    """The role of APPLICATION_ROLE, where one is named, may use what the migrations made and rewrite no history."""
    role = env.text("APPLICATION_ROLE", "")
    if role:
        call_command("grant_application_role", role, verbosity=0)


def collect_static() -> None:
    """Static files lie hashed and compressed where the web server looks, collected anew only when one has changed."""
    stamp = settings.VAR_DIR / "staticfiles.stamp"
    state = hashlib.sha256("\n".join(_static_files()).encode()).hexdigest()
    if stamp.exists() and stamp.read_text(encoding="ascii") == state and settings.STATIC_ROOT.is_dir():
        return
    say("Collecting static files")
    stamp.unlink(missing_ok=True)
    call_command("collectstatic", interactive=False, clear=True, verbosity=0)
    stamp.write_text(state, encoding="ascii")


def _static_files() -> Iterator[str]:
    for finder in get_finders():
        for name, storage in finder.list([]):
            status = Path(storage.path(name)).stat()
            yield f"{name} {status.st_size} {status.st_mtime_ns}"


def load_samples_once() -> None:
    """A database that has never held anybody gets the starter formulary, the sample encounters and the demo users.

    A load that was cut short is taken up again: the mark is removed only when the whole of it is in.
    """
    unfinished = settings.VAR_DIR / "samples.unfinished"
    if get_user_model().objects.exists() and not unfinished.exists():
        return
    say("Loading the starter formulary and the sample encounters")
    unfinished.touch()
    call_command("load_samples", verbosity=0)
    unfinished.unlink()


def write_sign_ins() -> None:
    """The demo sign-ins lie where `make run` reads them, for as long as they are still good."""
    path = settings.VAR_DIR / "sign-ins.txt"
    path.unlink(missing_ok=True)
    users = get_user_model().objects.filter(username__in=DEMO_USERS, is_active=True).order_by("pk")
    # Checking a password is slow on purpose; the demo's are set together, so one stands for all.
    first = users.first()
    if first is not None and first.check_password(settings.DEMO_PASSWORD):
        names = ", ".join(user.get_username() for user in users)
        path.touch(mode=0o600)
        path.write_text(f"Sign in as {names}; the password is {settings.DEMO_PASSWORD}\n", encoding="utf-8")


def say(words: str) -> None:
    """A line for whoever started it."""
    sys.stdout.write(f"{words} …\n")
    sys.stdout.flush()


if __name__ == "__main__":
    prepare()
