"""Where things are, and files that another user must be able to reach."""

from __future__ import annotations

import atexit
import os
import shutil
import socket
import tempfile
from functools import cache
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[3]
BUILD = Path(os.environ.get("PRA_BUILD_DIR") or PROJECT / "build" / "release").resolve()
TESTBED = Path(os.environ.get("PRA_TESTBED") or PROJECT / "build" / "testbed").resolve()
VENV = PROJECT / ".venv"

IS_ROOT = os.geteuid() == 0


def free_port() -> int:
    """Return a TCP port of 127.0.0.1 that nothing listens on at this moment."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        return int(server.getsockname()[1])


def open_to_all(path: Path) -> bool:
    """Tell whether every user may reach the path (all folders above it have o+x)."""
    path = path.resolve()
    return all(folder.stat().st_mode & 0o001 for folder in path.parents)


@cache
def reachable_copy(path: Path) -> Path:
    """Return the path itself if every user may reach it, else a copy that lasts while we run."""
    if open_to_all(path):
        return path
    folder = public_folder("pra-copy-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    copy = folder / path.name
    if path.is_dir():
        shutil.copytree(path, copy, symlinks=True)
    else:
        shutil.copy2(path, copy)
    return copy


def public_folder(prefix: str) -> Path:
    """Make a temporary folder that every user may enter, with a short path (sockets need that)."""
    folder = Path(tempfile.mkdtemp(prefix=prefix, dir=os.environ.get("TMPDIR") or "/tmp"))
    folder.chmod(0o755)
    return folder
