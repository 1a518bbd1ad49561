"""Bit flips, truncations and removals all over a repository: all are found, none is restored."""

from __future__ import annotations

import os
import random
import shutil
from pathlib import Path

import pytest

from support.command import Program

DAMAGES = int(os.environ.get("PRA_DAMAGES") or 1000)


@pytest.fixture
def filled(pra: Program, tmp_path: Path) -> tuple[Path, Path, Path]:
    """A small repository with packs, several index files and snapshots; its key; the data."""
    repository, key, data = tmp_path / "repository", tmp_path / "key", tmp_path / "data"
    where = ("--repo", repository, "--key-file", key)
    pra("init", *where)
    dice = random.Random(3)
    for generation in range(3):
        for number in range(12):
            folder = data / f"folder{number % 3}"
            folder.mkdir(parents=True, exist_ok=True)
            text = f"{generation} {number} ".encode() * dice.randrange(1, 4000)
            (folder / f"{generation}-{number}").write_bytes(
                text + dice.randbytes(dice.randrange(1, 9000))
            )
        pra("backup", *where, "files", data)
    return repository, key, data


def damage(file: Path, dice: random.Random) -> str:
    """Flip a bit, cut the end off, or remove the file; says which."""
    kind = dice.choices(("flip", "truncate", "remove"), (8, 1, 1))[0]
    if kind == "remove":
        file.unlink()
        return kind
    content = bytearray(file.read_bytes())
    file.chmod(0o600)
    if kind == "truncate":
        file.write_bytes(content[: dice.randrange(len(content))])
        return kind
    position = dice.randrange(len(content))
    content[position] ^= 1 << dice.randrange(8)
    file.write_bytes(content)
    return f"flip a bit of byte {position}"


@pytest.mark.timeout(900)
def test_every_damage_is_found(
    pra: Program, filled: tuple[Path, Path, Path], tmp_path: Path
) -> None:
    repository, key, data = filled
    seed = int(os.environ.get("PRA_SEED") or random.SystemRandom().randrange(1 << 32))
    print(f"PRA_SEED={seed}")
    dice = random.Random(seed)
    where = ("--repo", repository, "--key-file", key, "--cache-dir", tmp_path / "cache")
    files = sorted(p for p in repository.rglob("*") if p.is_file())
    newest = pra("snapshots", *where, "--json").lines[-1]["latest"]
    for number in range(DAMAGES):
        # Equal chances for each kind of file, and half of all for packs.
        kinds = ("data", "data", "data", "data", "index", "snapshots", "keys", "config")
        kind = dice.choice(kinds)
        file = dice.choice([p for p in files if p.relative_to(repository).parts[0] == kind])
        original, mode = file.read_bytes(), file.stat().st_mode
        what = f"damage {number}: {damage(file, dice)} of {file.relative_to(repository)}"
        shutil.rmtree(tmp_path / "cache", ignore_errors=True)
        verified = pra("verify", *where, "--read-data", code=None)
        if kind == "snapshots" and not file.exists():
            # Nothing else names a snapshot; what it held is still there, and that is said.
            assert "belong to no snapshot" in verified.out + verified.err, f"{what}\n{verified}"
        else:
            assert verified.code not in (0, -6, -11), f"{what}: not found\n{verified}"
        if number % 10 == 0:
            restore_is_honest(pra, where, newest, data, tmp_path / "restored", what)
        if file.exists():
            file.chmod(0o600)
        file.write_bytes(original)
        file.chmod(mode)
    pra("verify", *where, "--read-data")


def restore_is_honest(
    pra: Program, where: tuple, snapshot: str, data: Path, target: Path, what: str
) -> None:
    """A restore fails, or gives back what was backed up; a file is never wrong and complete."""
    done = pra("restore", *where, snapshot, "--target", target, "--subpath", data, code=None)
    assert done.code >= 0, f"{what}: crashed\n{done}"
    if done.code == 0:
        for path in sorted(p for p in data.rglob("*") if p.is_file()):
            assert (target / path.relative_to(data)).read_bytes() == path.read_bytes(), what
    if target.exists():
        for path in sorted(p for p in target.rglob("*") if p.is_file()):
            assert path.read_bytes() == (data / path.relative_to(target)).read_bytes(), (
                f"{what}: {path}"
            )
        shutil.rmtree(target)
