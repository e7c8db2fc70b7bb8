"""Django's SQLite backend, with the writers of one process in a line.

SQLite lets one write at a time and has no line: who waits asks again and again, ever less often, and the one who came
first can be the one who is told that the database is locked. Here whoever waits is woken when it is their turn. What
keeps the writers apart is still SQLite; another process waits for it as before.
"""

from typing import Any

from django.db.backends.sqlite3 import base

from titrant.app.sqlite.turns import Turns

_TURNS = Turns()


class DatabaseWrapper(base.DatabaseWrapper):
    """A connection of one thread. Every transaction begins as one that writes (IMMEDIATE), so each has a turn."""

    _has_turn = False

    def _start_transaction_under_autocommit(self) -> None:
        # Without a turn in time it asks all the same: then SQLite says whether it is locked.
        self._has_turn = self._has_turn or _TURNS.take(self.settings_dict["OPTIONS"]["timeout"])
        try:
            super()._start_transaction_under_autocommit()
        except BaseException:
            self._leave()
            raise

    def _commit(self) -> Any:
        done = super()._commit()
        self._leave()
        return done  # a commit that failed is followed by a rollback, which ends the turn

    def _rollback(self) -> Any:
        try:
            return super()._rollback()
        finally:
            self._leave()

    def _close(self) -> Any:
        try:
            return super()._close()
        finally:
            self._leave()

    def _leave(self) -> None:
        if self._has_turn:
            self._has_turn = False
            _TURNS.leave()
