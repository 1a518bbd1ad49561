#!/usr/bin/env python3
"""Holds the house together: who may include what, and who may touch files, sockets and processes.

    check_layering.py [--root DIR] [--build DIR]

1. A layer of libpra/src includes itself and what libpra/CMakeLists.txt lets it link, never against
   it; sibling layers do not know each other.
2. Plugins and examples include the public headers only; public headers include nothing of ours
   but each other.
3. The headers of an outside library are included in the one place that wraps it.
4. With --build: no object file outside the seams calls the system for files, sockets or processes.
   What is compiled is looked at, so that no macro, template or header can hide a call.
"""

import argparse
import json
import re
import subprocess
import sys
from pathlib import Path

SOURCE_SUFFIXES = {".c", ".h", ".cpp", ".hpp", ".ipp", ".inc"}
INCLUDE = re.compile(r"^[ \t]*#[ \t]*include[ \t]*(?:<([^>]+)>|\"([^\"]+)\"|(\S+))", re.MULTILINE)
LAYER_CALL = re.compile(r"^pra_layer\(([^)]*)\)", re.MULTILINE)

# Headers of outside libraries and of the system's seams, and the places that may include them.
WRAPPED = [
    (r"boost/json/.*", ["libpra/src/base/", "libpra/src/api/", "plugins/"]),
    (r"boost/regex\.hpp", ["libpra/src/probe/http_probe.cpp"]),
    (r"boost/container/.*", ["libpra/src/"]),
    (r"boost/process/.*|boost/asio/.*", ["libpra/src/base/process_launch.cpp"]),
    (r"boost/.*", []),
    (r"curl/.*", ["libpra/src/base/http.cpp"]),
    (r"zstd.*\.h", ["libpra/src/base/compression.cpp"]),
    (r"openssl/.*", ["libpra/src/crypto/"]),
    (r"libpq.*|postgres.*|pg_.*", ["libpra/src/source/postgres/"]),
    (r"yaml-cpp/.*", ["libpra/src/config/yaml_reader."]),
    (r"CLI/.*", ["plugins/host/"]),
    (r"fmt/.*", ["libpra/src/", "plugins/"]),
    (r"sys/socket\.h|netdb\.h|netinet/.*|arpa/.*|sys/un\.h", ["libpra/src/probe/tcp_probe.cpp"]),
    (r"spawn\.h|sys/wait\.h|sys/ptrace\.h", ["libpra/src/base/"]),
    (r"sys/xattr\.h|sys/mount\.h|sys/sendfile\.h|linux/.*", ["libpra/src/base/"]),
    (r"fstream", ["libpra/src/base/", "plugins/ansible/main.cpp"]),
    (r"filesystem", ["libpra/src/base/", "libpra/src/source/files/path.cpp"]),
]

CALLS = {
    "file": r"(?:open|openat|openat2|creat|fopen|freopen|fdopen|tmpfile|mkstemp|mkostemp|mkdtemp"
    r"|opendir|fdopendir|scandir|ftw|nftw|fts_open|glob|l?stat|fstat|fstatat|f?xstat|lxstat|statx"
    r"|f?statfs|f?statvfs|f?access|faccessat|euidaccess|unlink|unlinkat|remove|rename|renameat"
    r"|renameat2|mkdir|mkdirat|rmdir|link|linkat|symlink|symlinkat|readlink|readlinkat|realpath"
    r"|canonicalize_file_name|mknod|mknodat|mkfifo|mkfifoat|f?chmod|fchmodat|[fl]?chown|fchownat"
    r"|utime|utimes|utimensat|futimens|f?truncate|fallocate|posix_fallocate|p?read|p?readv|p?write"
    r"|p?writev|copy_file_range|sendfile|splice|fsync|fdatasync|sync|syncfs|f?chdir|chroot"
    r"|[fl]?(?:get|set|list|remove)xattr|dup|dup2|dup3|fcntl|ioctl|pipe|pipe2|flock|lockf|getcwd"
    r"|u?mount|umount2)",
    "socket": r"(?:socket|socketpair|connect|bind|listen|accept|accept4|send|sendto|sendmsg|recv"
    r"|recvfrom|recvmsg|shutdown|setsockopt|getaddrinfo|gethostby\w+|getnameinfo)",
    "process": r"(?:fork|vfork|clone|execv|execve|execvp|execvpe|fexecve|execl|execlp|execle"
    r"|posix_spawnp?|system|popen|wait|waitpid|waitid|wait3|wait4|daemon)",
}
# Demangled; a path object by itself touches nothing.
CPP_FILE_CALL = re.compile(
    r"std::(?:__cxx11::)?basic_[io]?f(?:stream|ilebuf)<"
    r"|^std::filesystem::(?!__cxx11::path::|__cxx11::hash_value|__cxx11::filesystem_error)"
    r"|boost::filesystem::detail::|boost::asio::|boost::process::"
)

# Who may call what, and why. The third field narrows it to these symbols.
SEAMS = [
    ("libpra/src/base/", {"file", "socket", "process"}, None),  # The seam itself.
    ("libpra/src/probe/tcp_probe.cpp", {"socket"}, None),  # Connects, and says nothing.
    ("libpra/src/source/files/path.cpp", {"file"}, r"std::filesystem::current_path.*"),
    ("plugins/host/signals.cpp", {"file"}, r"pipe2?|fcntl|read|write"),  # Wakes its own thread.
    ("plugins/host/screen.cpp", {"file"}, r"ioctl"),  # The width of the terminal.
    # CLI11's own code for configuration files and existing paths, which it compiles in there.
    (
        "plugins/host/command_line.cpp",
        {"file"},
        r".*basic_filebuf.*|.*basic_ifstream.*|std::filesystem::status.*",
    ),
    ("plugins/ansible/main.cpp", {"file"}, r".*basic_ifstream.*|.*basic_filebuf.*"),  # Arguments.
]


def relative_sources(root: Path, *folders: str) -> list[Path]:
    """C and C++ files under `folders`, as seen from `root`."""
    return [
        path.relative_to(root)
        for folder in folders
        for path in sorted((root / folder).rglob("*"))
        if path.suffix in SOURCE_SUFFIXES and path.is_file()
    ]


def without_comments(text: str) -> str:
    """Comments blanked; line numbers stay."""
    pattern = r'//[^\n]*|/\*.*?\*/|R"\(.*?\)"|"(?:\\.|[^"\\\n])*"'
    return re.sub(
        pattern,
        lambda m: m[0] if m[0][0] in '"R' else re.sub(r"[^\n]", " ", m[0]),
        text,
        flags=re.DOTALL,
    )


def read_layers(root: Path) -> tuple[dict[str, set[str]], list[str]]:
    """What each layer may include: all that it links, directly or not."""
    calls = LAYER_CALL.findall((root / "libpra/CMakeLists.txt").read_text())
    direct = {}
    for call in calls:
        name, *links = call.split()
        direct[name] = {link[4:] for link in links if link.startswith("pra_")}
    problems = [
        f"libpra/CMakeLists.txt: layer {name} links pra_{link}, which is no layer above it"
        for position, (name, links) in enumerate(direct.items())
        for link in links
        if link not in list(direct)[:position]
    ]
    reach: dict[str, set[str]] = {}
    for name, links in direct.items():  # In order: what is linked was declared before.
        reach[name] = links.union(*(reach.get(link, set()) for link in links))
    reach["api"] = set(reach)
    return reach, problems


def problem_of_include(
    root: Path, source: Path, name: str, quoted: bool, layers: dict[str, set[str]]
) -> str | None:
    """Why `source` may not include `name`, or None."""
    path = source.as_posix()
    if not quoted:
        if name.startswith("pra/"):
            inside = path.startswith("libpra/src/") and not path.startswith("libpra/src/api/")
            return "the library's own layers do not know the C API" if inside else None
        if path.startswith("libpra/include/") and not re.fullmatch(r"std\w+\.h", name):
            return "a public header needs nothing but C's own"
        if path.startswith("examples/") and "/" in name:
            return "an example shows the public headers only"
        for pattern, places in WRAPPED:
            if re.fullmatch(pattern, name):
                if any(path.startswith(place) for place in places):
                    return None
                return f"only {' and '.join(places) or 'nobody'} may include it"
        return None

    if path.startswith("libpra/src/"):
        own = source.parts[2]
        target = name.split("/")[0]
        if "/" not in name or not (root / "libpra/src" / name).is_file():
            return "write it as layer/file, of a file that exists"
        if target == own or target in layers.get(own, set()):
            return None
        return f"layer {own} may include {', '.join(sorted(layers.get(own, set()))) or 'itself'}"
    home = root / source.parts[0]
    near = [root / source.parent / name, home / source.parts[1] / name, home / name]
    found = next((place.resolve() for place in near if place.is_file()), None)
    if found is None or not found.is_relative_to(home.resolve()):
        return f"{home.name} may include pra/*.h and their own headers only"
    return None


def check_includes(root: Path) -> list[str]:
    """Every #include that breaks a rule."""
    layers, problems = read_layers(root)
    for source in relative_sources(root, "libpra/src", "libpra/include", "plugins", "examples"):
        if source.parts[:2] == ("libpra", "src") and source.parts[2] not in layers:
            problems.append(f"{source}: {source.parts[2]} is no layer of libpra/CMakeLists.txt")
            continue
        text = without_comments((root / source).read_text(errors="replace"))
        for match in INCLUDE.finditer(text):
            line = text.count("\n", 0, match.start()) + 1
            system, quoted, computed = match.groups()
            if computed:
                problems.append(f"{source}:{line}: a computed #include cannot be checked")
                continue
            reason = problem_of_include(root, source, system or quoted, bool(quoted), layers)
            if reason:
                problems.append(f"{source}:{line}: includes {system or quoted}: {reason}")
    return problems


def kind_of_call(symbol: str) -> str | None:
    """'file', 'socket' or 'process' for a symbol that goes to the system for one."""
    if CPP_FILE_CALL.search(symbol):
        return "file"
    plain = re.sub(r"(64)?(_2|_chk)?(64)?$", "", symbol.removeprefix("__"))
    for kind, pattern in CALLS.items():
        if re.fullmatch(pattern, symbol) or re.fullmatch(pattern, plain):
            return kind
    return None


def is_allowed(source: str, kind: str, symbol: str) -> bool:
    """Whether `source` is a seam for such a call."""
    return any(
        source.startswith(place) and kind in kinds and (only is None or re.fullmatch(only, symbol))
        for place, kinds, only in SEAMS
    )


def check_calls(root: Path, build: Path) -> tuple[list[str], int]:
    """Every call of the system outside the seams, and how many object files were looked at."""
    commands = json.loads((build / "compile_commands.json").read_text())
    objects = {}
    for command in commands:
        source = Path(command["file"])
        if not source.is_relative_to(root):
            continue
        place = source.relative_to(root).as_posix()
        output = Path(command["directory"]) / re.search(r" -o (\S+)", command["command"])[1]
        if place.startswith(("libpra/src/", "plugins/")) and source.is_file() and output.is_file():
            objects[str(output)] = place
    if not objects:
        return [f"{build}: no object file of the library is there: build it first"], 0
    listing = subprocess.run(
        ["nm", "--undefined-only", "--demangle", "--print-file-name", *objects],
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    problems = []
    for line in listing.splitlines():
        output, symbol = re.fullmatch(r"(.*\.o): +[Uwv] (.*)", line).groups()
        source = objects[output]
        kind = kind_of_call(symbol)
        if kind and not is_allowed(source, kind, symbol):
            problems.append(f"{source}: calls {symbol}: {kind} access goes through libpra/src/base")
    return problems, len(objects)


def main() -> int:
    """Run the checks; 1 when something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--root", type=Path, default=Path(__file__).resolve().parents[2])
    parser.add_argument("--build", type=Path)
    options = parser.parse_args()
    root = options.root.resolve()
    problems = check_includes(root)
    checked = ""
    if options.build:
        more, count = check_calls(root, options.build.resolve())
        problems += more
        checked = f", {count} object files"
    for problem in problems:
        print(problem, file=sys.stderr)
    sources = len(relative_sources(root, "libpra", "plugins", "examples"))
    print(f"layering: {sources} sources{checked}, {len(problems)} problems")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
