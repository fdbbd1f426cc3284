"""What the demo needs of a machine beyond Python: Linux, and Java 17 for Spark."""

from __future__ import annotations

import os
import platform
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from mlp_core.home import home

_LEAST_JAVA = 17
# The first that this Debian or Ubuntu has.
_PACKAGES = ("openjdk-17-jre-headless", "openjdk-21-jre-headless", "default-jre-headless")


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
    place = home()
    if " " in f"{place}{place.resolve()}":
        raise Missing(f"the path {str(place)!r} has a space, at which Triton and Java split it: set MLP_HOME to a folder without one")
    what = _java_wants()
    if what is None:
        return
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        raise Missing(
            f"{what} and Spark 4 needs Java {_LEAST_JAVA} or newer: install it (Debian and Ubuntu: sudo apt-get install {_PACKAGES[0]}) "
            "or point JAVA_HOME at one, then run this again"
        )
    say(f"{what}; installing it with apt-get (about 200 MB)")
    package = _install()
    what = _java_wants()
    if what is not None:
        raise Missing(f"{package} is installed, but {what}: point JAVA_HOME at a Java {_LEAST_JAVA} or newer, then run this again")


def _java_wants() -> str | None:
    """What is wrong with this machine's Java, None if nothing is."""
    found = java_version()
    if found is None:
        return "Java is missing"
    return None if found >= _LEAST_JAVA else f"Java {found} is too old"


def _install() -> str:
    """Install the first of the packages that apt can; returns its name. Raises Missing with apt's last line."""
    failed = _apt_get("update", "-qq")
    if failed is not None:
        raise Missing(f"apt-get update failed: {failed}")
    for package in _PACKAGES:
        failed = _apt_get("install", "-y", "-qq", "--no-install-recommends", package)
        if failed is None:
            return package
    raise Missing(f"apt-get could install none of {', '.join(_PACKAGES)}: {failed}")


def _apt_get(*arguments: str) -> str | None:
    """Run apt-get without a question to anybody; returns its last line if it failed, else None."""
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(
        ["apt-get", *arguments], env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    return (done.stderr.strip() or "no message").splitlines()[-1] if done.returncode else None


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
