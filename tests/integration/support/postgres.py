"""Private PostgreSQL clusters: made, started, filled and ended by the tests."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import subprocess
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from postgres_versions import available
from support.command import Argument, CommandError, Result, alive, run, wait_until
from support.paths import IS_ROOT, free_port, public_folder, reachable_copy
from support.sample_rows import FINGERPRINT, SCHEMA, rows_sql

# PostgreSQL refuses to run as root, so the servers run as this user then.
SERVER_USER = "nobody" if IS_ROOT else None
SUPERUSER = "postgres"
DEFAULT_SETTINGS = {
    "wal_level": "replica",
    "max_wal_senders": "10",
    "max_replication_slots": "10",
    "shared_buffers": "32MB",
    "fsync": "off",
    "autovacuum_naptime": "5s",
    "log_line_prefix": "'%m [%p] '",
    "timezone": "'UTC'",
    "lc_messages": "'C'",
}


@cache
def versions() -> dict[int, Path]:
    """Return the folder of programs of each major version there is."""
    return available()


@cache
def programs(major: int) -> Path:
    """Return the programs of a version, in a folder that the server's user can reach."""
    bin_folder = versions()[major]
    if not IS_ROOT:
        return bin_folder
    # A version's folder is copied as a whole: its programs find their libraries beside them.
    top = next((p for p in bin_folder.parents if p.name == str(major)), bin_folder.parent)
    return reachable_copy(top) / bin_folder.relative_to(top)


def client(name: str, major: int | None = None) -> Path:
    """Return a client program (psql, pg_verifybackup, …) of the version or of the newest there is.

    Some of the packaged versions carry the server alone; psql of any version serves them.
    """
    wanted = [major] if major is not None else sorted(versions(), reverse=True)
    for candidate in [*wanted, 15]:
        if candidate in versions() and (programs(candidate) / name).exists():
            return programs(candidate) / name
    raise FileNotFoundError(f"no {name} among PostgreSQL {sorted(versions())}")


def has_own(name: str, major: int) -> bool:
    """Tell whether the version's own copy of a client program is there."""
    return (programs(major) / name).exists()


class Cluster:
    """A PostgreSQL cluster in a folder of its own, on a socket and a port of 127.0.0.1."""

    def __init__(self, major: int, data: Path, base: Path) -> None:
        self.major = major
        self.data = data
        self.base = base
        self.sockets = base / "s"
        self.sockets.mkdir(exist_ok=True)
        self.sockets.chmod(0o777)
        self.port = free_port()
        self.process: subprocess.Popen[bytes] | None = None

    @property
    def dsn(self) -> str:
        """A connection string over the Unix socket, without any secret."""
        return f"host={self.sockets} port={self.port} user={SUPERUSER} dbname=postgres"

    @property
    def tcp_dsn(self) -> str:
        """A connection string over TCP."""
        return f"host=127.0.0.1 port={self.port} user={SUPERUSER} dbname=postgres"

    @property
    def env(self) -> dict[str, str]:
        """libpq's environment variables for this cluster."""
        return {
            "PGHOST": str(self.sockets),
            "PGPORT": str(self.port),
            "PGUSER": SUPERUSER,
            "PGDATABASE": "postgres",
        }

    @property
    def log(self) -> str:
        """What the server has logged."""
        path = self.base / "log"
        return path.read_text(errors="replace") if path.exists() else ""

    def server_command(self, name: str, *arguments: Argument, **options: object) -> Result:
        """Run one of the version's own programs as the server's user."""
        env = {"HOME": str(self.base), "LC_ALL": "C.UTF-8", "PGTZ": "UTC"}
        return run(
            programs(self.major) / name,
            *arguments,
            env=env,
            cwd=self.base,
            user=SERVER_USER,
            **options,  # type: ignore[arg-type]
        )

    def configure(self, settings: Mapping[str, str]) -> None:
        """Append settings to postgresql.conf; values are written as they are."""
        with (self.data / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = {value}\n" for name, value in settings.items())

    def start(self, *, wait: bool = True, seconds: float = 60) -> Cluster:
        """Start the server; with `wait`, until it takes connections."""
        # setpriv takes the server down with the tests, even when those are killed.
        words: list[str] = ["setpriv", "--pdeathsig", "INT"]
        if SERVER_USER:
            words += ["--reuid", SERVER_USER, "--regid", "nogroup", "--clear-groups"]
        words += ["--", str(programs(self.major) / "postgres"), "-D", str(self.data)]
        words += ["-p", str(self.port), "-k", str(self.sockets)]
        words += ["-c", "listen_addresses=127.0.0.1", "-c", "logging_collector=off"]
        env = {name: value for name, value in os.environ.items() if not name.startswith("PG")}
        env |= {"HOME": str(self.base), "LC_ALL": "C.UTF-8"}
        with (self.base / "log").open("ab") as log:
            self.process = subprocess.Popen(
                words, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=env, cwd=self.base,
                start_new_session=True,
            )  # fmt: skip
        if wait:
            wait_until(self._answers, seconds, f"the start of PostgreSQL {self.major}")
        return self

    def _answers(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise CommandError(f"PostgreSQL {self.major} did not start:\n{self.log[-4000:]}")
        return run(client("psql"), "-Xqc", "select 1", env=self.env, code=None).code == 0

    @property
    def running(self) -> bool:
        """Whether the server process lives."""
        return self.process is not None and self.process.poll() is None

    def stop(self, mode: str = "fast") -> None:
        """Stop the server: smart, fast or immediate."""
        if self.process is None:
            return
        number = {"smart": signal.SIGTERM, "fast": signal.SIGINT, "immediate": signal.SIGQUIT}[mode]
        if self.process.poll() is None:
            self.process.send_signal(number)
            try:
                self.process.wait(30)
            except subprocess.TimeoutExpired:
                self.kill()
        self.process = None

    def kill(self) -> None:
        """Kill the server and its children at once, as a crash would."""
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGSTOP)  # no new children
            children = run("ps", "--ppid", self.process.pid, "-o", "pid=", code=None).out.split()
            for pid in [*map(int, children), self.process.pid]:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            wait_until(lambda: not any(map(alive, children)), what="the end of the children")
        self.process.wait()
        self.process = None

    def psql(self, sql: str, database: str = "postgres", *, timeout: float = 240) -> str:
        """Run SQL; return rows, columns parted by '|', without headings."""
        words = ["-XqAt", "-v", "ON_ERROR_STOP=1", "-d", database, "-f", "-"]
        result = run(client("psql"), *words, env=self.env, input=sql, timeout=timeout)
        return result.out.rstrip("\n")

    def has_extension(self, name: str) -> bool:
        """Tell whether an extension is there to be created (amcheck is not in every package)."""
        return self.psql(f"select 1 from pg_available_extensions where name = '{name}'") == "1"

    def fill(self, customers: int = 2000, seed: int = 1) -> None:
        """Create (once) and fill a small shop's tables with real-looking rows."""
        self.psql(SCHEMA + rows_sql(customers, seed))

    def fingerprint(self) -> str:
        """Return a digest of every row of the shop's tables."""
        return self.psql(FINGERPRINT)

    @staticmethod
    def own(folder: Path) -> None:
        """Give a folder and all in it, and the tablespaces it points to, to the server's user."""
        if SERVER_USER:
            links = [path.resolve() for path in (folder / "pg_tblspc").glob("*")]
            run("chown", "-R", f"{SERVER_USER}:nogroup", folder, *links)
        folder.chmod(0o700)

    def folder(self, name: str) -> Path:
        """Make an empty folder that belongs to the server's user (a tablespace, an archive)."""
        path = self.base / name
        path.mkdir()
        if SERVER_USER:
            shutil.chown(path, SERVER_USER, "nogroup")
        path.chmod(0o700)
        return path


class ClusterFactory:
    """Makes clusters, and ends and removes all of them when it is closed."""

    def __init__(self) -> None:
        self._clusters: list[Cluster] = []

    def __call__(
        self,
        major: int | None = None,
        *,
        checksums: bool = True,
        settings: Mapping[str, str] | None = None,
        initdb: tuple[str, ...] = (),
        start: bool = True,
    ) -> Cluster:
        """Make a cluster of the version (15 if none is named) and start it."""
        cluster = self._add(major or 15)
        words = ["--pgdata", cluster.data, "--username", SUPERUSER, "--auth", "trust", "--no-sync"]
        words += ["--encoding", "UTF8", "--locale", "C", *initdb]
        if checksums:
            words.append("--data-checksums")
        elif cluster.major >= 18:
            words.append("--no-data-checksums")
        cluster.server_command("initdb", *words)
        cluster.configure({**DEFAULT_SETTINGS, **(settings or {})})
        return cluster.start() if start else cluster

    def adopt(self, data: Path, major: int, *, start: bool = True) -> Cluster:
        """Take a restored data folder, give it to the server's user and start it in place.

        The folder must lie where that user can go: see the fixture `public_dir`.
        """
        cluster = self._add(major, data)
        cluster.own(data)
        return cluster.start() if start else cluster

    def _add(self, major: int, data: Path | None = None) -> Cluster:
        base = public_folder(f"pra-pg{major}-")
        if SERVER_USER:
            shutil.chown(base, SERVER_USER, "nogroup")
        cluster = Cluster(major, data or base / "data", base)
        self._clusters.append(cluster)
        return cluster

    def close(self) -> None:
        """End every server and remove what they left."""
        for cluster in self._clusters:
            cluster.stop("immediate")
            shutil.rmtree(cluster.base, ignore_errors=True)
        self._clusters.clear()
