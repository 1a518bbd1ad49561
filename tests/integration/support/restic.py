"""restic, as the judge of our repositories and as the writer of others."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from support.command import Argument, Result, run


def known_restics() -> dict[str, Path]:
    """Return restic programs by name: the system's, and the one that PRA_RESTIC names."""
    found: dict[str, Path] = {}
    system = shutil.which("restic")
    if system:
        found["restic"] = Path(system)
    named = os.environ.get("PRA_RESTIC")
    if named:
        found["PRA_RESTIC"] = Path(named)
    return found


@dataclass(frozen=True)
class Restic:
    """One restic program; every call names a repository and the file with its password."""

    path: Path
    cache: Path

    @property
    def version(self) -> tuple[int, int]:
        """The version, as (0, 14)."""
        major, minor = run(self.path, "version").out.split()[1].split(".")[:2]
        return int(major), int(minor)

    def __call__(
        self, repository: Argument, key_file: Argument, *arguments: Argument, **options: Any
    ) -> Result:
        """Run `restic ARGUMENTS` on the repository."""
        env = {"RESTIC_CACHE_DIR": self.cache, "RESTIC_PROGRESS_FPS": "0.01", "HOME": self.cache}
        env.update(options.pop("env", None) or {})
        return run(
            self.path, "--repo", repository, "--password-file", key_file, *arguments,
            env=env, **options,
        )  # fmt: skip

    def check(self, repository: Argument, key_file: Argument, *, read_data: bool = True) -> Result:
        """Run `restic check`; fails unless it finds the repository to be without error."""
        words = ["check", "--no-cache"] + (["--read-data"] if read_data else [])
        result = self(repository, key_file, *words)
        assert "no errors were found" in result.out, str(result)
        return result

    def snapshots(self, repository: Argument, key_file: Argument) -> list[dict[str, Any]]:
        """List the snapshots, as restic's JSON has them."""
        return self(repository, key_file, "snapshots", "--json").json or []

    def restore(
        self, repository: Argument, key_file: Argument, snapshot: str, target: Argument
    ) -> Result:
        """Restore a snapshot into the target folder."""
        return self(repository, key_file, "restore", snapshot, "--target", target)
