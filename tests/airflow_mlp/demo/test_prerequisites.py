"""What the demo says of a machine that lacks something, and what it installs."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from airflow_mlp.demo import prerequisites

# The tests take PATH away.
COPY = shutil.which("cp")


def fake(folder: Path, name: str, script: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all of PATH, on Linux, without JAVA_HOME."""
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    monkeypatch.setenv("MLP_HOME", str(tmp_path / "home"))
    monkeypatch.setattr(prerequisites.platform, "system", lambda: "Linux")
    monkeypatch.setattr(prerequisites.platform, "machine", lambda: "x86_64")
    (tmp_path / "bin").mkdir()
    return tmp_path / "bin"


def java(folder: Path, version: str) -> None:
    fake(folder, "java", f"""echo 'openjdk version "{version}" 2025-04-15' >&2""")


@pytest.mark.parametrize(("text", "version"), [("17.0.15", 17), ("21", 21), ("1.8.0_402", 8), ("11.0.2", 11)])
def test_java_tells_its_version(machine: Path, text: str, version: int) -> None:
    java(machine, text)
    assert prerequisites.java_version() == version


def test_java_home_goes_before_the_path(machine: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    java(machine, "1.8.0_402")
    java(tmp_path / "jdk" / "bin", "21.0.1")
    monkeypatch.setenv("JAVA_HOME", str(tmp_path / "jdk"))
    assert prerequisites.java_version() == 21


def test_no_java_is_told(machine: Path) -> None:
    assert prerequisites.java_version() is None


def test_a_machine_that_has_all_is_left_alone(machine: Path) -> None:
    java(machine, "17.0.15")
    said: list[str] = []
    prerequisites.check(said.append)
    assert said == []


@pytest.mark.parametrize(("found", "what"), [(None, "Java is missing"), ("11.0.2", "Java 11 is too old")])
def test_a_user_who_may_not_install_is_told_how(
    machine: Path, monkeypatch: pytest.MonkeyPatch, found: str | None, what: str
) -> None:
    if found is not None:
        java(machine, found)
    monkeypatch.setattr(prerequisites.os, "geteuid", lambda: 1000)
    with pytest.raises(prerequisites.Missing, match=rf"{what} and Spark 4 needs Java 17.*sudo apt-get install openjdk-17-jre-headless"):
        prerequisites.check(print)


def test_root_without_apt_is_told_how(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prerequisites.os, "geteuid", lambda: 0)
    with pytest.raises(prerequisites.Missing, match="install it"):
        prerequisites.check(print)


def apt(folder: Path, has: str, version: str = "17.0.15") -> Path:
    """An apt-get that installs a Java of `version` by the name `has` alone; returns the file in which it notes how it was called."""
    called, archive = folder.parent / "called", folder.parent / "archive"
    java(archive, version)
    fake(
        folder,
        "apt-get",
        f"""echo "$DEBIAN_FRONTEND $@" >> {called}
case "$*" in
update*) exit 0 ;;
*" {has}") {COPY} {archive / "java"} {folder} ;;
*) echo 'E: Unable to locate package' >&2; exit 100 ;;
esac""",
    )
    return called


@pytest.mark.parametrize("tries", [1, 2, 3])
def test_root_with_apt_installs_the_first_java_that_apt_has(machine: Path, monkeypatch: pytest.MonkeyPatch, tries: int) -> None:
    names = ["openjdk-17-jre-headless", "openjdk-21-jre-headless", "default-jre-headless"][:tries]
    called = apt(machine, names[-1])
    monkeypatch.setattr(prerequisites.os, "geteuid", lambda: 0)
    said: list[str] = []
    prerequisites.check(said.append)
    assert said == ["Java is missing; installing it with apt-get (about 200 MB)"]
    assert called.read_text().splitlines() == [
        "noninteractive update -qq",
        *(f"noninteractive install -y -qq --no-install-recommends {name}" for name in names),
    ]
    assert prerequisites.java_version() == 17


def test_a_java_that_is_too_old_after_all_is_told(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    apt(machine, "default-jre-headless", "11.0.2")
    monkeypatch.setattr(prerequisites.os, "geteuid", lambda: 0)
    with pytest.raises(prerequisites.Missing, match="default-jre-headless is installed, but Java 11 is too old: point JAVA_HOME at"):
        prerequisites.check(lambda line: None)


def test_an_installation_that_fails_is_told_in_a_line(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    apt(machine, "nothing")
    monkeypatch.setattr(prerequisites.os, "geteuid", lambda: 0)
    with pytest.raises(prerequisites.Missing, match=r"^apt-get could install none of openjdk-17.*: E: Unable to locate package$"):
        prerequisites.check(lambda line: None)


def test_an_update_that_fails_is_told_in_a_line(machine: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake(machine, "apt-get", "echo 'E: no route to host' >&2; exit 100")
    monkeypatch.setattr(prerequisites.os, "geteuid", lambda: 0)
    with pytest.raises(prerequisites.Missing, match=r"^apt-get update failed: E: no route to host$"):
        prerequisites.check(lambda line: None)


def test_a_home_with_a_space_is_told(machine: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    java(machine, "17.0.15")
    monkeypatch.setenv("MLP_HOME", str(tmp_path / "my home"))
    with pytest.raises(prerequisites.Missing, match=r"my home' has a space.*set MLP_HOME to a folder without one"):
        prerequisites.check(print)


@pytest.mark.parametrize(("system", "hardware"), [("Darwin", "arm64"), ("Linux", "aarch64"), ("Windows", "AMD64")])
def test_another_system_is_told_what_will_not_work(
    machine: Path, monkeypatch: pytest.MonkeyPatch, system: str, hardware: str
) -> None:
    monkeypatch.setattr(prerequisites.platform, "system", lambda: system)
    monkeypatch.setattr(prerequisites.platform, "machine", lambda: hardware)
    with pytest.raises(prerequisites.Missing, match=f"this machine is {system} on {hardware}.*neither serving nor local jobs work here"):
        prerequisites.check(print)
