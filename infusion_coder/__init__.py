"""The composition root: settings, addresses, the worker, and what starts them together."""

from infusion_coder import native

# Before anything imports the rules.
native.activate()

from infusion_coder.celery import app as celery_app  # noqa: E402 -- the rules have their place on the path by now

__all__ = ["celery_app"]
