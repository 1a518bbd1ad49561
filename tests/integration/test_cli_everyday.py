"""What people do with `pra` every day: init, backup, look, restore, prove."""

from __future__ import annotations

import hashlib
import os
import shutil
from pathlib import Path
from typing import Any

import pytest

from support.command import Program, Result, run
from support.restic import Restic
from support.tree import differences


class Repository:
    """A repository of the test's own, and `pra` on it."""

    def __init__(self, pra: Program, folder: Path) -> None:
        self.pra = pra
        self.place = folder / "repository"
        self.key = folder / "made.key"
        pra("init", "--repo", self.place, "--key-file", self.key)

    def __call__(self, command: str, *arguments: Any, **options: Any) -> Result:
        """Run a command on the repository."""
        words = [*command.split(), "--repo", self.place, "--key-file", self.key, *arguments]
        return self.pra(*words, **options)

    def result(self, command: str, *arguments: Any, **options: Any) -> dict[str, Any]:
        """Run a command and return the result object."""
        lines = self(command, "--json", *arguments, **options).lines
        assert [line["type"] for line in lines].count("result") == 1
        assert lines[-1]["type"] == "result"
        return lines[-1]


@pytest.fixture
def repository(pra: Program, tmp_path: Path) -> Repository:
    return Repository(pra, tmp_path)


def test_init_makes_a_key_that_only_its_owner_reads(pra: Program, tmp_path: Path) -> None:
    place, key = tmp_path / "repository", tmp_path / "key"
    made = pra("init", "--repo", place, "--key-file", key)
    assert key.stat().st_mode & 0o777 == 0o600
    assert "keep a copy" in made.err
    assert key.read_text().strip() not in made.out + made.err
    again = pra("init", "--repo", place, "--key-file", key, code=1)
    assert "already" in again.err
    assert "hint:" in again.err


def test_a_tree_comes_back_equal(repository: Repository, sample_tree: Path, tmp_path: Path) -> None:
    first = repository("backup", "files", sample_tree)
    assert "snapshot " in first.out
    target = tmp_path / "target"
    restored = repository("restore", "latest", "--target", target, "--subpath", sample_tree,
                          "--verify")  # fmt: skip
    assert "restored snapshot" in restored.out
    assert "read back and equal" in restored.out
    assert differences(sample_tree, target) == []
    proof = repository("verify", "--restored", target, "latest", "--subpath", sample_tree)
    assert "equal, content and metadata" in proof.out
    (target / "surplus").write_text("x")
    differs = repository("verify", "--restored", target, "latest", "--subpath", sample_tree, code=1)
    assert "surplus" in differs.out
    repository("restore", "--target", target, "--subpath", sample_tree, "--delete")
    # The target's own folder was there before and stays its owner's.
    wrong = differences(sample_tree, target)
    assert [line for line in wrong if not line.startswith("b'.': mtime_ns")] == []
    unchanged = repository.result("restore", "--target", target, "--subpath", sample_tree)
    assert unchanged["changed"] is False
    assert "no errors were found" in repository("verify", "--read-data").out


def test_restic_reads_what_the_command_line_wrote(
    repository: Repository, sample_tree: Path, restic: Restic, tmp_path: Path
) -> None:
    repository("backup", "files", sample_tree, "--tag", "nightly")
    restic.check(repository.place, repository.key)
    assert "nightly" in restic.snapshots(repository.place, repository.key)[0]["tags"]
    restic.restore(repository.place, repository.key, "latest", tmp_path / "by-restic")
    wrong = differences(sample_tree, tmp_path / "by-restic" / sample_tree.relative_to("/"))
    if restic.version < (0, 17):  # It does not know targets of links that are not UTF-8.
        wrong = [line for line in wrong if "odd link" not in line]
    assert wrong == []


def test_looking(repository: Repository, sample_tree: Path) -> None:
    assert repository("snapshots").out == "no snapshots\n"
    made = repository.result("backup", "files", sample_tree, "--tag", "one", "--name", "shop")
    repository("backup", "files", sample_tree, "--tag", "two")
    text = repository("snapshots").out
    assert text.splitlines()[0].split()[:3] == ["ID", "TIME", "HOST"]
    assert made["snapshot"][:8] in text
    assert len(text.splitlines()) == 3
    assert repository.result("snapshots", "--tag", "one")["latest"] == made["snapshot"]
    assert repository.result("snapshots", "--source", "shop")["count"] == 1
    assert repository.result("snapshots", "--last", "1")["count"] == 1

    listed = repository("ls", made["snapshot"][:8], sample_tree).out.splitlines()
    assert all(line.startswith(f"{sample_tree}/") for line in listed)
    assert sorted(line.count("/") for line in listed)[-1] == str(sample_tree).count("/") + 1
    long = repository("ls", "latest", "--long").out
    assert f"drwxr-xr-x {'root' if os.geteuid() == 0 else ''}" in long
    entries = repository("ls", "--json").lines
    assert {entry["type"] for entry in entries} <= {"entry", "result", "progress"}
    assert entries[-1]["count"] == len([e for e in entries if e["type"] == "entry"])


def test_names_that_are_not_utf8(repository: Repository, tmp_path: Path) -> None:
    folder = tmp_path / os.fsdecode(b"caf\xe9")
    folder.mkdir()
    file = folder / os.fsdecode(b"men\xfc")
    file.write_bytes(b"soup")
    repository("backup", "files", folder)
    assert "caf\\xe9/men\\xfc" in repository("ls").out
    assert repository("dump", "latest", file).stdout == b"soup"


def test_dump(repository: Repository, tmp_path: Path) -> None:
    content = os.urandom(3_000_000)
    (tmp_path / "large").write_bytes(content)
    repository("backup", "files", tmp_path / "large")
    assert repository("dump", "latest", tmp_path / "large").stdout == content
    not_a_file = repository("dump", "latest", tmp_path, code=2)
    assert not_a_file.out == ""
    assert "not a file" in not_a_file.err
    assert "has no" in repository("dump", "latest", "/nothing", code=1).err
    with Path("/dev/full").open("wb") as full:
        process = repository.pra.start("dump", "--repo", repository.place, "--key-file",
                                       repository.key, "latest", tmp_path / "large",
                                       stdout=full)  # fmt: skip
        assert process.wait(60) == 1
        process.stderr.close()


def test_a_program_as_a_source(repository: Repository) -> None:
    saved = repository.result(
        "backup", "--name", "crm.sql", "command", "--", "sh", "-c", "echo rows"
    )
    assert saved["bytes"] == 5
    assert repository("dump", "--source", "crm.sql").stdout == b"rows\n"
    failed = repository("backup", "--name", "crm.sql", "command", "--", "sh", "-c",
                        "echo rows; echo 'disk is full' >&2; exit 5", code=1)  # fmt: skip
    assert "exit code 5: disk is full" in failed.err
    assert repository.result("snapshots")["count"] == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user")
def test_files_that_cannot_be_read_are_named_and_the_rest_is_saved(
    pra: Program, public_dir: Path
) -> None:
    folder = public_dir / "data"
    folder.mkdir()
    (folder / "open").write_text("open")
    closed = folder / "closed"
    closed.write_text("closed")
    closed.chmod(0o600)
    work = public_dir / "work"
    work.mkdir()
    os.chown(work, 65534, 65534)
    common = ["--repo", work / "repository", "--key-file", work / "key"]
    env = {"HOME": work, "XDG_CACHE_HOME": work / "cache", "XDG_CONFIG_HOME": work}
    binary = pra  # The library lies where every user may read it.
    options = {"env": env, "user": "nobody", "cwd": work}
    binary("init", *common, **options)
    partial = binary("backup", *common, "files", folder, code=3, **options)
    assert f"{closed}" in partial.out
    assert "could not be read and are NOT in the snapshot" in partial.out
    assert str(folder / "open") in binary("ls", *common, **options).out


@pytest.mark.skipif(os.geteuid() != 0, reason="needs another user")
def test_a_repository_that_cannot_be_written_is_restored_without_a_lock(
    repository: Repository, public_dir: Path, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("precious")
    repository("backup", "files", tmp_path / "file")
    copy = public_dir / "repository"
    shutil.copytree(repository.place, copy)
    run("chmod", "-R", "a+rX", copy)
    work = public_dir / "work"
    work.mkdir()
    shutil.copy2(repository.key, work / "key")
    for path in (work, work / "key"):
        os.chown(path, 65534, 65534)
    env = {"HOME": work, "XDG_CACHE_HOME": work / "cache", "XDG_CONFIG_HOME": work}
    options = {"env": env, "user": "nobody", "cwd": work}
    common = ["--repo", copy, "--key-file", work / "key"]
    restored = repository.pra("restore", *common, "--target", "target", "--subpath", tmp_path,
                              code=(0, 3), **options)  # fmt: skip
    assert "without a lock" in restored.err
    assert (work / "target/file").read_text() == "precious"
    assert (
        b"precious"
        in repository.pra("dump", *common, "latest", tmp_path / "file", **options).stdout
    )


def test_digests(pra: Program, tmp_path: Path) -> None:
    folder = tmp_path / "d"
    folder.mkdir()
    (folder / "a").write_text("hi\n")
    lines = pra("digest", "d", cwd=tmp_path).out
    assert lines == f"{hashlib.sha256(b'hi' + bytes([10])).hexdigest()}  d/a\n"
    (tmp_path / "list").write_text(lines)
    assert "1 file equal, 0 not" in pra("digest", "--check", "list", cwd=tmp_path).out
    (folder / "a").write_text("ho\n")
    assert "d/a" in pra("digest", "--check", "list", cwd=tmp_path, code=1).out


def test_dry_runs_change_nothing(repository: Repository, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    assert "nothing was stored" in repository("backup", "files", tmp_path / "file", "--dry-run").out
    assert repository.result("snapshots")["count"] == 0
    repository("backup", "files", tmp_path / "file")
    target = tmp_path / "target"
    would = repository("restore", "--target", target, "--dry-run")
    assert "would restore" in would.out
    assert not target.exists()


def test_a_configuration(pra: Program, tmp_path: Path) -> None:
    (tmp_path / "data").write_text("x")
    (tmp_path / "pra.yaml").write_text(f"""version: 1
name: shop
objectives: {{rto: 1h, rpo: 15m}}
repository: {{url: "{tmp_path}/repository", key: "file:{tmp_path}/key"}}
sources:
  data: {{type: files, paths: ["{tmp_path}/data"]}}
  crm: {{type: command, command: [echo, rows], file_name: crm.sql}}
""")
    assert "sources: data, crm" in pra("config", "check", cwd=tmp_path).out
    pra("init", cwd=tmp_path)
    assert pra("status", cwd=tmp_path, code=4).out.count("NEVER BACKED UP") == 2
    pra("backup", cwd=tmp_path)
    assert pra("status", cwd=tmp_path).out.count(" ok") == 2
    pra("backup", "crm", cwd=tmp_path)
    count = pra("snapshots", "--json", "--source", "crm", cwd=tmp_path).lines[-1]["count"]
    assert count == 2
    late = pra("status", "--max-age", "0s", cwd=tmp_path, code=4)
    assert "TOO OLD" in late.out
    assert "did you mean 'data'" in pra("backup", "dat", cwd=tmp_path, code=2).err
    (tmp_path / "bad.yaml").write_text("version: 1\nnmae: x\nsources: {a: {type: fiels}}\n")
    wrong = pra("config", "check", tmp_path / "bad.yaml", code=2)
    assert "bad.yaml:2" in wrong.err
    assert "bad.yaml:3" in wrong.err
