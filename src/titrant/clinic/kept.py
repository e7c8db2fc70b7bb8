"""A few answers kept in memory by everything that they rest on, for several threads; the oldest go first."""

from collections.abc import Hashable
from threading import Lock
from typing import Generic, TypeVar

T = TypeVar("T")


class Kept(Generic[T]):
    """At most ``most`` answers. A key must name all that the answer rests on, so that none is ever out of date."""

    def __init__(self, most: int) -> None:
        self._most, self._lock = most, Lock()
        self._answers: dict[Hashable, T] = {}

    def get(self, key: Hashable) -> T | None:
        with self._lock:
            return self._answers.get(key)

    def keep(self, key: Hashable, answer: T) -> T:
        with self._lock:
            self._answers[key] = answer
            while len(self._answers) > self._most:
                del self._answers[next(iter(self._answers))]
        return answer
