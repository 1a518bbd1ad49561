"""Backs up a running shop, destroys it, and brings it back: `./run demo`.

Everything is private to a temporary directory: a PostgreSQL cluster on a Unix socket, a backend on
a free port of loopback, and a repository. Nothing is left running, whatever happens.
"""

import argparse
import json
import os
import pathlib
import random
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

HERE = pathlib.Path(__file__).resolve().parent
OBJECTIVES = {"rto": 3600.0, "rpo": 900.0}


def say(text: str) -> None:
    print(text, flush=True)


def newest_postgres() -> pathlib.Path:
    found = sorted(
        pathlib.Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda p: int(p.parts[-3])
    )
    if not found:
        sys.exit("demo: no PostgreSQL server is installed (Debian: apt-get install postgresql)")
    return found[-1].parent


class Shop:
    """The system that is lost and recovered: a database, a backend and its uploads."""

    def __init__(self, root: pathlib.Path, pra: str) -> None:
        self.root = root
        self.pra = pra
        self.bin = newest_postgres()
        self.as_database_owner = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        self.data = root / "shop" / "pgdata"
        self.files = root / "shop" / "backend"
        self.socket = root / "socket"
        self.dsn = f"host={self.socket} user=shop dbname=shop"
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port = free.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.backend: subprocess.Popen | None = None

    def database_program(self, name: str, *arguments: object, check: bool = True) -> str:
        command = [*self.as_database_owner, str(self.bin / name), *map(str, arguments)]
        done = subprocess.run(command, capture_output=True, text=True, cwd="/")
        if check and done.returncode != 0:
            sys.exit(f"demo: {name} failed:\n{done.stdout}{done.stderr}")
        return done.stdout

    def create(self) -> None:
        for path in (self.data.parent, self.data, self.files / "uploads", self.socket):
            path.mkdir(parents=True, exist_ok=True)
        if self.as_database_owner:
            for path in (self.data.parent, self.data, self.socket):
                shutil.chown(path, "postgres", "postgres")
        self.database_program(
            "initdb", "-D", self.data, "-U", "shop", "-A", "trust", "-k", "--no-sync", "-E", "UTF8"
        )
        self.start_database()
        psql = ["psql", "-X", "-q", "-v", "ON_ERROR_STOP=1", "-h", self.socket, "-U", "shop"]
        self.database_program(*psql, "-d", "postgres", "-c", "CREATE DATABASE shop")
        self.database_program(*psql, "-d", "shop", "-f", HERE / "schema.sql")
        # Uploads of the demo are real files of this machine.
        pictures = [
            p
            for p in sorted(pathlib.Path("/usr/share").rglob("*"))
            if p.is_file() and not p.is_symlink()
        ]
        size = 0
        for number, picture in enumerate(random.Random(7).sample(pictures, len(pictures))):
            if size > 60_000_000 or number >= 3000:
                break
            size += picture.stat().st_size
            shutil.copy(picture, self.files / "uploads" / f"{number:04}-{picture.name}")
        shutil.copy(HERE / "backend.py", self.files / "backend.py")
        settings = {"dsn": self.dsn, "port": self.port, "uploads": str(self.files / "uploads")}
        (self.files / "backend.json").write_text(json.dumps(settings))

    def start_database(self) -> None:
        options = (
            f"-c listen_addresses='' -c unix_socket_directories={self.socket} "
            "-c shared_buffers=64MB"
        )
        self.database_program(
            "pg_ctl",
            "-D",
            self.data,
            "-w",
            "-t",
            "120",
            "-l",
            self.socket / "server.log",
            "-o",
            options,
            "start",
        )

    def start_backend(self) -> None:
        command = [sys.executable, str(self.files / "backend.py"), str(self.files)]
        self.backend = subprocess.Popen(command, cwd="/")

    def kill(self) -> None:
        """As a power cut would: kill -9, no warning."""
        if self.backend is not None:
            self.backend.kill()
            self.backend.wait()
            self.backend = None
        try:
            server = int((self.data / "postmaster.pid").read_text().split()[0])
        except (OSError, ValueError, IndexError):
            return
        children = subprocess.run(
            ["pgrep", "-P", str(server)], capture_output=True, text=True
        ).stdout.split()
        for pid in [server, *map(int, children)]:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                continue
        deadline = time.monotonic() + 10
        while time.monotonic() < deadline and any(
            pathlib.Path(f"/proc/{p}").exists() for p in [server, *children]
        ):
            time.sleep(0.02)

    def orders(self) -> dict:
        with urllib.request.urlopen(self.url + "/orders", timeout=10) as answer:
            return json.load(answer)


class Client(threading.Thread):
    """Places orders without a pause and remembers each one that was acknowledged, and when."""

    def __init__(self, url: str) -> None:
        super().__init__(daemon=True)
        self.url = url
        self.acknowledged: list[tuple[int, float]] = []
        self.stopping = threading.Event()

    def run(self) -> None:
        dice = random.Random(11)
        while not self.stopping.is_set():
            order = {
                "item": f"lamp {dice.randrange(97)}",
                "amount": dice.randrange(1, 900),
                "customer": dice.randrange(50),
            }
            request = urllib.request.Request(
                self.url + "/orders", json.dumps(order).encode(), method="POST"
            )
            try:
                with urllib.request.urlopen(request, timeout=5) as answer:
                    self.acknowledged.append((json.load(answer)["id"], time.time()))
            except OSError:
                time.sleep(0.05)


class Demo:
    def __init__(self, root: pathlib.Path, pra: str) -> None:
        self.root = root
        self.shop = Shop(root, pra)
        self.elsewhere = root / "elsewhere"
        self.steps: list[tuple[str, float]] = []

    def write_plan(self) -> None:
        """What to back up and what to probe; everything else is a default."""
        shop = self.shop
        self.elsewhere.mkdir(parents=True)
        (self.elsewhere / "pra.yaml").write_text(
            f"""version: 1
name: shop
objectives: {{rto: 1h, rpo: 15m}}
repository: {{url: {self.elsewhere}/repository, key: "file:{self.elsewhere}/repository.key"}}
sources:
  database: {{type: postgres, dsn: "{shop.dsn}"}}
  backend: {{type: files, paths: [{shop.files}]}}
probes:
  - {{name: shop, http: {{url: "{shop.url}/health"}}, timeout: 5s}}
  - {{name: database, postgres: {{dsn: "{shop.dsn}", role: primary}}, timeout: 5s}}
"""
        )

    def run_pra(self, *arguments: object) -> bytes:
        """Runs `pra` beside its pra.yaml, and shows the command."""
        words = [str(a) for a in arguments]
        say(f"    $ pra {' '.join(words)}")
        done = subprocess.run([self.shop.pra, *words], capture_output=True, cwd=self.elsewhere)
        if done.returncode != 0:
            output = (done.stdout + done.stderr).decode(errors="replace")
            sys.exit(f"demo: pra {words[0]} failed, exit code {done.returncode}:\n{output}")
        return done.stdout

    def step(self, name: str, body) -> None:
        started = time.monotonic()
        say(f"==> {name}")
        body()
        self.steps.append((name, time.monotonic() - started))

    def run(self) -> bool:
        shop = self.shop
        say("==> A shop: PostgreSQL with 460,000 rows, a backend, 60 MB of uploads")
        self.write_plan()
        shop.create()
        shop.start_backend()
        self.run_pra("init")
        self.run_pra("health", "--wait", "30s")
        say(f"    {shop.orders()}")

        client = Client(shop.url)
        client.start()
        say("==> Customers order without a pause; it is backed up as it runs, twice")
        started = time.monotonic()
        self.run_pra("backup")
        full = time.monotonic() - started
        time.sleep(1)
        digests = self.elsewhere / "uploads.sha256"
        digests.write_bytes(self.run_pra("digest", shop.files / "uploads"))
        started = time.monotonic()
        self.run_pra("backup")
        again = time.monotonic() - started
        say(f"    the first took {full:.1f} s, the second {again:.1f} s")
        time.sleep(2)

        say("==> Disaster: kill -9 and rm -rf of all there is")
        lost_at = time.time()
        shop.kill()
        client.stopping.set()
        client.join()
        shutil.rmtree(self.root / "shop")
        say(f"    {len(list(self.root.glob('shop')))} directories of the shop are left")

        clock = time.monotonic()
        backend = ("--source", "backend", "--subpath", shop.files)
        steps = {
            "Restore the database": lambda: self.run_pra(
                "restore", "latest", "--source", "database", "--target", shop.data
            ),
            "Restore the backend and its uploads": lambda: self.run_pra(
                "restore", "latest", *backend, "--target", shop.files
            ),
            "Start the database": shop.start_database,
            "Start the backend": shop.start_backend,
            "Probe until all is healthy": lambda: self.run_pra("health", "--wait", "60s"),
        }
        for name, body in steps.items():
            self.step(name, body)
        rto = time.monotonic() - clock

        say("==> Proof")
        proof = time.monotonic()
        self.run_pra("verify", "latest", *backend, "--restored", shop.files)
        self.run_pra("digest", "--check", digests)
        corrupt = shop.database_program(
            "pg_amcheck", "-h", shop.socket, "-U", "shop", "--install-missing", "--heapallindexed",
            "shop", check=False,
        )  # fmt: skip
        after = shop.orders()
        kept = [(order, when) for order, when in client.acknowledged if order <= after["newest"]]
        lost = [(order, when) for order, when in client.acknowledged if order > after["newest"]]
        rpo = lost_at - (kept or client.acknowledged)[-1 if kept else 0][1]
        proof = time.monotonic() - proof
        return self.report(rto, rpo, proof, kept, lost, after, corrupt)

    def report(
        self,
        rto: float,
        rpo: float,
        proof: float,
        kept: list,
        lost: list,
        after: dict,
        corrupt: str,
    ) -> bool:
        good = rto <= OBJECTIVES["rto"] and rpo <= OBJECTIVES["rpo"] and not corrupt
        say("")
        say(f"{'step':<44}{'seconds':>9}")
        for name, seconds in self.steps:
            say(f"{name:<44}{seconds:>9.2f}")
        say(f"{'proof: every file, digest, row and index':<44}{proof:>9.2f}")
        say("")
        say(f"{'':<28}{'measured':>12}{'objective':>12}")
        say(f"{'recovery time (RTO)':<28}{rto:>10.1f} s{OBJECTIVES['rto']:>10.0f} s")
        say(f"{'data lost (RPO)':<28}{rpo:>10.1f} s{OBJECTIVES['rpo']:>10.0f} s")
        say("")
        say(
            f"Of {len(kept) + len(lost)} orders that customers were told are safe, "
            f"{len(kept)} came back and {len(lost)} were lost:"
        )
        say(
            f"those of the last {rpo:.1f} s, placed after the last backup. "
            f"{after['orders']} orders are there."
        )
        say(
            "PostgreSQL's own check (pg_amcheck) found nothing."
            if not corrupt
            else f"pg_amcheck says:\n{corrupt}"
        )
        say("The shop is back." if good else "The objectives were not met.")
        return good


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pra", required=True, help="path of the pra binary")
    parser.add_argument("--keep", action="store_true", help="keep the directory, for a look around")
    options = parser.parse_args()
    root = pathlib.Path(tempfile.mkdtemp(prefix="pra-demo-", dir="/var/tmp"))
    root.chmod(0o755)
    demo = Demo(root, str(pathlib.Path(options.pra).resolve()))
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))
    try:
        return 0 if demo.run() else 1
    finally:
        demo.shop.kill()
        if options.keep:
            say(f"kept: {root}")
        else:
            shutil.rmtree(root, ignore_errors=True)


if __name__ == "__main__":
    sys.exit(main())
