"""Makes the data that the benchmarks back up, and changes a share of it.

data.py files DIR            about 2.6 GB in 120,000 real files that compress about 2.2 times
data.py postgres DIR         a stopped PostgreSQL 15 cluster of about 3 GB of realistic rows
data.py change-files DIR     edits, adds and removes 1 % of the files
data.py change-postgres DIR  changes 1 % of a stopped cluster's pages, at random
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(TESTS / "integration"), str(TESTS / "environment")]

import file_data  # noqa: E402
import postgres_data  # noqa: E402


def main() -> None:
    """Read the command line and do it."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = ["files", "postgres", "change-files", "change-postgres"]
    parser.add_argument("command", choices=commands, metavar="COMMAND")
    parser.add_argument("target", type=Path, metavar="DIR")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=120_000, help="of files")
    parser.add_argument("--size", type=float, help="in GB")
    parser.add_argument("--ratio", type=float, default=2.2, help="how well the files compress")
    parser.add_argument("--fraction", type=float, default=0.01, help="how much changes")
    options = parser.parse_args()
    target, seed = options.target.absolute(), options.seed
    size = round((options.size or {"files": 2.6}.get(options.command, 3.0)) * 1e9)
    if options.command in ("files", "postgres") and target.exists() and any(target.iterdir()):
        parser.error(f"{target} is not empty")
    match options.command:
        case "files":
            file_data.make_files(
                target, seed=seed, count=options.count, size=size, ratio=options.ratio
            )
        case "postgres":
            postgres_data.make_cluster(target, seed=seed, size=size)
        case "change-files":
            file_data.change_files(target, seed=seed, fraction=options.fraction)
        case "change-postgres":
            postgres_data.change_pages(target, seed=seed, fraction=options.fraction)


if __name__ == "__main__":
    main()
