"""Django's PostgreSQL backend with one thing more: acts that a transaction does last, just before it commits.

The trail is chained there. A lock taken as the last thing of a transaction is held for the time of a commit and no
longer, and nothing that holds it waits for a row: people at work and coding runs cannot block each other over it.
"""

from collections.abc import Callable
from typing import Any

from django.db.backends.postgresql import base

Act = Callable[["DatabaseWrapper", list[int]], None]


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection that does what is waiting before it commits, or rolls back."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._waiting: dict[Act, list[int]] = {}

    def before_commit(self, act: Act, row: int) -> None:
        """`act` is called once with all its rows before this transaction commits; a rollback forgets them."""
        self._waiting.setdefault(act, []).append(row)

    def do_waiting(self) -> None:
        """What is waiting is done now, inside the transaction."""
        waiting, self._waiting = self._waiting, {}
        for act, rows in waiting.items():
            act(self, rows)

    def commit(self) -> None:
        """Does what is waiting, then commits; where that fails nothing is committed."""
        try:
            self.do_waiting()
        except BaseException:
            self.rollback()
            raise
        super().commit()

    def rollback(self) -> None:
        """Nothing of the transaction stays, nor anything that waited for its end."""
        self._waiting = {}
        super().rollback()

    def close(self) -> None:
        """What an unfinished transaction left waiting goes with it."""
        self._waiting = {}
        super().close()
