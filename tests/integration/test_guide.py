"""Every command of docs/guide.md, run in order as a reader would."""

from __future__ import annotations

import re
from pathlib import Path

from support.command import Program, run
from support.paths import PROJECT


def test_the_guide(pra: Program, tmp_path: Path) -> None:
    text = (PROJECT / "docs/guide.md").read_text()
    blocks = re.findall(r"```sh\n(.*?)```", text, flags=re.DOTALL)
    assert len(blocks) >= 5
    # The reader's machine, below the test's own folder.
    script = "".join(blocks).replace("/etc/pra", f"{tmp_path}/etc/pra")
    script = script.replace("/srv", f"{tmp_path}/srv")
    env = {**pra.env, "PATH": f"{pra.path.parent}:/usr/bin:/bin"}
    done = run("bash", "-euo", "pipefail", "-c", script, env=env, cwd=tmp_path)
    assert (tmp_path / "srv/shop/uploads/file").read_text() == "a customer's file\n"
    assert (tmp_path / "srv/file").read_text() == "a customer's file\n"
    assert (tmp_path / "etc/pra/repository.key").stat().st_mode & 0o077 == 0
    assert "keep" in done.err, "init must say loudly that the key is to be kept elsewhere"


def test_the_last_line_of_the_guide(pra: Program, tmp_path: Path) -> None:
    repository, key = tmp_path / "repository", tmp_path / "key"
    where = ("--repo", repository, "--key-file", key)
    (tmp_path / "data").write_text("something")
    pra("init", *where)
    pra("backup", *where, "files", tmp_path / "data")
    run(
        "restic",
        "-r",
        repository,
        "-p",
        key,
        "restore",
        "latest",
        "--target",
        tmp_path / "restored",
    )
    restored = tmp_path / "restored" / (tmp_path / "data").relative_to("/")
    assert restored.read_text() == "something"
