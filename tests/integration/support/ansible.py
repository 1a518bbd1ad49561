"""Ansible with our collection, on this machine itself."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

from support.command import Result, run
from support.paths import BUILD, VENV


class Ansible:
    """A folder with playbooks, and the ansible commands on it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(parents=True)
        (folder / "ansible.cfg").touch()
        self.env: dict[str, str | os.PathLike[str] | None] = {
            # The build puts the collection together there.
            "ANSIBLE_COLLECTIONS_PATH": BUILD,
            "ANSIBLE_CONFIG": folder / "ansible.cfg",
            "ANSIBLE_HOME": folder / "home",
            "ANSIBLE_LOCAL_TEMP": folder / "home/tmp",
            "ANSIBLE_REMOTE_TEMP": str(folder / "home/remote"),
            "ANSIBLE_NOCOLOR": "1",
            "ANSIBLE_STDOUT_CALLBACK": "results",
            "ANSIBLE_CALLBACK_PLUGINS": Path(__file__).parent / "callbacks",
            "ANSIBLE_PYTHON_INTERPRETER": VENV / "bin/python",
            "LC_ALL": "C.UTF-8",
            "LD_LIBRARY_PATH": BUILD / "lib",
            "PATH": f"{VENV / 'bin'}:{os.environ['PATH']}",
        }

    def playbook(self, text: str, *arguments: str, **options: Any) -> Result:
        """Run a playbook on localhost; its output is results in JSON unless `human` is true."""
        path = self.folder / "playbook.yml"
        path.write_text(text)
        env = {**self.env, **(options.pop("env", None) or {})}
        if options.pop("human", False):
            env["ANSIBLE_STDOUT_CALLBACK"] = None
        words = ["--inventory", "localhost,", "--connection", "local", path.name, *arguments]
        return run("ansible-playbook", *words, cwd=self.folder, env=env, **options)

    def tasks(self, text: str, *arguments: str, **options: Any) -> list[dict[str, Any]]:
        """Run a playbook and return each task's result, in order.

        A result has what the module returned, and `task`, `host` and `status` (ok, failed, …).
        """
        return self.playbook(text, *arguments, **options).lines

    def documentation(self, module: str) -> dict[str, Any]:
        """Return what `ansible-doc` says of a module of the collection."""
        name = f"pra.recovery.{module}"
        return run("ansible-doc", "--json", name, env=self.env, cwd=self.folder).json[name]
