"""Backup and restore of a PostgreSQL cluster: us, restic on its files, pgBackRest."""

from __future__ import annotations

import random
import shutil
import subprocess
import sys
from pathlib import Path

from measure import Cost, Table, measure, size_of

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "integration"), str(TESTS / "environment")]

from postgres_data import SERVE_SETTINGS  # noqa: E402
from support.paths import public_folder  # noqa: E402
from support.postgres import SERVER_USER, Cluster  # noqa: E402

AS_SERVER = ["runuser", "-u", SERVER_USER, "--"] if SERVER_USER else []


class Pra:
    """Us: a base backup over the replication protocol."""

    name = "pra"

    def __init__(self, program: Path, work: Path, cluster: Cluster) -> None:
        self.program = program
        self.repository = work / "pra-repository"
        self.where = ["--repo", self.repository, "--key-file", work / "pra.key"]
        self.cluster = cluster
        measure([program, "init", *self.where])

    def backup(self, *, full: bool) -> Cost:
        """Back up the running cluster."""
        words = ["backup", *self.where, "postgres", "--dsn", self.cluster.dsn]
        return measure([self.program, *words])

    def restore(self, target: Path, *, again: bool) -> Cost:
        """Restore the newest snapshot."""
        return measure([self.program, "restore", *self.where, "latest", "--target", target])

    def verify(self) -> Cost:
        """Read and check everything."""
        return measure([self.program, "verify", *self.where, "--read-data"])


class Restic:
    """Restic on the files of the stopped cluster: not a backup that would start after a crash."""

    name = "restic (files)"

    def __init__(self, program: Path, work: Path, cluster: Cluster) -> None:
        self.program = program
        self.repository = work / "restic-repository"
        key = work / "restic.key"
        key.write_text("a password of the benchmark\n")
        self.where = ["--repo", self.repository, "--password-file", key]
        self.env = {"RESTIC_CACHE_DIR": str(work / "cache")}
        self.cluster = cluster
        measure([program, *self.where, "init"], self.env)

    def run(self, *words: object) -> Cost:
        """Run a command on the repository."""
        return measure([self.program, *self.where, *words], self.env)

    def backup(self, *, full: bool) -> Cost:
        """Back up the files."""
        return self.run("backup", self.cluster.data)

    def restore(self, target: Path, *, again: bool) -> Cost:
        """Restore the newest snapshot."""
        return self.run("restore", "latest", "--target", target)

    def verify(self) -> Cost:
        """Read and check everything."""
        return self.run("check", "--read-data")


class PgBackRest:
    """pgBackRest as it is fast: zstd 3, two processes, bundles, blocks, no encryption."""

    name = "pgBackRest"

    def __init__(self, program: Path, work: Path, cluster: Cluster) -> None:
        self.program = program
        self.repository = work / "pgbackrest"
        self.cluster = cluster
        for name in ("", "log", "lock", "spool"):
            (self.repository / name).mkdir(exist_ok=True)
            (self.repository / name).chmod(0o777)
        modern = (
            "2.45"
            not in subprocess.run([program, "version"], capture_output=True, text=True).stdout
        )
        settings = {
            "repo1-path": self.repository / "repo",
            "log-path": self.repository / "log",
            "lock-path": self.repository / "lock",
            "spool-path": self.repository / "spool",
            "log-level-file": "off",
            "compress-type": "zst",
            "compress-level": 3,
            "process-max": 2,
            "start-fast": "y",
            "archive-check": "n",
            "archive-mode-check": "n",
            "repo1-bundle": "y",
            **({"repo1-block": "y"} if modern else {}),
        }
        text = "[global]\n" + "".join(f"{k}={v}\n" for k, v in settings.items())
        text += f"[bench]\npg1-path={cluster.data}\npg1-port={cluster.port}\n"
        text += f"pg1-socket-path={cluster.sockets}\npg1-user=postgres\n"
        self.config = self.repository / "pgbackrest.conf"
        self.config.write_text(text)
        self.run("stanza-create")

    def run(self, *words: object) -> Cost:
        """Run a command as the server's user."""
        fixed = ["--config", self.config, "--stanza", "bench"]
        return measure([*AS_SERVER, self.program, *fixed, *words])

    def backup(self, *, full: bool) -> Cost:
        """Back up the running cluster."""
        return self.run("backup", "--type", "full" if full else "incr")

    def restore(self, target: Path, *, again: bool) -> Cost:
        """Restore the newest backup, in place when the target is there already."""
        if not again:
            target.mkdir(mode=0o700)
            if SERVER_USER:
                shutil.chown(target, SERVER_USER, "nogroup")
        words = ["--pg1-path", target, "--type", "none", *(["--delta"] if again else [])]
        return self.run("restore", *words)

    def verify(self) -> Cost:
        """Read and check everything."""
        return self.run("verify")


def bench_postgres(
    data: Path,
    folder: Path,
    rounds: int,
    pra: Path,
    restic: Path | None,
    pgbackrest: Path | None,
) -> Table:
    """Compare on a cluster of realistic rows."""
    table = Table("pra")
    for number in range(rounds):
        work = folder / "work-postgres"
        shutil.rmtree(work, ignore_errors=True)
        work.mkdir(parents=True)
        work.chmod(0o755)
        subprocess.run(["cp", "-a", data, work / "cluster"], check=True)
        base = public_folder("pra-bench-")
        if SERVER_USER:
            shutil.chown(base, SERVER_USER, "nogroup")
        cluster = Cluster(15, work / "cluster", base)
        cluster.configure(SERVE_SETTINGS)
        cluster.start()
        try:
            _round(table, work, cluster, number, pra, restic, pgbackrest)
        finally:
            cluster.stop()
            shutil.rmtree(base, ignore_errors=True)
            shutil.rmtree(work, ignore_errors=True)
    return table


def _round(
    table: Table,
    work: Path,
    cluster: Cluster,
    number: int,
    pra: Path,
    restic: Path | None,
    pgbackrest: Path | None,
) -> None:
    peers: list[Pra | Restic | PgBackRest] = [Pra(pra, work, cluster)]
    if restic:
        peers.append(Restic(restic, work, cluster))
    if pgbackrest:
        peers.append(PgBackRest(pgbackrest, work, cluster))
    random.Random(number).shuffle(peers)

    def all_of(step: str, *, full: bool) -> None:
        for peer in peers:
            subprocess.run(["sync", "-f", work], check=True)
            before = size_of(peer.repository)
            table.add(step, peer.name, peer.backup(full=full))
            grown = size_of(peer.repository) - before
            table.note(f"{step}: repository grows", peer.name, f"{grown / 1e6:.1f} MB")

    all_of("full", full=True)
    all_of("unchanged", full=False)
    cluster.stop()
    change = [sys.executable, TESTS / "bench/data.py", "change-postgres", cluster.data]
    subprocess.run([*change, "--seed", str(number + 2)], check=True)
    cluster.start()
    all_of("1 % of pages changed", full=False)
    for peer in peers:
        target = work / f"restored-{peer.name.split()[0]}"
        subprocess.run(["sync", "-f", work], check=True)
        table.add("restore", peer.name, peer.restore(target, again=False))
        subprocess.run(["sync", "-f", work], check=True)
        table.add("restore over equal", peer.name, peer.restore(target, again=True))
        shutil.rmtree(target)
    for peer in peers:
        table.add("verify", peer.name, peer.verify())
