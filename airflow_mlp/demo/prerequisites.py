"""What the demo needs of a machine beyond Python: Linux, and Java 17 for Spark."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

_LEAST_JAVA = 17
_PACKAGE = "openjdk-17-jre-headless"


class Missing(Exception):
    """The machine lacks something; the message says what and how to get it."""


def check(say: Callable[[str], None]) -> None:
    """Raise Missing unless the demo can run here; installs Java where this user may, and says so first."""
    if platform.system() != "Linux" or platform.machine() != "x86_64":
        raise Missing(
            f"this machine is {platform.system()} on {platform.machine()}: the Triton server comes for Linux on x86_64 only, and "
            "local jobs are tied to their tasks by a Linux call, so neither serving nor local jobs work here; use Linux, a container "
            "or a virtual machine"
        )
    found = java_version()
    if found is not None and found >= _LEAST_JAVA:
        return
    what = "Java is missing" if found is None else f"Java {found} is too old"
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise Missing(
            f"{what} and Spark 4 needs Java {_LEAST_JAVA} or newer: install it (Debian and Ubuntu: sudo apt-get install {_PACKAGE}) "
            "or point JAVA_HOME at one, then run this again"
        )
    say(f"{what}; installing {_PACKAGE} with apt-get (about 200 MB)")
    for command in (["apt-get", "update", "-qq"], ["apt-get", "install", "-y", "-qq", "--no-install-recommends", _PACKAGE]):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise Missing(f"{' '.join(command)} failed: {(done.stderr.strip() or 'no message').splitlines()[-1]}")


def java_version() -> int | None:
    """The major version of the Java that Spark would start, None where there is none."""
    java_home = os.environ.get("JAVA_HOME")
    java = shutil.which(str(Path(java_home) / "bin" / "java") if java_home else "java")
    if java is None:
        return None
    said = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    match = re.search(r'version "(\d+)(?:\.(\d+))?', said.stderr)
    if match is None:
        return None
    major, minor = int(match[1]), int(match[2] or 0)
    return minor if major == 1 else major  # Java 8 called itself 1.8
