from __future__ import annotations

import importlib.util
import subprocess
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from airflow_mlp.triton import environment, sources
from airflow_mlp.triton.errors import BuildError


@pytest.fixture
def rooms(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Three packages, found in place of the real ones."""
    for room in sources.ROOMS:
        (tmp_path / room / "part").mkdir(parents=True)
        (tmp_path / room / "part" / "code.py").write_text("x = 1\n")
    (tmp_path / "mlp_serve" / "requirements.txt").write_text("numpy==1.26.4\n")
    monkeypatch.setattr(sources, "room_folder", lambda room: tmp_path / room)
    return tmp_path


def test_a_change_of_any_room_changes_the_digest(rooms: Path) -> None:
    seen = {sources.rooms_digest()}
    (rooms / "mlp_core" / "part" / "code.py").write_text("x = 2\n")
    seen.add(sources.rooms_digest())
    (rooms / "feature_dsl" / "grammar.lark").write_text("start:")
    seen.add(sources.rooms_digest())
    (rooms / "mlp_serve" / "part" / "code.py").rename(rooms / "mlp_serve" / "part" / "other.py")
    seen.add(sources.rooms_digest())
    assert len(seen) == 4
    (rooms / "mlp_core" / "__pycache__").mkdir()
    (rooms / "mlp_core" / "__pycache__" / "code.pyc").write_bytes(b"compiled")
    assert sources.rooms_digest() in seen


def test_the_layer_is_a_copy_of_the_rooms_and_needs_no_pip(rooms: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (rooms / "mlp_core" / "__pycache__").mkdir()
    (rooms / "mlp_core" / "__pycache__" / "code.pyc").write_bytes(b"compiled")
    (rooms / "mlp_core" / "__pycache__" / "kernel.nbc").write_bytes(b"machine code")
    monkeypatch.setattr(environment, "_pip", lambda *_: pytest.fail("pip was called"))
    environment._build_layer(tmp_path / "envs" / "layer", tmp_path / "envs" / "base")
    packages = environment.site_packages(tmp_path / "envs" / "layer")
    assert sorted(path.relative_to(packages).as_posix() for path in packages.rglob("*") if path.is_file()) == [
        "base.pth",
        "feature_dsl/part/code.py",
        "mlp_core/__pycache__/kernel.nbc",
        "mlp_core/part/code.py",
        "mlp_serve/part/code.py",
        "mlp_serve/requirements.txt",
    ]
    below = packages / (packages / "base.pth").read_text().strip()
    assert below.resolve() == environment.site_packages(tmp_path / "envs" / "base").resolve()
    monkeypatch.setattr(sources, "room_folder", lambda room: packages / room)
    copied = sources.rooms_digest()
    monkeypatch.setattr(sources, "room_folder", lambda room: rooms / room)
    assert copied == sources.rooms_digest()


def test_a_room_that_is_not_installed_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    with pytest.raises(BuildError, match="the package mlp_core is not installed beside airflow_mlp: install airflow-mlp again"):
        sources.room_folder("mlp_core")


def test_one_of_many_builds_and_the_others_wait(tmp_path: Path) -> None:
    built = []
    together = threading.Barrier(4)

    def build() -> None:
        (tmp_path / "env").mkdir()
        built.append(1)

    def want() -> None:
        together.wait()
        environment._build_once(tmp_path / "env", build)

    with ThreadPoolExecutor(4) as pool:
        for done in [pool.submit(want) for _ in range(4)]:
            done.result()
    assert built == [1]


def test_a_killed_build_is_begun_again(tmp_path: Path) -> None:
    script = (
        "import os, signal; from pathlib import Path; from airflow_mlp.triton import environment as e\n"
        f"target = Path({str(tmp_path / 'env')!r})\n"
        "e._build_once(target, lambda: (target.mkdir(), (target / 'half').touch(), os.kill(os.getpid(), signal.SIGKILL)))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == -9
    assert (tmp_path / "env" / "half").exists()
    build: Callable[[], None] = (tmp_path / "env").mkdir
    environment._build_once(tmp_path / "env", build)
    assert sorted(path.name for path in (tmp_path / "env").iterdir()) == ["complete"]


def test_a_package_that_cannot_be_installed_is_named(tmp_path: Path) -> None:
    python = tmp_path / "bin" / "python"
    python.parent.mkdir()
    python.write_text("#!/bin/sh\necho ERROR: No matching distribution found for it\nexit 1\n")
    python.chmod(0o755)
    with pytest.raises(BuildError, match=r"pip could not install it==1 into .*: ERROR: No matching distribution found for it"):
        environment._pip(tmp_path, "it==1")


@pytest.mark.parametrize("folder", ["relative", "/with space/envs"])
def test_a_folder_that_the_backend_cannot_take_is_refused(folder: str) -> None:
    with pytest.raises(BuildError, match="has to be absolute and without spaces"):
        environment.ensure(Path(folder))
