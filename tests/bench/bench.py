"""Paired runs against the peers, on the same data in the same run: prints ratios, asserts nothing.

bench.py files      a file tree: restic, rustic (where it is there), cp -a
bench.py postgres   a cluster: restic on the stopped files' copy, pgBackRest, pg_basebackup
bench.py open       short commands: what opening a repository costs
bench.py memory     20 GiB sparse to dense, and a million small files: peak memory

Peers are found in PATH, or named by PRA_RESTIC, PRA_RUSTIC and PRA_PGBACKREST. The data is made
once, by data.py, below --folder. Caches are warm; compare within one run only.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import subprocess
import sys
from pathlib import Path

from bench_postgres import bench_postgres
from measure import Cost, Table, measure, size_of

TESTS = Path(__file__).resolve().parents[1]
PROJECT = TESTS.parent


def find(program: str, variable: str) -> Path | None:
    """Return a peer's program, if there is one."""
    named = os.environ.get(variable) or shutil.which(program)
    return Path(named) if named else None


def pra_program() -> Path:
    """Return our program."""
    return Path(os.environ.get("PRA_BUILD_DIR") or PROJECT / "build/release") / "bin/pra"


def prepare(folder: Path, kind: str) -> Path:
    """Make the data unless it is there."""
    data = folder / kind
    if not data.exists():
        subprocess.run([sys.executable, TESTS / "bench/data.py", kind, data], check=True)
    return data


class Peer:
    """One backup program with a repository of its own."""

    def __init__(self, name: str, program: Path, folder: Path) -> None:
        self.name = name
        self.program = program
        self.repository = folder / f"{name}-repository"
        self.key = folder / "key"
        self.env = {
            "RESTIC_CACHE_DIR": str(folder / "cache"),
            "XDG_CACHE_HOME": str(folder / "cache"),
        }
        if not self.key.exists():
            self.key.write_text("a password of the benchmark\n")
            self.key.chmod(0o600)

    def run(self, *words: object) -> Cost:
        """Run a command of the program on the repository."""
        return measure([self.program, *self.where(words[0]), *words[1:]], self.env)

    def where(self, command: object) -> list[object]:
        """Return the command and the options that name the repository."""
        if self.name == "pra":
            return [command, "--repo", self.repository, "--key-file", self.key]
        return ["--repo", self.repository, "--password-file", self.key, command]

    def backup(self, data: Path) -> Cost:
        """Back the folder up."""
        return self.run("backup", *(["files"] if self.name == "pra" else []), data)

    def restore(self, target: Path) -> Cost:
        """Restore the newest snapshot; when this returns, it may not be on the disk yet."""
        target_words = [target] if self.name == "rustic" else ["--target", target]
        return self.run("restore", "latest", *target_words)

    def verify(self) -> Cost:
        """Read and check all data."""
        return self.run("verify" if self.name == "pra" else "check", "--read-data")


def known_peers(folder: Path) -> list[Peer]:
    """Return us and every peer there is."""
    programs = [("restic", "PRA_RESTIC"), ("rustic", "PRA_RUSTIC")]
    peers = [Peer("pra", pra_program(), folder)]
    for name, variable in programs:
        program = find(name, variable)
        if program:
            peers.append(Peer(name, program, folder))
    return peers


def sync(path: Path) -> None:
    """Wait until everything below is on the disk."""
    subprocess.run(["sync", "-f", path], check=True)


def bench_files(data: Path, folder: Path, rounds: int) -> Table:
    """Compare on a tree of files."""
    table = Table("pra")
    subprocess.run(["tar", "-C", data, "-cf", "/dev/null", "."], check=True)
    for number in range(rounds):
        work = folder / "work"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        peers = known_peers(work)
        random.Random(number).shuffle(peers)
        copy = work / "data"
        subprocess.run(["cp", "-a", data, copy], check=True)
        for peer in peers:
            sync(work)
            peer.run("init")
            table.add("backup", peer.name, peer.backup(copy))
            table.note("repository", peer.name, f"{size_of(peer.repository) / 1e6:.0f} MB")
        for peer in peers:
            table.add("unchanged", peer.name, peer.backup(copy))
        change = [sys.executable, TESTS / "bench/data.py", "change-files", copy]
        subprocess.run([*change, "--seed", str(number + 2)], check=True)
        for peer in peers:
            before = size_of(peer.repository)
            table.add("1 % changed", peer.name, peer.backup(copy))
            grown = size_of(peer.repository) - before
            table.note("1 % changed, growth", peer.name, f"{grown / 1e6:.1f} MB")
        for peer in peers:
            target = work / f"{peer.name}-restored"
            sync(work)
            table.add("restore", peer.name, peer.restore(target))
            sync(work)
            table.add("restore over equal", peer.name, peer.restore(target))
            shutil.rmtree(target)
        sync(work)
        table.add("restore", "cp -a", measure(["cp", "-a", copy, work / "copied"]))
        sync(work)
        for peer in peers:
            table.add("verify --read-data", peer.name, peer.verify())
    shutil.rmtree(folder / "work")
    return table


def bench_open(folder: Path) -> Table:
    """Compare short commands: a key that was generated, ten snapshots."""
    table = Table("pra")
    work = folder / "open"
    shutil.rmtree(work, ignore_errors=True)
    (work / "data").mkdir(parents=True)
    (work / "data/file").write_text("something")
    for peer in known_peers(work):
        if peer.name == "pra":
            peer.key = work / "generated.key"
        peer.run("init")
        for _ in range(10):
            peer.backup(work / "data")
        for _ in range(9):
            table.add("snapshots", peer.name, peer.run("snapshots"))
    shutil.rmtree(work)
    return table


def bench_memory(folder: Path) -> Table:
    """Peak memory of backups that are large in bytes, and in files."""
    table = Table("pra")
    work = folder / "memory"
    shutil.rmtree(work, ignore_errors=True)
    (work / "large").mkdir(parents=True)
    dice = random.Random(1)
    block = dice.randbytes(1 << 20)
    with (work / "large/mixed").open("wb") as file:
        # Sparse at first, ever denser: 20 GiB in length, about 4 GiB of data.
        for mebibyte in range(20 * 1024):
            if dice.random() < 0.4 * mebibyte / (20 * 1024):
                file.seek(mebibyte << 20)
                file.write(mebibyte.to_bytes(8, "little") + block[8:])
        file.truncate(20 << 30)
    for number in range(1_000_000):
        path = work / f"small/{number // 10_000:03}/{number // 500 % 20:02}"
        if number % 500 == 0:
            path.mkdir(parents=True)
        (path / f"{number}").write_bytes(number.to_bytes(4, "little") * 8)
    for kind in ("large", "small"):
        peer = Peer("pra", pra_program(), work)
        peer.repository = work / f"repository-{kind}"
        peer.run("init")
        table.add(f"backup {kind}", "pra", peer.backup(work / kind))
        table.add(f"unchanged {kind}", "pra", peer.backup(work / kind))
        table.add(f"verify {kind}", "pra", peer.verify())
        table.add(f"restore {kind}", "pra", peer.restore(work / "restored"))
        shutil.rmtree(work / "restored")
    shutil.rmtree(work)
    return table


def main() -> None:
    """Read the command line and run the benchmarks."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", nargs="*", default=["open", "files", "postgres"])
    parser.add_argument("--folder", type=Path, default=Path("/var/tmp/pra-bench"))
    parser.add_argument("--rounds", type=int, default=1)
    options = parser.parse_args()
    tables = []
    for what in options.what:
        print(f"== {what}", flush=True)
        match what:
            case "files":
                data = prepare(options.folder, "files")
                tables.append(bench_files(data, options.folder, options.rounds))
            case "postgres":
                data = prepare(options.folder, "postgres")
                pgbackrest = find("pgbackrest", "PRA_PGBACKREST")
                restic = find("restic", "PRA_RESTIC")
                tables.append(
                    bench_postgres(
                        data, options.folder, options.rounds, pra_program(), restic, pgbackrest
                    )
                )
            case "open":
                tables.append(bench_open(options.folder))
            case "memory":
                tables.append(bench_memory(options.folder))
            case _:
                parser.error(f"there is no benchmark '{what}'")
    for table in tables:
        table.print()


if __name__ == "__main__":
    main()
