"""The next item made in the background while this one is used."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable, Iterator
from typing import Generic, TypeVar

T = TypeVar("T")


class Cancelled(Exception):
    """Nobody wants the item that is being made."""


class Cancel:
    """Asked by the maker of long items now and then."""

    def __init__(self) -> None:
        self._event = threading.Event()

    def set(self) -> None:
        """Nothing more is wanted."""
        self._event.set()

    def check(self) -> None:
        """Raise Cancelled if nothing more is wanted."""
        if self._event.is_set():
            raise Cancelled


class _End(Generic[T]):
    """The last entry: the error that ended the making, or None."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


def ahead(make: Callable[[Cancel], Iterator[T]]) -> Iterator[T]:
    """The items of `make`, each made by a thread of its own while the one before is in use: at most two exist at a time.

    What the thread raises is raised here. When the iterator is closed or dropped, the thread ends before this returns; `make` is
    given a Cancel to check, so that this takes no longer than from one check to the next.
    """
    cancel = Cancel()
    wanted = threading.Semaphore(1)
    made: queue.SimpleQueue[T | _End[T]] = queue.SimpleQueue()

    def run() -> None:
        error: BaseException | None = None
        try:
            items = make(cancel)
            while True:
                wanted.acquire()
                cancel.check()
                item = next(items, None)
                if item is None:
                    break
                made.put(item)
                # A name that lives on would keep this item while the next but one is made.
                del item
        except Cancelled:
            error = None
        except BaseException as failure:  # noqa: BLE001 - raised again where the items are used
            error = failure
        made.put(_End(error))

    thread = threading.Thread(target=run, name="read-ahead", daemon=True)
    thread.start()
    try:
        while True:
            item = made.get()
            if isinstance(item, _End):
                if item.error is not None:
                    raise item.error
                return
            wanted.release()
            yield item
            del item
    finally:
        cancel.set()
        wanted.release()
        thread.join()
