"""The composition root: settings, addresses, the worker, and what starts them together."""

from infusion_coder.celery import app as celery_app

__all__ = ["celery_app"]
