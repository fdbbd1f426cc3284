"""Become the Triton server: write the pid file, then replace this process. Run as a program, with the standard library alone.

The process that will be the server writes its own pid file before it becomes the server, so no kill, at whatever moment,
leaves a server behind that nobody knows of.
"""

from __future__ import annotations

import ctypes
import json
import os
import signal
import sys
import time
from pathlib import Path

# The file descriptor that the starter's lock comes in; it is released when this process becomes the server.
LOCK = 3
_PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    """`launch.py <child|service> <parent's pid> <record file> <record as JSON> <program> <its arguments>…`."""
    os.set_inheritable(LOCK, False)
    mode, parent, record_file, record, *command = arguments
    if mode == "child":
        _die_with(int(parent))
    else:
        _detach()
    # Models import from the working folder first: a starter's own, such as a checkout, would hide the model environment.
    os.chdir(Path(record_file).parent)
    _write_record(Path(record_file), json.loads(record))
    os.execv(command[0], command)


def _die_with(parent: int) -> None:
    """Have the kernel end this process when its parent ends, and end at once if it has ended already."""
    if ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM, 0, 0, 0):
        raise OSError(ctypes.get_errno(), "prctl(PR_SET_PDEATHSIG) failed")
    if os.getppid() != parent:
        sys.exit("the process that the server belongs to has ended")


def _detach() -> None:
    """Leave the session, and the parent, so that nobody has to wait for the server when it ends."""
    os.setsid()
    if os.fork():
        os._exit(0)


def _write_record(path: Path, record: dict[str, object]) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    temporary.write_text(json.dumps({**record, "pid": os.getpid(), "started_at": time.time()}))
    temporary.replace(path)


if __name__ == "__main__":
    main(sys.argv[1:])
