from __future__ import annotations

import json
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


@pytest.mark.parametrize(
    ("direct_url", "requirement"),
    [
        (None, None),
        ({"url": "https://example.com/a.whl", "archive_info": {}}, "https://example.com/a.whl"),
        ({"url": "https://example.com/r", "vcs_info": {"vcs": "git", "commit_id": "abc"}}, "git+https://example.com/r@abc"),
    ],
)
def test_the_origin_is_what_pip_has_noted(direct_url: dict[str, object] | None, requirement: str | None) -> None:
    assert sources._local_origin(json.dumps(direct_url) if direct_url else None) == requirement


def test_an_origin_that_is_gone_is_told(tmp_path: Path) -> None:
    source = tmp_path / "with space"
    source.mkdir()
    noted = json.dumps({"url": source.as_uri(), "dir_info": {"editable": True}})
    assert sources._local_origin(noted) == str(source)
    source.rmdir()
    with pytest.raises(BuildError, match=r"was installed from .*, which is gone: install it again"):
        sources._local_origin(noted)


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
