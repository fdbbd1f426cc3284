"""Ending at once on SIGTERM, also inside native code."""

from __future__ import annotations

import os
import signal
import threading

from mlp_train.events import emit

TERMINATED = 128 + signal.SIGTERM


def end_on_sigterm() -> None:
    """Let a thread wait for SIGTERM, say so and end the process with code 143.

    A Python handler would run only once the main thread is back from native code, which a collective that waits for a dead peer
    may never be; and as process 1 of a container there is no default action. What is not published yet stays unpublished.
    """
    signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
    threading.Thread(target=_wait, name="sigterm", daemon=True).start()


def release_sigterm() -> None:
    """Let SIGTERM through again: for a program that takes this process over."""
    signal.pthread_sigmask(signal.SIG_UNBLOCK, {signal.SIGTERM})


def _wait() -> None:
    signal.sigwait({signal.SIGTERM})
    emit("terminated", signal="SIGTERM")
    os._exit(TERMINATED)
