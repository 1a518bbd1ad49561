"""File trees with everything that Linux has, and the comparison of two of them."""

from __future__ import annotations

import errno
import hashlib
import os
import random
import shutil
import stat
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

WORDS = (
    "invoice report summary draft meeting budget project plan system service restore backup "
    "Quartal Straße façade naïve 東京 données sauvegarde the of and to in is for on that with"
).split()
# A fixed moment; the files' times are spread around it, with nanoseconds.
EPOCH_NS = 1_700_000_000_123_456_789


def make_tree(root: Path, seed: int = 1, files: int = 120) -> list[str]:
    """Make a tree below root; return the names of what this machine does not allow."""
    rng = random.Random(seed)
    root.mkdir(parents=True, exist_ok=True)
    folders = [root]
    for number in range(max(4, files // 10)):
        parent = rng.choice(folders)
        folder = parent / f"{rng.choice(WORDS)}-{number}"
        folder.mkdir()
        folders.append(folder)
    for number in range(files):
        suffix = rng.choice(["txt", "bin", "log"])
        path = rng.choice(folders) / f"{rng.choice(WORDS)} {number}.{suffix}"
        path.write_bytes(content(rng, size_of_file(rng), compressible=path.suffix != ".bin"))
        path.chmod(rng.choice([0o644, 0o600, 0o755, 0o400, 0o664]))
    missing = _make_specials(root / "special", rng)
    _set_times(root, rng)
    return missing


def size_of_file(rng: random.Random) -> int:
    """Return a size as in real trees: mostly small, some large, some empty."""
    return rng.choice([0, 1, rng.randrange(200), rng.randrange(8000), rng.randrange(8000),
                       rng.randrange(60_000), rng.randrange(1_500_000)])  # fmt: skip


def content(rng: random.Random, size: int, *, compressible: bool = True) -> bytes:
    """Return bytes like text, or random ones."""
    if not compressible:
        return rng.randbytes(size)
    pieces, length = [], 0
    while length < size:
        line = f"{rng.randrange(10**6)}\t" + " ".join(rng.choices(WORDS, k=10)) + "\n"
        pieces.append(line.encode())
        length += len(pieces[-1])
    return b"".join(pieces)[:size]


def _make_specials(base: Path, rng: random.Random) -> list[str]:
    """Make one of each special thing; return what could not be made."""
    base.mkdir()
    (base / "empty folder").mkdir()
    (base / "closed folder").mkdir(mode=0o700)
    (base / "sticky folder").mkdir()
    (base / "sticky folder").chmod(0o1777)
    (base / "group folder").mkdir()
    (base / "group folder").chmod(0o2775)
    plain = base / "plain"
    plain.write_bytes(content(rng, 5000))
    (base / "hard link").hardlink_to(plain)
    (base / "empty folder" / "..hard link too").hardlink_to(plain)
    (base / "link").symlink_to("plain")
    (base / "dangling link").symlink_to("/nowhere/at all")
    os.symlink(b"odd \xff target", os.fsencode(base) + b"/odd link")
    for name in (b"latin1 \xe9t\xe9", b"newline\nin name", b"tab\tname", b" lead", b"-rf", b"a\\b",
                 b'quo"te\'s', b"*?[x]", "żółć 漢字 🙂".encode(), b"x" * 255):  # fmt: skip
        with open(os.fsencode(base) + b"/" + name, "wb") as file:
            file.write(content(rng, 100))
    (base / "setuid").write_bytes(b"#!/bin/true\n")
    (base / "setuid").chmod(0o6755)
    (base / "unreadable").write_bytes(b"closed\n")
    if os.geteuid() == 0:  # another user could not read it back
        (base / "unreadable").chmod(0)
    os.mkfifo(base / "fifo", 0o640)
    make_sparse(base / "sparse", 24 << 20, [(0, b"head"), (9 << 20, content(rng, 70_000))])
    make_sparse(base / "all hole", 3_000_001, [])
    deep = base
    for _ in range(30):
        deep = deep / "deep"
    deep.mkdir(parents=True)
    (deep / "bottom").write_bytes(b"bottom\n")
    return [name for name, make in _optional(base) if not _allowed(make)]


def _optional(base: Path) -> list[tuple[str, Callable[[], object]]]:
    """Return what needs privileges or the file system's help."""
    plain, folder = base / "plain", base / "group folder"
    return [
        ("xattr", lambda: os.setxattr(plain, b"user.origin", b"binary \x00\xff value")),
        ("xattr on a folder", lambda: os.setxattr(folder, b"user.tag", b"blue")),
        ("empty xattr", lambda: os.setxattr(base / "setuid", b"user.empty", b"")),
        ("ACL", lambda: _tool("setfacl", "-m", "u:1:rw,g:2:r", plain)),
        ("default ACL", lambda: _tool("setfacl", "-d", "-m", "u:3:rwx", folder)),
        ("owner", lambda: os.chown(base / "link", 12345, 54321, follow_symlinks=False)),
        ("owner of a file", lambda: os.chown(base / "-rf", 1, 2)),
        ("char device", lambda: os.mknod(base / "null", 0o666 | stat.S_IFCHR, os.makedev(1, 3))),
        ("block device", lambda: os.mknod(base / "disk", 0o660 | stat.S_IFBLK, os.makedev(7, 200))),
        ("capability", lambda: _tool("setcap", "cap_net_raw+ep", base / "setuid")),
    ]  # fmt: skip


def _tool(*words: str | Path) -> None:
    if shutil.which(str(words[0])) is None and not Path("/sbin", words[0]).exists():
        raise OSError(errno.EOPNOTSUPP, str(words[0]))
    subprocess.run(words, check=True, capture_output=True)


def _allowed(make: Callable[[], object]) -> bool:
    try:
        make()
    except (OSError, subprocess.CalledProcessError):
        return False
    return True


def make_sparse(path: Path, size: int, parts: list[tuple[int, bytes]]) -> None:
    """Write a file of the size with data at these places and holes elsewhere."""
    with path.open("wb") as file:
        file.truncate(size)
        for offset, data in parts:
            file.seek(offset)
            file.write(data)


def _set_times(root: Path, rng: random.Random) -> None:
    """Give everything its own times, folders after what is in them."""
    for folder, _, names in os.walk(os.fsencode(root), topdown=False):
        for name in (*sorted(names), b"."):
            path = folder if name == b"." else folder + b"/" + name
            moment = EPOCH_NS + rng.randrange(-(10**17), 10**17)
            os.utime(path, ns=(moment, moment), follow_symlinks=False)


@dataclass(frozen=True)
class Entry:
    """What is compared of one file."""

    kind: int
    mode: int
    owner: tuple[int, int]
    size: int
    digest: str
    mtime_ns: int
    target: bytes
    device: int
    xattrs: tuple[tuple[str, bytes], ...]
    links: tuple[bytes, ...]


def describe(root: str | os.PathLike[str]) -> dict[bytes, Entry]:
    """Describe everything below root, by path relative to it (b'.' is root itself)."""
    top = os.fsencode(root)
    stats: dict[bytes, os.stat_result] = {b".": os.lstat(top)}
    for folder, folders, names in os.walk(top):
        for name in folders + names:
            path = os.path.join(folder, name)
            stats[os.path.relpath(path, top)] = os.lstat(path)
    groups: dict[tuple[int, int], list[bytes]] = {}
    for path, info in stats.items():
        if not stat.S_ISDIR(info.st_mode) and info.st_nlink > 1:
            groups.setdefault((info.st_dev, info.st_ino), []).append(path)
    return {path: _entry(os.path.join(top, path), info, groups)
            for path, info in sorted(stats.items())}  # fmt: skip


def _entry(path: bytes, info: os.stat_result, groups: dict[tuple[int, int], list[bytes]]) -> Entry:
    kind = stat.S_IFMT(info.st_mode)
    is_file, is_link = stat.S_ISREG(kind), stat.S_ISLNK(kind)
    digest = ""
    if is_file:
        with open(path, "rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
    names = os.listxattr(path, follow_symlinks=False)
    return Entry(
        kind=kind,
        mode=0 if is_link else stat.S_IMODE(info.st_mode),
        owner=(info.st_uid, info.st_gid),
        size=info.st_size if is_file else 0,
        digest=digest,
        mtime_ns=info.st_mtime_ns,
        target=os.readlink(path) if is_link else b"",
        device=info.st_rdev,
        xattrs=tuple(sorted((n, os.getxattr(path, n, follow_symlinks=False)) for n in names)),
        links=tuple(sorted(groups.get((info.st_dev, info.st_ino), []))),
    )


def differences(
    left: str | os.PathLike[str], right: str | os.PathLike[str], ignore: tuple[str, ...] = ()
) -> list[str]:
    """Compare two trees; return a line for each difference, none when they are equal.

    `ignore` names fields of Entry that do not count, such as "owner" without root.
    """
    ours, theirs = describe(left), describe(right)
    lines = [f"only left: {path!r}" for path in ours.keys() - theirs.keys()]
    lines += [f"only right: {path!r}" for path in theirs.keys() - ours.keys()]
    for path in sorted(ours.keys() & theirs.keys()):
        for field in Entry.__dataclass_fields__:
            a, b = getattr(ours[path], field), getattr(theirs[path], field)
            if field not in ignore and a != b:
                lines.append(f"{path!r}: {field}: {a!r} != {b!r}")
    return sorted(lines)
