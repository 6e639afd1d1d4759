"""`manage.py createsuperuser`: as Django has it, and it stands in the trail."""

from typing import Any

from django.contrib.auth.management.commands import createsuperuser
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from encounters.audit import access


class Command(createsuperuser.Command):
    """Whoever made it is the account at the terminal."""

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> None:
        """Makes the account and records it."""
        known = set(User.objects.values_list("pk", flat=True))
        super().handle(*args, **options)
        for user in User.objects.exclude(pk__in=known):
            access.account_made(user=user, at=timezone.now())
