"""A PostgreSQL cluster of realistic rows: a shop's customers, products, orders and events."""

from __future__ import annotations

import random
import shutil
import subprocess
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import rows
from support.command import environment, run
from support.paths import public_folder
from support.postgres import SERVER_USER, SUPERUSER, Cluster, client

LOAD_SETTINGS = {
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "fsync": "off",
    "max_wal_size": "8GB",
    "checkpoint_timeout": "1h",
    "shared_buffers": "256MB",
    "maintenance_work_mem": "512MB",
    "autovacuum": "off",
}
SERVE_SETTINGS = {
    "wal_level": "replica",
    "max_wal_senders": "10",
    "max_wal_size": "1GB",
    "maintenance_work_mem": "64MB",
}
PAGE = 8192

TABLES = """
create table customers (
  id bigint not null, name text not null, email text not null, phone text, address text not null,
  city text not null, born date, password text not null,
  created_at timestamptz not null, profile jsonb not null);
create table products (
  id bigint not null, sku text not null, title text not null, description text not null,
  price numeric(10, 2) not null, stock int not null, attributes jsonb not null);
create table orders (
  id bigint not null, customer bigint not null, token uuid not null,
  placed_at timestamptz not null, state text not null, total numeric(12, 2) not null,
  tax numeric(12, 4) not null, reference text not null, note text);
create table order_lines (
  order_id bigint not null, line smallint not null, product bigint not null,
  quantity int not null, price numeric(10, 2) not null);
create table events (
  id bigint not null, session uuid not null, at timestamptz not null, kind text not null,
  address inet not null, payload jsonb not null);
"""
INDEXES = """
alter table customers add primary key (id);
create index on customers (email);
alter table products add primary key (id);
alter table orders add primary key (id);
create index on orders (customer, placed_at);
create index on orders (token);
alter table order_lines add primary key (order_id, line);
create index on order_lines (product);
alter table events add primary key (id);
create index on events (at);
vacuum (freeze, analyze);
checkpoint;
"""
# Rows of each table in 1 GB of cluster, indexes included.
ROWS_A_GB: dict[str, int] = {
    "customers": 235_000,
    "products": 46_000,
    "orders": 705_000,
    "order_lines": 1_640_000,
    "events": 1_640_000,
}


def load(table: str, count: int, seed: int, env: dict[str, str]) -> None:
    """Fill one table. Emptied in the same transaction, it is written without WAL."""
    make: Callable[[rows.Words, int, int], Iterator[str]] = getattr(rows, table)
    words = ["-Xq", "-v", "ON_ERROR_STOP=1", "-f", "-"]
    psql = subprocess.Popen([client("psql"), *words], stdin=subprocess.PIPE, env=environment(env))
    assert psql.stdin is not None
    psql.stdin.write(f"begin; truncate {table}; copy {table} from stdin (freeze);\n".encode())
    batch: list[str] = []
    for row in make(rows.Words(seed), seed, count):
        batch.append(row)
        if len(batch) == 5000:
            psql.stdin.write("".join(batch).encode())
            batch.clear()
    psql.stdin.write(("".join(batch) + "\\.\ncommit;\n").encode())
    psql.stdin.close()
    if psql.wait() != 0:
        raise SystemExit(f"error: {table} could not be loaded")


def make_cluster(target: Path, *, seed: int, size: int) -> None:
    """Make a stopped PostgreSQL 15 cluster of about this many bytes, with checksums."""
    target.mkdir(parents=True)
    base = public_folder("pra-bench-")
    if SERVER_USER:
        shutil.chown(target, SERVER_USER, "nogroup")
        shutil.chown(base, SERVER_USER, "nogroup")
    cluster = Cluster(15, target, base)
    words = ["--username", SUPERUSER, "--auth", "trust", "--no-sync", "--data-checksums"]
    cluster.server_command(
        "initdb", "--pgdata", target, *words, "--encoding", "UTF8", "--locale", "C"
    )
    try:
        cluster.configure(LOAD_SETTINGS)
        cluster.start()
        cluster.psql(TABLES)
        with ProcessPoolExecutor(2) as pool:
            # The longest first.
            jobs = [
                pool.submit(load, table, round(ROWS_A_GB[table] * size / 1e9), seed, cluster.env)
                for table in ("events", "orders", "order_lines", "customers", "products")
            ]
            for job in jobs:
                job.result()
        for statement in INDEXES.strip().split(";\n"):
            cluster.psql(statement, timeout=900)
        cluster.stop()
        cluster.configure(SERVE_SETTINGS)
    finally:
        cluster.stop("immediate")
        shutil.rmtree(base, ignore_errors=True)
    print(run("du", "-sh", target).out.strip())


def change_pages(target: Path, *, seed: int, fraction: float) -> None:
    """Change this share of a stopped cluster's pages: one row is deleted on each, at random.

    A deletion marks the row where it lies, so that just these pages change.
    """
    rng = random.Random(seed)
    base = public_folder("pra-bench-")
    if SERVER_USER:
        shutil.chown(base, SERVER_USER, "nogroup")
    cluster = Cluster(15, target, base)
    try:
        cluster.start()
        pages = {
            table: int(cluster.psql(f"select pg_relation_size('{table}') / {PAGE}"))
            for table in ROWS_A_GB
        }
        everything = int(cluster.psql("select sum(pg_database_size(oid)) from pg_database")) / PAGE
        share = min(everything * fraction / sum(pages.values()), 1.0)
        changed = 0
        for table, count in pages.items():
            chosen = sorted(rng.sample(range(count), round(count * share)))
            rows_there = ", ".join(f"'({page},{rng.randrange(1, 5)})'" for page in chosen)
            cluster.psql(f"delete from {table} where ctid = any (array[{rows_there}]::tid[])")
            changed += len(chosen)
        cluster.psql("checkpoint")
        print(f"{changed} of {everything:.0f} pages changed")
    finally:
        cluster.stop()
        shutil.rmtree(base, ignore_errors=True)
