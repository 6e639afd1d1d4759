"""Rows that are written once: the Python side of the guard; a trigger stands behind it in the database."""

from typing import Any, NoReturn

from django.db import models


class RewriteRefused(TypeError):
    """Somebody tried to change or delete a row of a table that only grows."""

    def __init__(self, model: type[models.Model]) -> None:
        """Names the table."""
        super().__init__(f"{model.__name__} is append-only: add a row that says what is true now.")


class AppendOnlyQuerySet(models.QuerySet[Any]):
    """Reads and adds; every other act raises RewriteRefused."""

    def update(self, **kwargs: object) -> NoReturn:
        """Raise RewriteRefused."""
        raise RewriteRefused(self.model)

    def bulk_update(self, objs: object, fields: object, batch_size: int | None = None) -> NoReturn:
        """Raise RewriteRefused."""
        raise RewriteRefused(self.model)

    def delete(self) -> NoReturn:
        """Raise RewriteRefused."""
        raise RewriteRefused(self.model)


class AppendOnly(models.Model):
    """A table that only grows. A migration gives each child its triggers; a test holds the two lists together."""

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, **kwargs: Any) -> None:
        """Store the row the first time; raise RewriteRefused ever after."""
        if not self._state.adding:
            raise RewriteRefused(type(self))
        super().save(**kwargs | {"force_insert": True})

    def delete(self, using: str | None = None, keep_parents: bool = False) -> NoReturn:  # noqa: FBT001, FBT002 as in Django
        """Raise RewriteRefused."""
        raise RewriteRefused(type(self))
