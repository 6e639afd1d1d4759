"""`manage.py changepassword`: as Django has it, and it stands in the trail."""

from typing import Any

from django.contrib.auth.management.commands import changepassword
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from encounters.audit import access


class Command(changepassword.Command):
    """Whoever changed it is the account at the terminal; the password itself is told to nobody."""

    @transaction.atomic
    def handle(self, *args: Any, **options: Any) -> str:
        """Changes it and records it. Raises CommandError where it is not changed."""
        said = super().handle(*args, **options)
        user = User.objects.get_by_natural_key(options["username"])
        access.password_changed(user=user, at=timezone.now())
        return str(said)
