"""Tells which PostgreSQL servers there are: a folder of programs for each major version.

Run it with --json for {"15": "/usr/lib/postgresql/15/bin", …}.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path


def testbed() -> Path:
    """Return the folder that the scripts beside this file install into."""
    default = Path(__file__).resolve().parents[2] / "build" / "testbed"
    return Path(os.environ.get("PRA_TESTBED") or default).resolve()


def available() -> dict[int, Path]:
    """Return the folder of programs of each major version; the system's go first."""
    found: dict[int, Path] = {}
    for pattern, base in (
        ("*/bin/postgres", Path("/usr/lib/postgresql")),
        ("*/bin/postgres", testbed() / "postgresql"),
        ("*/*/pginstall/bin/postgres", testbed() / "postgresql"),
    ):
        for program in sorted(base.glob(pattern)):
            major = program.relative_to(base).parts[0]
            if major.isdigit():
                found.setdefault(int(major), program.parent)
    return dict(sorted(found.items()))


def main() -> None:
    """Print the versions, as text or as JSON."""
    if "--json" in sys.argv[1:]:
        print(json.dumps({str(major): str(path) for major, path in available().items()}))
        return
    for major, path in available().items():
        print(f"{major}\t{path}")


if __name__ == "__main__":
    main()
