"""Writes the documentation of the Ansible modules from the table of operations.

Usage: generate_documentation.py LIBPRA MODULES_DIRECTORY [--check]

LIBPRA is the path of libpra.so.1. Each module gets a sidecar NAME.yml, which `ansible-doc` reads:
its options, types, defaults and return values come from the table; the prose is in modules.yml
beside this script. With --check nothing is written, and a file that would change is an error.
"""

import argparse
import ctypes
import json
import pathlib
import sys

import yaml

TYPES = {
    "string": "str",
    "path": "path",
    "integer": "int",
    "boolean": "bool",
    "duration": "str",
    "size": "str",
    "string_list": "list",
    "path_list": "list",
    "string_map": "dict",
}
ELEMENTS = {"string_list": "str", "path_list": "path"}
RETURN_TYPES = {
    "string": "str",
    "integer": "int",
    "number": "float",
    "boolean": "bool",
    "list": "list",
    "object": "dict",
}
HEADER = "---\n# Made by plugins/ansible/generate_documentation.py from the table of operations.\n"


def read_table(library: pathlib.Path) -> dict:
    """The operations of libpra, by name."""
    pra = ctypes.CDLL(str(library))
    pra.pra_operations_json.restype = ctypes.c_void_p
    text = ctypes.c_char_p()
    if pra.pra_operations_json(ctypes.byref(text)):
        sys.exit("the table of operations cannot be read")
    table = json.loads(text.value or b"{}")
    return {operation["name"]: operation for operation in table["operations"]}


def sentence(text: str) -> str:
    text = text[:1].upper() + text[1:]
    return text if text.endswith((".", "!", "?")) else text + "."


def option(parameter: dict) -> dict:
    out = {"description": [sentence(parameter["help"])], "type": TYPES[parameter["type"]]}
    if parameter["type"] in ELEMENTS:
        out["elements"] = ELEMENTS[parameter["type"]]
    if parameter["required"]:
        out["required"] = True
    if parameter["choices"]:
        out["choices"] = parameter["choices"]
    if parameter["default"] is not None and not parameter["required"]:
        default = parameter["default"]
        if out["type"] == "bool":
            out["default"] = default == "true"
        elif out["type"] == "int":
            out["default"] = int(default)
        else:
            out["default"] = default
    return out


def document(name: str, prose: dict, operation: dict) -> str:
    hidden = set(prose.get("hidden", []))
    options = {p["name"]: option(p) for p in operation["parameters"] if p["name"] not in hidden}
    attributes = {
        "check_mode": {
            "description": "Says what would change, and changes nothing.",
            "support": "full",
        },
        "diff_mode": {
            "description": "Shows which entries would change or changed.",
            "support": "full"
            if any(r["name"] == "changes" for r in operation["results"])
            else "none",
        },
        "idempotent": {
            "description": prose["idempotent"]["description"],
            "support": prose["idempotent"]["support"],
        },
    }
    results = {
        r["name"]: {
            "description": sentence(r["help"]),
            "returned": "when it applies",
            "type": RETURN_TYPES[r["type"]],
        }
        for r in operation["results"]
    }
    documentation = {
        "module": name,
        "short_description": prose["short_description"],
        "version_added": "0.1.0",
        "description": [sentence(text) for text in prose["description"]],
        "author": ["The libpra authors (!UNKNOWN)"],
        "requirements": ["libpra.so.1 on the target host"],
        "options": options,
        "attributes": attributes,
    }
    whole = {"DOCUMENTATION": documentation, "EXAMPLES": prose["examples"], "RETURN": results}

    class Dumper(yaml.SafeDumper):
        """Texts of several lines as blocks, lists indented as ansible-lint wants them."""

        def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
            return super().increase_indent(flow, False)

    def text(dumper: yaml.Dumper, value: str) -> yaml.Node:
        return dumper.represent_scalar(
            "tag:yaml.org,2002:str", value, style="|" if "\n" in value else None
        )

    Dumper.add_representer(str, text)
    return HEADER + yaml.dump(whole, Dumper=Dumper, sort_keys=False, width=140, allow_unicode=True)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("library", type=pathlib.Path)
    parser.add_argument("modules", type=pathlib.Path)
    parser.add_argument("--check", action="store_true")
    arguments = parser.parse_args()
    table = read_table(arguments.library)
    prose = yaml.safe_load((pathlib.Path(__file__).parent / "modules.yml").read_text())
    stale = []
    for name, entry in prose.items():
        file = arguments.modules / f"{name}.yml"
        text = document(name, entry, table[entry["operation"]])
        if file.exists() and file.read_text() == text:
            continue
        stale.append(str(file))
        if not arguments.check:
            file.write_text(text)
    if stale and arguments.check:
        print(f"not up to date, run {sys.argv[0]}: {', '.join(stale)}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
