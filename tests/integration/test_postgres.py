"""Backup and restore of real PostgreSQL clusters, of every major version that the testbed has."""

from __future__ import annotations

import os
import random
import signal
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from support.command import Program, Result, run, stop, wait_until
from support.paths import public_folder
from support.postgres import SERVER_USER, Cluster, ClusterFactory, client, has_own
from support.restic import Restic
from support.slow_proxy import SlowProxy

FAILED, USAGE = 1, 2


@dataclass
class Repository:
    """A repository of ours, and the `pra` that uses it."""

    pra: Program
    path: Path
    key: Path

    def run(self, operation: str, *words: str | Path | int, **options: Any) -> Result:
        return self.pra(operation, "--repo", self.path, "--key-file", self.key, *words, **options)

    def backup(self, cluster: Cluster, *words: str | Path | int, **options: Any) -> dict[str, Any]:
        """Back up a cluster; return the result of its source."""
        dsn = options.pop("dsn", cluster.dsn)
        result = self.run("backup", "postgres", "--dsn", dsn, "--json", *words, **options)
        [source] = result.lines[-1]["sources"]
        return source

    def restore(self, target: Path, *words: str | Path | int, **options: Any) -> dict[str, Any]:
        return self.run("restore", "--target", target, "--json", *words, **options).lines[-1]

    def refused(self, *words: str | Path | int, **options: Any) -> str:
        """Run an operation that must fail, and return what it says."""
        result = self.run(*words, code=(FAILED, USAGE, 11), **options)
        assert "hint" in result.err, str(result)
        return result.err

    def snapshots(self) -> list[Any]:
        return self.run("snapshots", "--json").lines[-1]["snapshots"]


@pytest.fixture
def repository(pra: Program, tmp_path: Path) -> Repository:
    made = Repository(pra, tmp_path / "repository", tmp_path / "made.key")
    made.run("init")
    return made


@pytest.fixture
def public_dir() -> Iterator[Path]:
    folder = public_folder("pra-pgtest-")
    yield folder
    run("rm", "-rf", folder)


def lsn(text: str) -> int:
    high, low = text.split("/")
    return int(high, 16) << 32 | int(low, 16)


@dataclass
class Writer:
    """Commits one row after the other, and notes where the log stood after each."""

    cluster: Cluster
    committed: dict[int, int] = field(default_factory=dict)
    _over: threading.Event = field(default_factory=threading.Event)
    _thread: threading.Thread | None = None

    def start(self) -> Writer:
        self.cluster.psql("create table ticks (id bigint primary key, pad text)")
        self._thread = threading.Thread(target=self._write, daemon=True)
        self._thread.start()
        return self

    def _write(self) -> None:
        number = 0
        while not self._over.is_set():
            number += 1
            done = self.cluster.psql(
                f"insert into ticks values ({number}, repeat('x', 500));"
                "select pg_current_wal_insert_lsn()"
            )
            self.committed[number] = lsn(done)

    def end(self) -> None:
        self._over.set()
        assert self._thread is not None
        self._thread.join(60)

    def before(self, position: str) -> set[int]:
        return {number for number, at in self.committed.items() if at <= lsn(position)}


def check_cluster(cluster: Cluster) -> None:
    """Every heap and index is sound."""
    if not cluster.has_extension("amcheck"):
        return
    cluster.psql("create extension if not exists amcheck")
    words = ["--heapallindexed", "--database=postgres", "--no-dependent-toast"]
    if cluster.major >= 14:
        run(client("pg_amcheck", 15), *words, env=cluster.env)


def verify_backup(cluster: Cluster, data: Path) -> None:
    """Run the version's own pg_verifybackup over a restored folder."""
    # That of one packaged 18 crashes at its start; the log is not for another version to parse.
    major = cluster.major if has_own("pg_verifybackup", cluster.major) else 15
    words = [] if major == cluster.major else ["--no-parse-wal"]
    if not has_own("pg_waldump", major):
        words = ["--no-parse-wal"]
    run(client("pg_verifybackup", major), *words, data)


def with_tablespace(cluster: Cluster, name: str = "fast") -> Path:
    """Make a tablespace with a table in it."""
    place = cluster.folder(name)
    cluster.psql(f"create tablespace {name} location '{place}'")
    cluster.psql(
        f"create table in_{name} tablespace {name} as select g, md5(g::text) from"
        " generate_series(1, 5000) g"
    )
    return place


def test_backup_under_writes_restores_to_a_running_cluster(
    repository: Repository, postgres_cluster: ClusterFactory, postgres_major: int, public_dir: Path
) -> None:
    cluster = postgres_cluster(postgres_major)
    cluster.fill(3000)
    place = with_tablespace(cluster)
    cluster.psql("create unlogged table lost (a int); insert into lost select 1")
    writer = Writer(cluster).start()
    wait_until(lambda: len(writer.committed) > 5)
    source = repository.backup(cluster, "--name", "db")
    wait_until(lambda: max(writer.committed.values()) > lsn(source["details"]["end_lsn"]))
    writer.end()
    before = cluster.fingerprint()
    details = source["details"]
    assert details["server_version"].startswith(f"{postgres_major}.")
    assert details["role"] == "primary"
    assert lsn(details["start_lsn"]) < lsn(details["end_lsn"])
    [snapshot] = repository.snapshots()
    assert "pra:type=postgres" in snapshot["tags"]
    assert f"pra:postgres:end_lsn={details['end_lsn']}" in snapshot["tags"]
    cluster.kill()

    data, moved = public_dir / "data", public_dir / "moved"
    result = repository.restore(data, "--tablespace", f"{place}={moved}")
    assert result["changed"] is True
    assert data.stat().st_mode & 0o777 == 0o700
    assert not (data / "postmaster.pid").exists()
    [link] = (data / "pg_tblspc").iterdir()
    assert link.readlink() == moved
    verify_backup(cluster, data)
    assert repository.restore(data, "--tablespace", f"{place}={moved}")["changed"] is False

    restored = postgres_cluster.adopt(data, postgres_major)
    assert restored.fingerprint() == before
    assert restored.psql("select count(*) from in_fast") == "5000"
    assert restored.psql("select count(*) from lost") == "0"
    there = {int(line) for line in restored.psql("select id from ticks").split()}
    wanted = writer.before(details["end_lsn"])
    assert len(wanted) > 5
    assert wanted <= there
    check_cluster(restored)
    restored.stop()


def test_restic_restores_a_cluster_that_starts(
    repository: Repository, postgres_cluster: ClusterFactory, restic: Restic, public_dir: Path
) -> None:
    cluster = postgres_cluster(15)
    cluster.fill(1000)
    place = with_tablespace(cluster)
    repository.backup(cluster, "--name", "db")
    before = cluster.fingerprint()
    restic.check(repository.path, repository.key)
    # The original stays up: what restic restores must not touch its tablespace.
    restic.restore(repository.path, repository.key, "latest", public_dir)
    data = public_dir / "postgres/db/data"
    verify_backup(cluster, data)
    [link] = (data / "pg_tblspc").iterdir()
    assert link.resolve().is_relative_to(public_dir)
    run("chmod", "-R", "a+rX", public_dir / "postgres/db")
    restored = postgres_cluster.adopt(data, 15)
    assert restored.fingerprint() == before
    assert restored.psql("select count(*) from in_fast") == "5000"
    check_cluster(restored)
    assert place.exists()
    assert cluster.psql("select count(*) from in_fast") == "5000"


def test_an_unchanged_cluster_adds_next_to_nothing(
    repository: Repository, postgres_cluster: ClusterFactory
) -> None:
    cluster = postgres_cluster(15)
    cluster.fill(5000)
    cluster.psql("vacuum freeze; checkpoint")
    first = repository.backup(cluster, "--name", "db")
    second = repository.backup(cluster, "--name", "db")
    assert first["bytes_stored"] > 2_000_000
    assert second["bytes_stored"] < 300_000
    newest = repository.snapshots()[-1]
    assert newest["parent"] == repository.snapshots()[0]["id"]


def test_the_page_group_stays_as_it_was(
    repository: Repository, postgres_cluster: ClusterFactory
) -> None:
    cluster = postgres_cluster(15)
    first = repository.backup(cluster, "--name", "db", "--page-group", "32KiB")
    assert first["details"]["page_group"] == "32768"
    assert repository.backup(cluster, "--name", "db")["details"]["page_group"] == "32768"
    assert repository.backup(cluster, "--name", "other")["details"]["page_group"] == "65536"
    repository.refused("backup", "postgres", "--dsn", cluster.dsn, "--page-group", "5000")


def test_a_damaged_block_fails_the_backup(
    repository: Repository, postgres_cluster: ClusterFactory, postgres_major: int
) -> None:
    cluster = postgres_cluster(postgres_major)
    cluster.fill(1000)
    path = cluster.data / cluster.psql("select pg_relation_filepath('orders')")
    cluster.stop()
    with path.open("r+b") as file:
        file.seek(8192 + 4000)
        byte = file.read(1)
        file.seek(8192 + 4000)
        file.write(bytes([byte[0] ^ 1]))
    cluster.start()
    said = repository.refused("backup", "postgres", "--dsn", cluster.dsn)
    assert "checksum" in said
    assert path.name in said
    assert repository.snapshots() == []


def test_a_killed_server_fails_the_backup(
    repository: Repository, postgres_cluster: ClusterFactory, postgres_major: int
) -> None:
    cluster = postgres_cluster(postgres_major)
    cluster.fill(1000)
    with SlowProxy(cluster.port, hold_at=2 << 20) as proxy:
        dsn = f"host=127.0.0.1 port={proxy.port} user=postgres"
        process = repository.pra.start(
            "backup", "--repo", repository.path, "--key-file", repository.key,
            "postgres", "--dsn", dsn,
        )  # fmt: skip
        proxy.wait_until_held()
        cluster.kill()
        proxy.go_on()
        _, said = process.communicate(timeout=60)
    assert process.returncode == FAILED, said
    assert b"base backup" in said
    assert repository.snapshots() == []
    cluster.start()
    repository.backup(cluster)


def make_standby(
    postgres_cluster: ClusterFactory, primary: Cluster, major: int, folder: Path
) -> Cluster:
    run(client("pg_basebackup", major), "-D", folder, "-R", "-c", "fast", "-X", "stream",
        env=primary.env)  # fmt: skip
    standby = postgres_cluster.adopt(folder, major)
    assert standby.psql("select pg_is_in_recovery()") == "t"
    return standby


def test_a_standby_can_be_backed_up(
    repository: Repository, postgres_cluster: ClusterFactory, public_dir: Path
) -> None:
    primary = postgres_cluster(15)
    primary.fill(500)
    standby = make_standby(postgres_cluster, primary, 15, public_dir / "standby")
    primary.psql("checkpoint; create table later as select 1 as one; select pg_switch_wal()")
    wait_until(lambda: standby.psql("select to_regclass('later') is not null") == "t")
    source = repository.backup(standby)
    assert source["details"]["role"] == "standby"
    primary.stop()
    standby.stop()
    data = public_dir / "data"
    repository.restore(data)
    assert not (data / "standby.signal").exists()
    verify_backup(standby, data)
    restored = postgres_cluster.adopt(data, 15)
    assert restored.psql("select pg_is_in_recovery()") == "f"
    assert restored.psql("select count(*) from orders") == "1500"
    assert restored.psql("select count(*) from later") == "1"
    check_cluster(restored)


def test_a_promotion_fails_the_backup(
    repository: Repository, postgres_cluster: ClusterFactory, public_dir: Path
) -> None:
    primary = postgres_cluster(15)
    primary.fill(1000)
    standby = make_standby(postgres_cluster, primary, 15, public_dir / "standby")
    with SlowProxy(standby.port, hold_at=2 << 20) as proxy:
        process = repository.pra.start(
            "backup", "--repo", repository.path, "--key-file", repository.key,
            "postgres", "--dsn", f"host=127.0.0.1 port={proxy.port} user=postgres",
        )  # fmt: skip
        proxy.wait_until_held()
        standby.psql("select pg_promote()")
        proxy.go_on()
        _, said = process.communicate(timeout=60)
    assert process.returncode == FAILED, said
    assert b"promoted" in said
    assert b"another online backup" in said
    assert repository.snapshots() == []


def test_an_interrupted_backup_ends_at_once_and_says_so(
    repository: Repository, postgres_cluster: ClusterFactory
) -> None:
    cluster = postgres_cluster(15)
    cluster.fill(1000)
    with SlowProxy(cluster.port, hold_at=2 << 20) as proxy:
        process = repository.pra.start(
            "backup", "--repo", repository.path, "--key-file", repository.key,
            "postgres", "--dsn", f"host=127.0.0.1 port={proxy.port} user=postgres",
        )  # fmt: skip
        proxy.wait_until_held()
        start = time.monotonic()
        code = stop(process, signal.SIGTERM)
    assert code == 130
    assert time.monotonic() - start < 5
    assert repository.snapshots() == []
    wait_until(lambda: cluster.psql("select count(*) from pg_replication_slots") == "0")
    assert not list((repository.path / "locks").iterdir())


def test_backup_works_when_every_slot_is_taken(
    repository: Repository, postgres_cluster: ClusterFactory, public_dir: Path
) -> None:
    cluster = postgres_cluster(15, settings={"max_replication_slots": "0"})
    cluster.fill(200)
    repository.backup(cluster)
    repository.restore(public_dir / "data")
    assert postgres_cluster.adopt(public_dir / "data", 15).psql("select 1") == "1"


def test_a_slow_backup_keeps_its_log(
    repository: Repository, postgres_cluster: ClusterFactory, public_dir: Path
) -> None:
    """Without a slot the server would recycle the first segments while the backup runs."""
    settings = {"max_wal_size": "'32MB'", "min_wal_size": "'32MB'", "wal_keep_size": "0"}
    cluster = postgres_cluster(15, settings=settings)
    cluster.fill(1000)
    with SlowProxy(cluster.port, hold_at=2 << 20) as proxy:
        process = repository.pra.start(
            "backup", "--repo", repository.path, "--key-file", repository.key,
            "postgres", "--dsn", f"host=127.0.0.1 port={proxy.port} user=postgres",
        )  # fmt: skip
        proxy.wait_until_held()
        for _ in range(8):
            cluster.psql(
                "create table if not exists churn (t text);"
                "insert into churn select repeat(md5(g::text), 20) from "
                "generate_series(1, 10000) g; select pg_switch_wal(); checkpoint"
            )
        proxy.go_on()
        _, said = process.communicate(timeout=120)
    assert process.returncode == 0, said
    cluster.stop()
    repository.restore(public_dir / "data")
    restored = postgres_cluster.adopt(public_dir / "data", 15)
    assert restored.psql("select count(*) from churn") == "80000"


def test_targets_that_must_not_be_touched_are_refused(
    repository: Repository, postgres_cluster: ClusterFactory, public_dir: Path
) -> None:
    cluster = postgres_cluster(15)
    cluster.fill(200)
    repository.backup(cluster, "--name", "db")
    said = repository.refused("restore", "--target", cluster.data)
    assert "runs on" in said
    assert cluster.psql("select count(*) from orders") == "600"

    foreign = postgres_cluster(15)
    foreign.stop()
    before = sorted(path.name for path in foreign.data.iterdir())
    said = repository.refused("restore", "--target", foreign.data)
    assert "another cluster" in said
    assert sorted(path.name for path in foreign.data.iterdir()) == before

    home = public_dir / "home"
    home.mkdir()
    (home / "letter.txt").write_text("dear reader")
    assert "holds no PostgreSQL cluster" in repository.refused("restore", "--target", home)
    assert (home / "letter.txt").exists()

    repository.restore(foreign.data, "--replace-foreign")
    foreign.own(foreign.data)
    foreign.start()
    assert foreign.psql("select count(*) from orders") == "600"


def test_a_crashed_cluster_is_restored_in_its_place(
    repository: Repository, postgres_cluster: ClusterFactory
) -> None:
    cluster = postgres_cluster(15)
    cluster.fill(500)
    place = with_tablespace(cluster)
    repository.backup(cluster, "--name", "db")
    before = cluster.fingerprint()
    cluster.psql("update orders set note = 'spoilt'; create table extra as select 1; checkpoint")
    cluster.psql("delete from in_fast")
    cluster.kill()
    assert (cluster.data / "postmaster.pid").exists()
    preview = repository.restore(cluster.data, "--dry-run")
    assert preview["changed"] is True
    assert (cluster.data / "postmaster.pid").exists()
    assert (cluster.data / "global/pg_control").exists()
    result = repository.restore(cluster.data)
    assert result["entries_removed"] > 0
    assert not (cluster.data / "postmaster.pid").exists()
    assert place.exists()
    cluster.own(cluster.data)
    cluster.start()
    assert cluster.fingerprint() == before
    assert cluster.psql("select count(*) from in_fast") == "5000"
    assert cluster.psql("select to_regclass('extra')") == ""
    check_cluster(cluster)


def test_tablespaces_go_where_they_are_told_and_nowhere_else(
    repository: Repository, postgres_cluster: ClusterFactory, public_dir: Path
) -> None:
    cluster = postgres_cluster(15)
    place = with_tablespace(cluster)
    oid = cluster.psql("select oid from pg_tablespace where spcname = 'fast'")
    repository.backup(cluster, "--name", "db")
    target = public_dir / "data"
    # The original is up, and its tablespace where the snapshot has it.
    assert "not empty" in repository.refused("restore", "--target", target)
    for wrong in ("/nowhere=/tmp/x", f"{place}=relative", f"{place}={target}/inside",
                  f"{oid}={public_dir}"):  # fmt: skip
        repository.refused("restore", "--target", target, "--tablespace", wrong)
    assert not target.exists()
    assert cluster.psql("select count(*) from in_fast") == "5000"
    moved = public_dir / "moved"
    repository.restore(target, "--tablespace", f"{oid}={moved}")
    restored = postgres_cluster.adopt(target, 15)
    assert restored.psql("select count(*) from in_fast") == "5000"
    restored.psql("insert into in_fast values (0, 'new')")
    assert cluster.psql("select count(*) from in_fast") == "5000"


def test_tablespaces_in_place_stay_in_place(
    repository: Repository, postgres_cluster: ClusterFactory, public_dir: Path
) -> None:
    cluster = postgres_cluster(15, settings={"allow_in_place_tablespaces": "on"})
    cluster.psql("create tablespace inside location ''")
    cluster.psql("create table in_it tablespace inside as select generate_series(1, 100) g")
    repository.backup(cluster)
    data = public_dir / "data"
    repository.restore(data)
    [place] = (data / "pg_tblspc").iterdir()
    assert place.is_dir()
    assert not place.is_symlink()
    verify_backup(cluster, data)
    restored = postgres_cluster.adopt(data, 15)
    assert restored.psql("select count(*) from in_it") == "100"


def test_a_relative_tablespace_link_is_not_lost_in_silence(
    repository: Repository, postgres_cluster: ClusterFactory
) -> None:
    """A server skips such a tablespace in its base backups without a word."""
    cluster = postgres_cluster(15)
    with_tablespace(cluster)
    [link] = (cluster.data / "pg_tblspc").iterdir()
    cluster.stop()
    link.unlink()
    link.symlink_to("../../fast")
    cluster.start()
    assert cluster.psql("select count(*) from in_fast") == "5000"
    said = repository.refused("backup", "postgres", "--dsn", cluster.dsn)
    assert "sent nothing of tablespace" in said
    assert repository.snapshots() == []


def test_a_killed_restore_leaves_nothing_that_starts(
    repository: Repository, postgres_cluster: ClusterFactory, public_dir: Path
) -> None:
    cluster = postgres_cluster(15)
    cluster.fill(20_000)
    place = with_tablespace(cluster)
    repository.backup(cluster, "--name", "db")
    before = cluster.fingerprint()
    cluster.stop()
    target, moved = public_dir / "data", public_dir / "moved"
    control = target / "global/pg_control"
    words = ["restore", "--repo", repository.path, "--key-file", repository.key, "latest",
             "--target", target, "--tablespace", f"{place}={moved}"]  # fmt: skip
    killed = 0
    for attempt in range(12):
        process = repository.pra.start(*words)
        wait_until(lambda p=process: p.poll() is not None or (target / "pg_tblspc").exists())
        time.sleep(random.Random(attempt).uniform(0, 0.05))
        if stop(process, signal.SIGKILL) != -signal.SIGKILL:
            break
        if control.exists():  # Everything else was in its place by then.
            break
        killed += 1
        if killed == 1:
            run("chown", "-R", f"{SERVER_USER or os.getuid()}", target)
            refusal = run(client("pg_controldata", 15), target, code=1)
            assert "pg_control" in refusal.err
    assert killed > 0
    repository.restore(target, "--tablespace", f"{place}={moved}")
    restored = postgres_cluster.adopt(target, 15)
    assert restored.fingerprint() == before
    assert restored.psql("select count(*) from in_fast") == "5000"
    restored.stop()

    # Once more over what ran since: the control file goes before anything else changes.
    process = repository.pra.start(*words)
    wait_until(lambda: process.poll() is not None or not control.exists())
    stop(process, signal.SIGKILL)
    if process.returncode == -signal.SIGKILL and not control.exists():
        run(client("pg_controldata", 15), target, code=1)
    repository.restore(target, "--tablespace", f"{place}={moved}")
    restored.own(target)
    restored.start()
    assert restored.fingerprint() == before


def test_passwords_come_from_the_places_of_libpq(
    repository: Repository, postgres_cluster: ClusterFactory, tmp_path: Path
) -> None:
    cluster = postgres_cluster(15)
    cluster.psql("create role backup login replication password 'sesame-open'")
    hba = cluster.data / "pg_hba.conf"
    hba.write_text("local all all trust\nlocal replication all trust\n"
                   "host replication backup 127.0.0.1/32 scram-sha-256\n")  # fmt: skip
    cluster.psql("select pg_reload_conf()")
    dsn = f"host=127.0.0.1 port={cluster.port} user=backup"
    refused = repository.refused("backup", "postgres", "--dsn", f"{dsn} password=sesame-open")
    assert "sesame" not in refused
    assert "pgpass" in refused
    assert "PGPASSWORD" in repository.refused("backup", "postgres", "--dsn", dsn)
    repository.backup(cluster, dsn=dsn, env={"PGPASSWORD": "sesame-open"})
    services = tmp_path / "services"
    passwords = tmp_path / "passwords"
    services.write_text(f"[shop]\nhost=127.0.0.1\nport={cluster.port}\nuser=backup\n")
    passwords.write_text("*:*:*:backup:sesame-open\n")
    passwords.chmod(0o600)
    env = {"PGSERVICEFILE": services, "PGPASSFILE": passwords}
    repository.backup(cluster, dsn="service=shop", env=env)
    said = repository.refused("backup", "postgres", "--dsn", dsn, env={"PGPASSWORD": "wrong"})
    assert "authentication failed" in said
    cluster.psql("alter role backup noreplication")
    said = repository.refused("backup", "postgres", "--dsn", "service=shop", env=env)
    assert "REPLICATION" in said


def test_a_dry_run_stores_nothing(
    repository: Repository, postgres_cluster: ClusterFactory, public_dir: Path
) -> None:
    cluster = postgres_cluster(15)
    source = repository.backup(cluster, "--dry-run")
    assert source["bytes_new"] > 10_000_000
    assert repository.snapshots() == []
    assert not list((repository.path / "data").rglob("*/*"))
    repository.backup(cluster)
    result = repository.restore(public_dir / "data", "--dry-run")
    assert result["changed"] is True
    assert not (public_dir / "data").exists()
