"""Every exported function has one body, which is one call of the exception wall.

check_walls.py LIBPRA-FOLDER
"""

import re
import sys
from pathlib import Path

DECLARED = re.compile(r"PRA_EXPORT\b[^;]*?\b(pra_\w+)\s*\(", re.DOTALL)
DEFINED = re.compile(r"^[\w: *&]*?\b(pra_\w+)\(([^{;]*)\)\s*\{\n(.*?)^\}", re.DOTALL | re.MULTILINE)
WALL = re.compile(r"^\s*return wall(_or|_void)?\(.*\);\s*$", re.DOTALL)


def main(folder: Path) -> int:
    """Compare declarations, definitions and their bodies; return how many are wrong."""
    declared = {
        name
        for header in sorted((folder / "include/pra").glob("*.h"))
        for name in DECLARED.findall(header.read_text())
    }
    wrong = []
    seen: dict[str, str] = {}
    for source in sorted((folder / "src/api").glob("*.cpp")):
        for name, _, body in DEFINED.findall(source.read_text()):
            if name in seen:
                wrong.append(f"{name} is defined twice: {seen[name]}, {source.name}")
            seen[name] = source.name
            if not WALL.match(body) or body.count("return wall") != 1:
                wrong.append(f"{source.name}: {name} is not one `return wall…(…);`")
    wrong += [f"{name} is declared and not defined" for name in sorted(declared - seen.keys())]
    wrong += [f"{name} is defined and not declared" for name in sorted(seen.keys() - declared)]
    if not declared:
        wrong.append("no declarations were found")
    print("\n".join(wrong) or f"{len(declared)} functions, each behind the wall")
    return len(wrong)


if __name__ == "__main__":
    sys.exit(1 if main(Path(sys.argv[1])) else 0)
