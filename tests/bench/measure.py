"""Measuring a command: wall time, processor time, peak memory, and what a folder holds."""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Cost:
    """What one run took. Processor time and memory are those of the command and its children."""

    wall: float
    cpu: float
    memory: int


def measure(
    command: Sequence[object], env: Mapping[str, str] | None = None, codes: tuple[int, ...] = (0,)
) -> Cost:
    """Run the command to its end; another exit code than the wanted ones ends the benchmark."""
    words = [str(word) for word in command]
    with Path(os.devnull).open("rb") as nothing, Path("/tmp/pra-bench-output").open("wb") as log:
        start = time.monotonic()
        process = subprocess.Popen(
            words, env={**os.environ, **(env or {})}, stdin=nothing, stdout=log, stderr=log
        )
        _, status, usage = os.wait4(process.pid, 0)
        wall = time.monotonic() - start
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode not in codes:
        sys.exit(
            f"exit code {process.returncode}: {' '.join(words)}\n"
            + Path("/tmp/pra-bench-output").read_text(errors="replace")[-4000:]
        )
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024)


def size_of(folder: Path) -> int:
    """Return the bytes of all files below the folder."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file())


@dataclass
class Table:
    """Costs by step and program, over several rounds; printed as medians and ratios to ours."""

    ours: str
    costs: dict[str, dict[str, list[Cost]]] = field(default_factory=dict)
    notes: dict[str, dict[str, str]] = field(default_factory=dict)

    def add(self, step: str, program: str, cost: Cost) -> None:
        """Keep one measurement, and show it at once."""
        self.costs.setdefault(step, {}).setdefault(program, []).append(cost)
        print(
            f"  {step:<26} {program:<22} {cost.wall:8.2f} s  cpu {cost.cpu:7.2f} s  "
            f"{cost.memory / 2**20:7.0f} MiB",
            flush=True,
        )

    def note(self, what: str, program: str, value: str) -> None:
        """Keep something that is no time, such as the size of a repository."""
        self.notes.setdefault(what, {})[program] = value

    def print(self) -> None:
        """Print the medians, and how many times as long as ours each peer takes."""
        print(f"\n{'step':<26} {'program':<22} {'wall s':>8} {'cpu s':>8} {'MiB':>6} {'× ours':>7}")
        for step, programs in self.costs.items():
            ours = [c.wall for c in programs.get(self.ours, [])]
            for program, costs in programs.items():
                wall = statistics.median(c.wall for c in costs)
                cpu = statistics.median(c.cpu for c in costs)
                memory = max(c.memory for c in costs) / 2**20
                ratio = f"{wall / statistics.median(ours):7.2f}" if ours else ""
                print(f"{step:<26} {program:<22} {wall:8.2f} {cpu:8.2f} {memory:6.0f} {ratio:>7}")
        for what, values in self.notes.items():
            for program, value in values.items():
                print(f"{what:<26} {program:<22} {value}")
