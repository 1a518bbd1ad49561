"""Running a program and looking at what it said."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Argument = str | bytes | os.PathLike[str] | int


@dataclass(frozen=True)
class Result:
    """The end of a program: its exit code, output, and how long it ran."""

    arguments: list[str | bytes]
    code: int
    stdout: bytes
    stderr: bytes
    seconds: float

    @property
    def out(self) -> str:
        """Standard output as text; bytes that are not UTF-8 are kept as surrogates."""
        return self.stdout.decode("utf-8", "surrogateescape")

    @property
    def err(self) -> str:
        """Standard error as text."""
        return self.stderr.decode("utf-8", "surrogateescape")

    @property
    def json(self) -> Any:
        """Standard output as one JSON value."""
        return json.loads(self.stdout)

    @property
    def lines(self) -> list[Any]:
        """Standard output as JSON values, one a line."""
        return [json.loads(line) for line in self.stdout.splitlines() if line.strip()]

    def __str__(self) -> str:
        words = " ".join(_text(word) for word in self.arguments)
        return f"$ {words}\n[exit code {self.code}]\n{self.out}{self.err}"


class CommandError(AssertionError):
    """A program that ended with another exit code than the wanted one."""


def _text(word: str | bytes) -> str:
    return word.decode("utf-8", "backslashreplace") if isinstance(word, bytes) else word


def _word(argument: Argument) -> str | bytes:
    return argument if isinstance(argument, str | bytes) else str(argument)


def environment(changes: Mapping[str, str | os.PathLike[str] | None] | None) -> dict[str, str]:
    """Return this process's environment with changes; None removes a variable."""
    result = dict(os.environ)
    for name, value in (changes or {}).items():
        result.pop(name, None)
        if value is not None:
            result[name] = str(value)
    return result


def run(
    *arguments: Argument,
    code: int | tuple[int, ...] | None = 0,
    env: Mapping[str, str | os.PathLike[str] | None] | None = None,
    cwd: str | os.PathLike[str] | None = None,
    input: bytes | str = b"",  # noqa: A002
    user: str | None = None,
    timeout: float = 240,
) -> Result:
    """Run a program to its end. `code` is the wanted exit code, or codes; None accepts any.

    `user` runs it as that user when the tests run as root.
    """
    words = [_word(argument) for argument in arguments]
    identity: dict[str, Any] = {}
    if user is not None and os.geteuid() == 0:
        identity = {"user": user, "group": "nogroup" if user == "nobody" else user}
        identity["extra_groups"] = []
    start = time.monotonic()
    done = subprocess.run(
        words,
        input=input.encode() if isinstance(input, str) else input,
        capture_output=True,
        env=environment(env),
        cwd=cwd,
        timeout=timeout,
        check=False,
        **identity,
    )
    result = Result(words, done.returncode, done.stdout, done.stderr, time.monotonic() - start)
    wanted = (code,) if isinstance(code, int) else code
    if wanted is not None and done.returncode not in wanted:
        raise CommandError(f"wanted exit code {code}:\n{result}")
    return result


@dataclass(frozen=True)
class Program:
    """A program with a fixed environment; call it with arguments."""

    path: Path
    env: Mapping[str, str | os.PathLike[str] | None]

    def __call__(self, *arguments: Argument, **options: Any) -> Result:
        """Run it; the options are those of `run`."""
        changes = {**self.env, **(options.pop("env", None) or {})}
        return run(self.path, *arguments, env=changes, **options)

    def start(self, *arguments: Argument, **options: Any) -> subprocess.Popen[bytes]:
        """Start it and return at once, its output in pipes; the caller ends it (see `stop`)."""
        changes = {**self.env, **(options.pop("env", None) or {})}
        options.setdefault("stdin", subprocess.DEVNULL)
        options.setdefault("stdout", subprocess.PIPE)
        options.setdefault("stderr", subprocess.PIPE)
        words = [_word(argument) for argument in (self.path, *arguments)]
        return subprocess.Popen(words, env=environment(changes), **options)


def stop(process: subprocess.Popen[bytes], number: int = signal.SIGTERM, wait: float = 20) -> int:
    """Signal a process and wait for its end; SIGKILL when it takes too long."""
    if process.poll() is None:
        process.send_signal(number)
        try:
            process.wait(wait)
        except subprocess.TimeoutExpired:
            process.kill()
    process.wait()
    for pipe in (process.stdin, process.stdout, process.stderr):
        if pipe is not None:
            pipe.close()
    return process.returncode


def alive(pid: int | str) -> bool:
    """Tell whether a process exists and is not a zombie."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text()
    except OSError:
        return False
    return text.rpartition(")")[2].split()[0] != "Z"


def wait_until(condition: Callable[[], object], seconds: float = 20, what: str = "it") -> None:
    """Wait until the condition holds; fail when it does not within the time."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what} did not happen within {seconds} s")
        time.sleep(0.05)
