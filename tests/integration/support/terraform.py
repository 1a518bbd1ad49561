"""Terraform, run in a folder of the test's own."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from support.command import Result, run
from support.paths import TESTBED

HOME = TESTBED / "terraform"


def provider_name() -> str:
    """Tell which provider `external` the tests get: hashicorp, stand-in, or missing."""
    note = HOME / "provider"
    return note.read_text().strip() if note.exists() else "missing"


class Terraform:
    """A folder with a configuration, and the terraform commands on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        self.env: dict[str, str | os.PathLike[str] | None] = {
            "TF_CLI_CONFIG_FILE": HOME / "terraform.rc",
            "TF_IN_AUTOMATION": "1",
            "TF_INPUT": "0",
            "TF_DATA_DIR": None,
            "CHECKPOINT_DISABLE": "1",
            "PATH": f"{HOME / 'bin'}:{os.environ['PATH']}",
        }

    def write(self, text: str, name: str = "main.tf") -> None:
        """Write a configuration file."""
        (self.folder / name).write_text(text)

    def __call__(self, *arguments: str, **options: Any) -> Result:
        """Run a terraform command without colours."""
        env = {**self.env, **(options.pop("env", None) or {})}
        command, *rest = arguments
        colour = [] if command in ("output", "version", "fmt") else ["-no-color"]
        return run("terraform", command, *colour, *rest, cwd=self.folder, env=env, **options)

    def init(self) -> Result:
        """Run `terraform init`."""
        return self("init")

    def apply(self, *arguments: str, **options: Any) -> Result:
        """Run `terraform apply` without asking."""
        return self("apply", "-auto-approve", *arguments, **options)

    def outputs(self) -> dict[str, Any]:
        """Return the outputs' values."""
        values = json.loads(self("output", "-json").stdout)
        return {name: entry["value"] for name, entry in values.items()}

    def state(self) -> str:
        """Return the state file's text, to look for secrets in it."""
        return (self.folder / "terraform.tfstate").read_text()
