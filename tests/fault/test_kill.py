"""kill -9 at random moments of a backup: the repository is whole, nothing acknowledged is lost."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from pathlib import Path

import pytest

from support.command import Program, run

KILLS = 50


def fill(root: Path, dice: random.Random, files: int, generation: int) -> None:
    """Write new files and change some: each backup has something to do."""
    for number in range(files):
        folder = root / f"{number % 37:02}"
        folder.mkdir(parents=True, exist_ok=True)
        size = dice.choice((200, 3_000, 40_000, 900_000))
        (folder / f"{generation}-{number}").write_bytes(dice.randbytes(size))


def tree_digest(pra: Program, root: Path) -> bytes:
    return pra("digest", root).stdout


@pytest.mark.timeout(900)
def test_kill_at_random_moments(pra: Program, tmp_path: Path) -> None:
    seed = int(os.environ.get("PRA_SEED") or random.SystemRandom().randrange(1 << 32))
    print(f"PRA_SEED={seed}")
    dice = random.Random(seed)
    repository, key, data = tmp_path / "repository", tmp_path / "key", tmp_path / "data"
    where = ("--repo", repository, "--key-file", key)
    pra("init", *where)
    fill(data, dice, 300, 0)
    started = time.monotonic()
    pra("backup", *where, "files", data)
    whole = max(time.monotonic() - started, 0.3)
    acknowledged = {pra("snapshots", *where, "--json").lines[-1]["latest"]: tree_digest(pra, data)}

    killed = 0
    for attempt in range(1, KILLS + 1):
        fill(data, dice, 60, attempt)
        process = pra.start("backup", *where, "files", data, "--json", stderr=subprocess.DEVNULL)
        try:
            out, _ = process.communicate(timeout=dice.uniform(0, whole * 0.8))
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            out, _ = process.communicate()
            killed += 1
        if process.returncode == 0:
            assert b'"snapshot"' in out
        # The lock of the dead process is stale and does not block other backups.
        pra("verify", *where)
        if attempt % 10 == 0:
            pra("unlock", *where)
            run(
                "restic",
                "check",
                "--read-data",
                "--no-cache",
                "--repo",
                repository,
                "--password-file",
                key,
            )
    assert killed > KILLS // 3, "the kills came too late to mean anything"

    pra("backup", *where, "files", data)
    newest = pra("snapshots", *where, "--json").lines[-1]["latest"]
    acknowledged[newest] = tree_digest(pra, data)
    for snapshot, digest in acknowledged.items():
        target = tmp_path / "restored"
        pra("restore", *where, snapshot, "--target", target, "--subpath", data)
        restored = pra("digest", target).stdout.replace(bytes(target), bytes(data))
        assert restored == digest
        shutil.rmtree(target)


def test_an_interrupt_ends_a_backup_cleanly(pra: Program, tmp_path: Path) -> None:
    repository, key, data = tmp_path / "repository", tmp_path / "key", tmp_path / "data"
    where = ("--repo", repository, "--key-file", key)
    pra("init", *where)
    fill(data, random.Random(5), 2_000, 0)
    process = pra.start("backup", *where, "files", data)
    time.sleep(0.25)
    process.send_signal(signal.SIGINT)
    started = time.monotonic()
    process.communicate(timeout=20)
    if process.returncode != 0:
        assert process.returncode == 130
        assert time.monotonic() - started < 2
        assert pra("snapshots", *where, "--json").lines[-1]["count"] == 0
    assert not list((repository / "locks").iterdir())
    run(
        "restic", "check", "--read-data", "--no-cache", "--repo", repository, "--password-file", key
    )
    pra("backup", *where, "files", data)
