"""Ending on SIGTERM: after a checkpoint where the training keeps some, and soon also inside native code."""

from __future__ import annotations

import os
import signal
import threading
from typing import NoReturn

from mlp_train.events import emit

TERMINATED = 128 + signal.SIGTERM
# Less than the 30 seconds after which Kubernetes kills a pod: what hangs (waiting for a dead peer) then ends without a checkpoint.
GRACE_SECONDS = 20.0

_asked = threading.Event()
_saves = threading.Event()


def end_on_sigterm() -> None:
    """Let a thread wait for SIGTERM and end the process with code 143.

    At once, or after a checkpoint once `save_on_sigterm` was called. A Python handler would run only once the main thread is back from
    native code; and as process 1 of a container there is no default action. What is not published yet stays unpublished.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    threading.Thread(target=_wait, name="sigterm", daemon=True).start()


def save_on_sigterm() -> None:
    """From now on the training loop looks at `asked_to_stop` after each step and calls `stop_now`; it has 20 seconds."""
    _saves.set()


def asked_to_stop() -> bool:
    """Whether SIGTERM has come."""
    return _asked.is_set()


def stop_now() -> NoReturn:
    """Say that the process ends on SIGTERM, and end it with code 143."""
    emit("terminated", signal="SIGTERM")
    os._exit(TERMINATED)


def release_sigterm() -> None:
    """Let SIGTERM through again: for a program that takes this process over."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


def _wait() -> None:
    signal.sigwait({signal.SIGTERM})
    _asked.set()
    if _saves.is_set():
        threading.Event().wait(GRACE_SECONDS)
    stop_now()
