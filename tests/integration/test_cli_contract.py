"""What scripts rely on: exit codes, streams, JSON, signals, speed."""

from __future__ import annotations

import json
import os
import pty
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from support.command import Program, run, stop, wait_until
from support.paths import free_port


@pytest.fixture
def repo(pra: Program, tmp_path: Path) -> list[str | Path]:
    common: list[str | Path] = ["--repo", tmp_path / "repository", "--key-file", tmp_path / "key"]
    pra("init", *common)
    return common


def test_exit_codes_and_errors(pra: Program, repo: list[str], tmp_path: Path) -> None:
    key = tmp_path / "other"
    key.write_text("not it\n")
    key.chmod(0o600)
    cases = [
        (10, ["snapshots", "--repo", tmp_path / "none", "--key-file", key], "no repository"),
        (
            10,
            ["snapshots", "--repo", tmp_path / "none", "--key-file", tmp_path / "nokey"],
            "pra init",
        ),
        (12, ["snapshots", "--repo", repo[1], "--key-file", key], "opens with this secret"),
        (1, ["snapshots", "--repo", repo[1], "--key-file", tmp_path / "nokey"], "nokey"),
        (2, ["snapshots", "--repo", repo[1]], "no key is given"),
        (2, ["snapshots", "--repo", repo[1], "--key", "clear text"], "hint:"),
        (2, ["restore", *repo], "parameter 'target' is missing"),
        (2, ["restore", *repo, "--targt", "x"], "did you mean 'target'?"),
        (2, ["restore", *repo, "--target", "x", "--overwrite", "sometimes"], "must be one of"),
        (2, ["health", "tcp:nowhere"], "tcp:HOST:PORT"),
        (2, ["health", "command:true", "--wait", "5"], "must be a duration"),
        (2, ["snapshots", *repo, "surplus"], "unexpected argument 'surplus'"),
        (2, ["snapshts"], "did you mean 'snapshots'?"),
        (2, ["completion", "tcsh"], "completion bash"),
        (2, ["backup", *repo, "files", tmp_path / "nothing"], "does not exist"),
        (2, ["config", "chekc"], "`pra --help`"),
    ]
    for code, arguments, words in cases:
        failed = pra(*arguments, code=code, cwd=tmp_path)
        assert words in failed.err, str(failed)
        assert failed.err.startswith("pra: "), str(failed)
        assert failed.out == ""
        assert "clear text" not in failed.err


def test_open_key_files_are_refused(pra: Program, repo: list[Path]) -> None:
    Path(repo[3]).chmod(0o644)
    refused = pra("snapshots", *repo, code=1)
    assert "chmod" in refused.err


def test_without_a_command_there_is_help(pra: Program) -> None:
    assert "usage: pra COMMAND" in pra(code=2).err
    assert "usage: pra COMMAND" in pra("--help").out
    assert "usage: pra restore" in pra("restore", "--help").out
    assert "usage: pra restore" in pra("help", "restore").out
    assert "usage: pra config check" in pra("config", "check", "-h").out
    assert pra("--version").out.startswith("pra 0.")
    for command in ("backup", "health", "ls", "verify"):
        help_text = pra(command, "--help").out
        text, examples = help_text.split("Examples:")
        assert all(len(line) <= 100 for line in text.splitlines())
        assert f"pra {command}" in examples


def test_json_lines(pra: Program, repo: list[str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    made = pra("backup", "--json", *repo, "files", tmp_path / "file", tmp_path / "gone", code=3)
    assert made.lines[-1]["type"] == "result"
    assert made.lines[-1]["code"] == 3
    assert made.lines[-1]["unreadable_count"] == 1
    assert any(line["type"] == "log" and line["level"] == "warning" for line in made.lines)
    failed = pra("snapshots", "--json", "--repo", tmp_path / "no", "--key-file", repo[3], code=10)
    assert failed.lines[-1]["type"] == "error"
    assert failed.lines[-1]["code"] == "no_repository"
    assert failed.lines[-1]["exit_code"] == 10
    assert failed.lines[-1]["hint"]


def test_quiet_and_verbose(pra: Program, repo: list[str], tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x")
    quiet = pra("backup", "--quiet", *repo, "files", tmp_path / "file", tmp_path / "gone", code=3)
    assert quiet.err == ""
    assert str(tmp_path / "gone") in quiet.out
    verbose = pra("restore", "-v", *repo, "--target", tmp_path / "target")
    assert "info: restoring snapshot" in verbose.err


def test_nagios(pra: Program) -> None:
    good = pra("health", "--nagios", "web=command:true")
    assert good.out.startswith("PRA OK")
    assert "|" in good.out
    assert len(good.out.splitlines()) == 1
    bad = pra("health", "--nagios", "web=command:false", code=2)
    assert bad.out.startswith("PRA CRITICAL")
    unknown = pra("health", "--nagios", "nonsense", code=3)
    assert unknown.out.startswith("PRA UNKNOWN")


def test_nagios_of_the_backups_age(pra: Program, repo: list[str]) -> None:
    missing = pra("status", "--nagios", *repo, code=2)
    assert missing.out == "PRA CRITICAL - there is no snapshot | 'age'=U;;;0 'snapshots'=0;;;0\n"
    pra("backup", *repo, "--name", "x", "command", "--", "echo", "x")
    assert pra("status", "--nagios", "--max-age", "1h", *repo).out.startswith("PRA OK - ")
    absent = pra("status", "--nagios", "--repo", "/nowhere", "--key-file", "/k", code=3)
    assert absent.out.startswith("PRA UNKNOWN - there is no repository")


def test_health_waits_until_a_service_is_up(pra: Program, tmp_path: Path) -> None:
    port = free_port()
    down = pra("health", f"tcp:127.0.0.1:{port}", code=4)
    assert "FAILED" in down.out
    start = time.monotonic()
    late = pra("health", "--wait", "1s", f"tcp:127.0.0.1:{port}", code=4)
    assert 0.9 <= late.seconds <= 3
    server = subprocess.Popen(
        [sys.executable, "-c",
         f"import time, http.server as h; time.sleep(1); "
         f"h.HTTPServer(('127.0.0.1', {port}), h.SimpleHTTPRequestHandler).serve_forever()"],
        cwd=tmp_path, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        up = pra("health", "--wait", "30s", "--timeout", "5s", f"http://127.0.0.1:{port}/")
        assert "healthy" in up.out
        assert time.monotonic() - start < 25
    finally:
        server.kill()
        server.wait()


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_cleanly(pra: Program, repo: list[str], tmp_path: Path, number: int) -> None:
    fifo = tmp_path / "started"
    os.mkfifo(fifo)
    process = pra.start("backup", *repo, "--name", "x", "command", "--", "sh", "-c",
                        f"echo >{fifo}; yes")  # fmt: skip
    fifo.read_text()
    time.sleep(0.3)
    started = time.monotonic()
    process.send_signal(number)
    _, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert time.monotonic() - started < 10
    assert b"stopping" in err
    assert list((tmp_path / "repository/locks").iterdir()) == []
    assert pra("snapshots", *repo).out == "no snapshots\n"
    assert "no errors" in pra("verify", "--read-data", *repo).out


def test_a_second_signal_ends_at_once(pra: Program, tmp_path: Path) -> None:
    # A probe that ignores SIGTERM: two seconds pass before it is killed.
    process = pra.start("health", "--timeout", "60s", "command:sh -c 'trap \"\" TERM; sleep 6'")
    time.sleep(0.7)
    process.send_signal(signal.SIGTERM)
    time.sleep(0.2)
    started = time.monotonic()
    process.send_signal(signal.SIGTERM)
    assert process.wait(10) == 130
    assert time.monotonic() - started < 0.5
    stop(process)


def test_a_locked_repository(pra: Program, repo: list[str], tmp_path: Path) -> None:
    restic = shutil.which("restic")
    if restic is None:
        pytest.skip("restic is not installed")
    fifo = tmp_path / "started"
    os.mkfifo(fifo)
    process = pra.start("backup", *repo, "--name", "x", "command", "--", "sh", "-c",
                        f"echo >{fifo}; sleep 30")  # fmt: skip
    fifo.read_text()
    wait_until(lambda: list((tmp_path / "repository").glob("locks/*")), what="the lock")
    env = {"RESTIC_CACHE_DIR": tmp_path / "cache"}
    words = ["--repo", str(repo[1]), "--password-file", str(repo[3])]
    held = run(restic, *words, "prune", code=None, env=env)
    assert held.code != 0
    assert "lock" in held.err
    assert process.poll() is None, "restic's SIGHUP must not end the holder"
    stop(process)
    pra("unlock", *repo)


def test_progress_on_a_terminal_is_one_line(
    pra: Program, repo: list[str], tmp_path: Path, pra_environment: dict[str, str]
) -> None:
    master, slave = pty.openpty()
    process = pra.start("backup", *repo, "--name", "x", "command", "--", "sh", "-c",
                        "head -c 1000000 /dev/urandom; sleep 1", stderr=slave)  # fmt: skip
    os.close(slave)
    seen = b""
    while True:
        try:
            piece = os.read(master, 4096)
        except OSError:
            break
        if not piece:
            break
        seen += piece
    out, _ = process.communicate(timeout=30)
    os.close(master)
    assert process.returncode == 0
    assert b"\r\x1b[K" in seen
    assert seen.count(b"\n") == 0
    assert b"snapshot " in out


def test_listing_snapshots_takes_milliseconds(
    pra: Program, repo: list[str], tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("x")
    for _ in range(3):
        pra("backup", *repo, "files", tmp_path / "file")
    best = min(pra("snapshots", *repo).seconds for _ in range(10))
    print(f"pra snapshots: {best * 1000:.0f} ms")
    assert best < 0.25, "30 ms on a calm machine; this allows for a busy one"


def test_completion_completes(pra: Program, tmp_path: Path) -> None:
    script = tmp_path / "completion"
    script.write_text(pra("completion", "bash").out)
    run("bash", "-n", script)

    def complete(*words: str) -> list[str]:
        line = " ".join(words)
        done = run("bash", "-c", f"""source {script}
COMP_WORDS=({' '.join(repr(w) for w in words)}); COMP_CWORD={len(words) - 1}
COMP_LINE={line!r}; _pra; printf '%s\\n' "${{COMPREPLY[@]}}" """)  # fmt: skip
        return done.out.split()

    assert complete("pra", "rest") == ["restore"]
    assert complete("pra", "restore", "--tar") == ["--target"]
    assert complete("pra", "restore", "--overwrite", "") == ["always", "if-changed", "never"]
    assert complete("pra", "config", "") == ["check"]
    assert complete("pra", "health", "--nag") == ["--nagios"]


def test_the_table_is_json(pra: Program, repo: list[str]) -> None:
    result = json.loads(pra("status", "--json", *repo, code=4).out)
    assert result["verdict"] == "missing"
