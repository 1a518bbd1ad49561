"""The repository's format: restic and we use the same repositories, in turns."""

from __future__ import annotations

import json
import random
import re
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from support.command import Argument, Program, Result, stop
from support.restic import Restic
from support.tree import content, differences

Pra = Callable[..., Result]


@pytest.fixture
def place(tmp_path: Path) -> Path:
    return tmp_path / "repository"


@pytest.fixture
def ours(pra: Program, place: Path, key_file: Path) -> Pra:
    """`pra COMMAND …` on the repository that the other fixtures name."""

    def call(command: str, *arguments: Argument, **options: object) -> Result:
        return pra(command, "--repo", place, "--key-file", key_file, *arguments, **options)

    return call


def wait_until(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < deadline, "waited for a minute in vain"
        time.sleep(0.005)


def size_of(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def without_strange_links(tree: Path, restic: Restic) -> Path:
    """Drop what the restic at hand cannot store: before 0.17, targets that are not UTF-8."""
    for path in tree.rglob("*"):
        if path.is_symlink() and restic.version < (0, 17):
            try:
                str(path.readlink()).encode()
            except UnicodeEncodeError:
                path.unlink()
    return tree


@pytest.mark.parametrize("version", [1, 2])
def test_what_restic_wrote_is_listed_verified_and_restored(
    version: int, ours: Pra, restic: Restic, place: Path, key_file: Path, sample_tree: Path,
    tmp_path: Path,
) -> None:  # fmt: skip
    tree = without_strange_links(sample_tree, restic)
    restic(place, key_file, "init", "--repository-version", version)
    restic(place, key_file, "backup", "--tag", "first", tree)
    (tree / "later").write_text("changed\n")
    restic(place, key_file, "backup", tree)
    wanted = {snapshot["id"] for snapshot in restic.snapshots(place, key_file)}

    listed = ours("snapshots", "--json").lines[-1]["snapshots"]
    assert {snapshot["id"] for snapshot in listed} == wanted
    ours("verify", "--read-data")
    ours("restore", "latest", "--target", tmp_path / "out", "--subpath", tree)
    assert differences(tree, tmp_path / "out") == []

    # Packs that were taken apart and written anew.
    restic(place, key_file, "forget", "--keep-last", 1, "--prune", "--max-unused", 0)
    ours("verify", "--read-data")
    ours("restore", "latest", "--target", tmp_path / "pruned", "--subpath", tree)
    assert differences(tree, tmp_path / "pruned") == []


def test_a_format_1_repository_is_not_written_to(
    ours: Pra, restic: Restic, place: Path, key_file: Path, tmp_path: Path
) -> None:
    (tmp_path / "data").mkdir()
    restic(place, key_file, "init", "--repository-version", 1)
    refused = ours("backup", "files", tmp_path / "data", code=1)
    assert "format version 1" in refused.err
    assert "upgrade_repo_v2" in refused.err
    restic.check(place, key_file)


@pytest.mark.parametrize("first", ["pra", "restic"])
def test_who_comes_second_adds_next_to_nothing(
    first: str, ours: Pra, restic: Restic, place: Path, key_file: Path, tmp_path: Path
) -> None:
    """Chunks, and the trees that hold them, are the same whoever makes them."""
    tree = tmp_path / "data"
    (tree / "sub").mkdir(parents=True)
    rng = random.Random(7)
    for number, size in enumerate([0, 1, 4096, 600_000, 3_000_000, 20_000_000]):
        (tree / "sub" / f"file{number}").write_bytes(
            content(rng, size, compressible=number % 2 == 0)
        )
    (tree / "zeros").write_bytes(bytes(9_000_000))
    ours("init")
    backups = {
        "pra": lambda: ours("backup", "files", tree),
        "restic": lambda: restic(place, key_file, "backup", "--force", tree),
    }
    backups.pop(first)()
    before = size_of(place / "data")
    assert before > 10_000_000
    for backup in backups.values():
        backup()
    added = size_of(place / "data") - before
    assert added < 20_000
    restic.check(place, key_file)
    ours("verify")


def test_restic_shows_what_we_keep_inside(
    ours: Pra, restic: Restic, place: Path, key_file: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("x" * 5000)
    ours("init")
    ours("backup", "files", tmp_path / "file")
    config = json.loads(restic(place, key_file, "cat", "config").out)
    assert config["version"] == 2
    assert re.fullmatch("[0-9a-f]{64}", config["id"])
    assert set(json.loads(restic(place, key_file, "cat", "masterkey").out)) == {"mac", "encrypt"}
    # Older versions of restic do not know "latest" there.
    newest = restic.snapshots(place, key_file)[-1]["id"]
    snapshot = json.loads(restic(place, key_file, "cat", "snapshot", newest).out)
    tree = json.loads(restic(place, key_file, "cat", "blob", snapshot["tree"]).out)
    assert tree["nodes"][0]["type"] == "dir"
    stats = json.loads(restic(place, key_file, "stats", "--json", "latest").out)
    assert stats["total_size"] == 5000
    (index,) = (place / "index").iterdir()
    packs = json.loads(restic(place, key_file, "cat", "index", index.name).out)["packs"]
    assert {blob["type"] for pack in packs for blob in pack["blobs"]} == {"data", "tree"}
    # restic finds the same index when it reads it out of the packs.
    restic(place, key_file, "rebuild-index", "--read-all-packs")
    restic.check(place, key_file)
    ours("verify", "--read-data")


def test_keys_that_restic_adds_open_for_us(
    ours: Pra, pra: Program, restic: Restic, place: Path, key_file: Path, tmp_path: Path
) -> None:
    ours("init")
    second = tmp_path / "second.key"
    second.write_text("another password\n")
    second.chmod(0o600)
    restic(place, key_file, "key", "add", "--new-password-file", second)
    pra("snapshots", "--repo", place, "--key-file", second)
    ours("snapshots")
    second.write_text("a wrong password\n")
    wrong = pra("snapshots", "--repo", place, "--key-file", second, code=12)
    assert "none of the 2 keys" in wrong.err


def test_a_lock_of_restic_is_respected_while_it_lives(
    ours: Pra, restic: Restic, place: Path, key_file: Path
) -> None:
    ours("init")
    locks = place / "locks"
    words = [restic.path, "--no-cache", "--repo", place, "--password-file", key_file]
    process = subprocess.Popen([*words, "check"], stdout=subprocess.DEVNULL)
    try:
        wait_until(lambda: locks.exists() and any(locks.iterdir()))
        process.send_signal(signal.SIGSTOP)
        assert "exclusively" in ours("verify", code=11).err
        ours("unlock")
        assert len(list(locks.iterdir())) == 1
    finally:
        stop(process, signal.SIGKILL)
    assert len(list(locks.iterdir())) == 1
    assert "stale" in ours("verify", code=11).err
    ours("unlock")
    assert not list(locks.iterdir())
    ours("verify")


def test_a_generated_key_opens_in_no_time(pra: Program, tmp_path: Path) -> None:
    place, key = tmp_path / "repository", tmp_path / "made.key"
    pra("init", "--repo", place, "--key-file", key)
    (tmp_path / "file").write_text("x")
    pra("backup", "--repo", place, "--key-file", key, "files", tmp_path / "file")
    fastest = min(pra("snapshots", "--repo", place, "--key-file", key).seconds for _ in range(10))
    # A costly key derivation alone takes half a second; a busy machine needs some leeway.
    assert fastest < 0.2
