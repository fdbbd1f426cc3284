"""The Python environment that models run in inside Triton, built once per list of requirements and state of the source.

Two layers, each named by a digest. The base holds the server and the pinned packages (large, seldom new). On it lies a
small virtual environment per state of the source, with the rooms alone, whose search path goes on into the base. So a
changed line costs a second, and a running model never sees its files replaced.
"""

from __future__ import annotations

import hashlib
import logging
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from airflow_mlp.triton import sources
from airflow_mlp.triton.errors import BuildError
from airflow_mlp.triton.locking import locked

log = logging.getLogger(__name__)

# The server and its Python backend. Without its dependencies: they are for PyTriton's own API, which wants other versions.
SERVER = "nvidia-pytriton==0.7.0"
DOWNLOAD = "about 210 MB of packages (Triton's server 55 MB, llvmlite 60 MB, pyarrow 42 MB, onnxruntime 28 MB, numpy 18 MB)"
ON_DISK = "about 700 MB"
_PYTHON = f"python{sys.version_info.major}.{sys.version_info.minor}"
_MARKER = "complete"


@dataclass(frozen=True)
class Environment:
    """A finished model environment. path: the virtual environment models run in; base: the one below it."""

    path: Path
    base: Path

    @property
    def triton(self) -> Path:
        """The folder of the server: bin/, backends/, python_backend_stubs/, caches/."""
        return site_packages(self.base) / "pytriton" / "tritonserver"

    @property
    def stub(self) -> Path:
        """The program that runs models in this Python."""
        return self.triton / "python_backend_stubs" / _PYTHON.removeprefix("python") / "triton_python_backend_stub"


def site_packages(environment: Path) -> Path:
    """Where a virtual environment of this Python has its packages."""
    return environment / "lib" / _PYTHON / "site-packages"


def ensure(folder: Path) -> Environment:
    """The model environment for this Python and this source below `folder` (`<home>/envs`), built where it is missing.

    Safe to call from several processes: one builds, the others wait. A build that was killed is begun again. Raises
    BuildError with pip's last lines when a package cannot be installed.
    """
    if not folder.is_absolute() or " " in str(folder):
        raise BuildError(f"the folder {str(folder)!r} has to be absolute and without spaces: Triton's backend splits such a path")
    folder = folder.resolve()
    base = _ensure_base(folder, sources.requirements_file().read_text())
    environment = folder / f"triton-{_digest(base.name, sources.rooms_digest())}"
    _build_once(environment, lambda: _build_layer(environment, base))
    return Environment(path=environment, base=base)


def _ensure_base(folder: Path, requirements: str) -> Path:
    base = folder / f"triton-base-{_digest(requirements, SERVER, sys.version)}"
    _build_once(base, lambda: _build_base(base))
    return base


def _digest(*parts: str) -> str:
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()[:16]


def _build_once(environment: Path, build: Callable[[], None]) -> None:
    marker = environment / _MARKER
    if marker.exists():
        return
    with locked(environment.with_name(f".{environment.name}.lock")):
        if marker.exists():
            return
        # What a killed builder left. Paths stand inside a virtual environment, so it is built in place, the marker last.
        shutil.rmtree(environment, ignore_errors=True)
        build()
        marker.touch()


def _build_base(base: Path) -> None:
    log.info("Building the model environment %s: downloads %s, %s on disk", base, DOWNLOAD, ON_DISK)
    venv.create(base, with_pip=True, symlinks=True)
    _pip(base, "--requirement", str(sources.requirements_file()))
    _pip(base, "--no-deps", SERVER)


def _build_layer(environment: Path, base: Path) -> None:
    log.info("Copying %s into the model environment %s", ", ".join(sources.ROOMS), environment)
    venv.create(environment, with_pip=False, symlinks=True)
    packages = site_packages(environment)
    # Relative, so that the folder of environments may be moved.
    (packages / "base.pth").write_text(f"{os.path.relpath(site_packages(base), packages)}\n")
    sources.copy_rooms(packages)


def _pip(environment: Path, *arguments: str) -> None:
    command = [str(environment / "bin" / "python"), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *arguments]
    # An outer PYTHONPATH would show pip packages that the environment does not have.
    variables = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "PYTHONHOME", "PIP_TARGET")}
    done = subprocess.run(command, env=variables, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if done.returncode:
        last = " / ".join(done.stdout.strip().splitlines()[-4:])
        raise BuildError(f"pip could not install {' '.join(arguments)} into {environment}: {last}")
