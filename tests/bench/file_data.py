"""A large tree of real files: those of the machine it runs on, few of them twice.

The same machine and seed give the same tree. Every file lands below a folder named after where it
came from, with its mode and time. When the machine has too few files, some are taken again with
their lines (or blocks) in another order, which keeps how well they compress.
"""

from __future__ import annotations

import hashlib
import os
import random
import stat
import zlib
from pathlib import Path

SOURCES = ("/usr/lib", "/usr/share", "/usr/include", "/usr/local", "/opt", "/usr/bin", "/var/lib")
HOMES = (".pyenv", ".rustup", ".cargo", ".local", "go", ".m2", ".npm")
LARGEST = 24 << 20
SMALL = 12 << 10
BLOCK = 512
MEDIA_MEAN = 67_500  # of lognormvariate(10.4, 1.2)


def find_files(seed: int) -> list[tuple[bytes, int]]:
    """Return the machine's regular files and sizes, in an order that the seed decides."""
    roots = [*SOURCES, *(str(Path.home() / name) for name in HOMES)]
    found: dict[bytes, int] = {}
    for root in roots:
        for folder, folders, names in os.walk(os.fsencode(root)):
            folders.sort()
            for name in sorted(names):
                path = folder + b"/" + name
                info = os.lstat(path)
                if stat.S_ISREG(info.st_mode) and 0 < info.st_size <= LARGEST:
                    found[path] = info.st_size
    keyed = [(hashlib.blake2b(b"%d" % seed + path).digest(), path) for path in found]
    return [(path, found[path]) for _, path in sorted(keyed)]


def choose(files: list[tuple[bytes, int]], count: int, size: int) -> tuple[int, int]:
    """Return how many small and how many larger files give both the count and the size."""
    small = [s for _, s in files if s < SMALL]
    large = [s for _, s in files if s >= SMALL]
    if not small or not large:
        raise SystemExit("error: this machine has too few files to make the data from")
    mean_small, mean_large = sum(small) / len(small), sum(large) / len(large)
    number = round((size - count * mean_small) / (mean_large - mean_small))
    number = min(max(number, 0), count)
    return count - number, number


def compressed_share(files: list[tuple[bytes, int]], small: int, large: int) -> float:
    """Return what is left of such a mix when each file is compressed, from a sample."""
    packed = total = 0.0
    for wanted, weight in ((True, small), (False, large)):
        sample = [path for path, size in files if (size < SMALL) == wanted][:1500]
        contents = [read(path) for path in sample]
        scale = weight / len(contents)
        total += scale * sum(map(len, contents))
        packed += scale * sum(min(len(data), len(zlib.compress(data, 6))) for data in contents)
    return packed / total


def plan(
    files: list[tuple[bytes, int]], count: int, size: int, ratio: float
) -> tuple[int, int, float]:
    """Return how many small and larger files to copy, and the share of incompressible bytes."""
    share = 0.0
    for _ in range(3):
        small, large = choose(
            files, count - round(size * share / MEDIA_MEAN), round(size * (1 - share))
        )
        natural = compressed_share(files, small, large)
        share = min(max((1 / ratio - natural) / (1 - natural), 0.0), 0.6)
    return small, large, share


def rearranged(data: bytes, rng: random.Random) -> bytes:
    """Return the same lines, or blocks, in another order."""
    separator = b"\n" if b"\0" not in data[:8192] else b""
    if separator:
        parts = data.split(separator)
    else:
        parts = [data[i : i + BLOCK] for i in range(0, len(data), BLOCK)]
    rng.shuffle(parts)
    return separator.join(parts)


def write(target: Path, source: bytes, variant: int, data: bytes) -> None:
    """Write one file below the target, with the mode and time of where it came from."""
    info = os.lstat(source)
    path = os.fsencode(target) + (b"/%d" % variant if variant else b"") + source
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(data)
    os.chmod(path, stat.S_IMODE(info.st_mode) | 0o600)
    os.utime(path, ns=(info.st_mtime_ns, info.st_mtime_ns))


def media(rng: random.Random) -> bytes:
    """Return bytes that do not compress, of a photo's or an icon's size."""
    return rng.randbytes(int(rng.lognormvariate(10.4, 1.2)))


def make_files(target: Path, *, seed: int, count: int, size: int, ratio: float) -> None:
    """Make the tree: about this many files and bytes, that compress about this much."""
    rng = random.Random(seed)
    files = find_files(seed)
    small_wanted, large_wanted, share = plan(files, count, size, ratio)
    seen: set[bytes] = set()
    number = written = 0
    for variant in range(20):
        for path, length in files:
            if length < SMALL and small_wanted > 0:
                small = 1
            elif length >= SMALL and large_wanted > 0:
                small = 0
            else:
                continue
            data = read(path)
            if variant:
                data = rearranged(data, rng)
            digest = hashlib.blake2b(data, digest_size=16).digest()
            if not data or digest in seen:
                continue
            seen.add(digest)
            write(target, path, variant, data)
            number, written = number + 1, written + len(data)
            small_wanted, large_wanted = small_wanted - small, large_wanted - 1 + small
        if small_wanted <= 0 and large_wanted <= 0:
            break
    copied = written
    while written - copied < size * share:
        data = media(rng)
        folder = target / "media" / f"{number % 97:02d}"
        folder.mkdir(parents=True, exist_ok=True)
        (folder / f"{number}.jpg").write_bytes(data)
        number, written = number + 1, written + len(data)
    print(f"{number} files, {written / 1e9:.2f} GB, {share:.0%} of it incompressible")


def read(path: bytes) -> bytes:
    """Return a file's content; nothing when it has gone or may not be read."""
    try:
        with open(path, "rb") as file:
            return file.read()
    except OSError:
        return b""


def change_files(target: Path, *, seed: int, fraction: float) -> None:
    """Change a share of the files: edit most, append to some, add and remove a few."""
    rng = random.Random(seed)
    paths = sorted(
        os.path.join(folder, name)
        for folder, _, names in os.walk(os.fsencode(target))
        for name in names
    )
    chosen = rng.sample(paths, round(len(paths) * fraction))
    for number, path in enumerate(chosen):
        data = bytearray(read(path))
        kind = number % 10
        if kind == 0:
            os.unlink(path)
            continue
        if kind == 1:
            path += b".new"
        if kind < 5:
            data += rng.randbytes(64).hex().encode()
        else:
            at = rng.randrange(len(data) + 1)
            data[at : at + 64] = rng.randbytes(32).hex().encode()
        with open(path, "wb") as file:
            file.write(data)
    print(f"{len(chosen)} of {len(paths)} files changed")
