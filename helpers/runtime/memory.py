"""What is kept is bounded, and what is dropped is given back to the system."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import threading
from collections.abc import Callable, Hashable
from typing import Any


def free() -> None:
    """Free what nobody can reach any more, and give it back to the system.

    TensorFlow's functions hold each other in circles, which Python frees late. Takes some tenths of a second, so it is
    for the end of a piece of work, not for each step.
    """
    gc.collect()
    give_memory_back()


def give_memory_back() -> None:
    """Hand what has been freed back to the system; glibc alone would keep some hundreds of megabytes after a training
    or the tracing of many functions. Other systems give it back by themselves."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).malloc_trim(0)


class Recent(dict):
    """Answers that are made once and kept; when they weigh too much together, those not asked for longest go.

    most: the weight of all that is kept. weigh: the weight of one answer, by default 1, so that `most` is a number of
    answers. dropped: called after some had to go. group: keys of another group do not count: `most` holds for each.
    Threads may ask at the same time: an answer is made by one of them,
    and the others wait for it.
    """

    def __init__(
        self,
        most: float,
        weigh: Callable[[Any], float] = lambda _: 1,
        dropped: Callable[[], None] = lambda: None,
        group: Callable[[Any], Hashable] = lambda _: None,
    ) -> None:
        super().__init__()
        self.most, self._weigh, self._dropped, self._group = most, weigh, dropped, group
        self._lock = threading.Lock()  # never held for long: what is there is given while something else is made
        self._making = threading.RLock()  # again by the same thread: to make one answer may need another one

    def answer(self, key: Hashable, make: Callable[[], Any]) -> Any:
        """The answer kept under `key`, or what `make()` returns; one heavier than `most` is given but not kept."""
        if found := self._known(key):
            return found[0]
        with self._making:
            if found := self._known(key):  # another thread may have made it meanwhile
                return found[0]
            made = make()
            with self._lock:
                self[key] = made
                gone = self._make_room(self._group(key))
        if gone:
            self._dropped()
        return made

    def _known(self, key: Hashable) -> tuple[Any, ...]:
        """The answer alone, now the youngest; empty where there is none."""
        with self._lock:
            if key not in self:
                return ()
            self[key] = self.pop(key)
            return (self[key],)

    def _make_room(self, group: Hashable) -> bool:
        """Whether some of a group had to go. Then a quarter goes: to give back one costs as much as many."""
        mine = [key for key in self if self._group(key) == group]
        whole = sum(self._weigh(self[key]) for key in mine)
        if whole <= self.most:
            return False
        for key in mine:
            if whole <= self.most * 0.75:
                break
            whole -= self._weigh(self.pop(key))
        return True
