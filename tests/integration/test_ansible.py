"""The Ansible modules in real playbooks: changes, check mode, diff, idempotence, secrets."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from support.ansible import Ansible
from support.command import Program, run
from support.paths import BUILD, PROJECT, VENV

MODULES = ("pra_backup", "pra_restore", "pra_verify", "pra_health")


def play(*tasks: str) -> str:
    """Return a playbook with these tasks, each a module's name and its arguments as YAML flow."""
    lines = ["- hosts: localhost", "  gather_facts: false", "  tasks:"]
    for task in tasks:
        module, arguments = task.split(" ", 1)
        lines += [f"    - name: {module}", f"      pra.recovery.{module}: {arguments}"]
        lines += ["      ignore_errors: true"]
    return "\n".join(lines) + "\n"


def failed(result: dict[str, Any]) -> bool:
    """Tell whether the task failed; Ansible goes on with the next one."""
    return result["status"] in ("failed", "ignored")


@pytest.fixture
def repository(pra: Program, tmp_path: Path) -> str:
    """A repository, as arguments of a module; the data to back up is in tmp_path/data."""
    data = tmp_path / "data"
    (data / "folder").mkdir(parents=True)
    (data / "folder/one").write_text("one")
    (data / "two").write_text("two")
    pra("init", "--repo", tmp_path / "repository", "--key-file", tmp_path / "key")
    return f"repo: {tmp_path / 'repository'}, key_file: {tmp_path / 'key'}"


def test_backup_restore_verify_health(ansible: Ansible, repository: str, tmp_path: Path) -> None:
    data, target = tmp_path / "data", tmp_path / "target"
    restore = f"pra_restore {{{repository}, snapshot: latest, subpath: {data}, target: {target}}}"
    backup, first, second, verify, proof, health = ansible.tasks(
        play(
            f"pra_backup {{{repository}, type: files, paths: [{data}]}}",
            restore,
            restore,
            f"pra_verify {{{repository}, read_data: true}}",
            f"pra_verify {{{repository}, snapshot: latest, subpath: {data}, restored: {target}}}",
            "pra_health {probes: ['command:true']}",
        )
    )
    assert backup["changed"] is True
    assert len(backup["snapshot"]) == 64
    assert first["changed"] is True
    assert second["changed"] is False, "a second restore of an equal target changes nothing"
    for result in (verify, proof, health):
        assert result["changed"] is False
        assert not failed(result)
    assert health["healthy"] is True
    assert (target / "folder/one").read_text() == "one"


def test_check_mode_changes_nothing_and_says_what_would(
    ansible: Ansible, pra: Program, repository: str, tmp_path: Path
) -> None:
    data, target = tmp_path / "data", tmp_path / "target"
    where = ("--repo", tmp_path / "repository", "--key-file", tmp_path / "key")
    pra("backup", *where, "files", data)
    text = play(
        f"pra_backup {{{repository}, type: files, paths: [{data}]}}",
        f"pra_restore {{{repository}, snapshot: latest, subpath: {data}, target: {target}}}",
    )
    backup, restore = ansible.tasks(text, "--check", "--diff")
    assert backup["changed"] is True
    assert restore["changed"] is True
    assert not target.exists()
    assert pra("snapshots", *where, "--json").lines[-1]["count"] == 1
    assert "folder/one" in restore["diff"]["after"]
    assert restore["diff"]["before"] == ""

    pra("restore", *where, "latest", "--subpath", data, "--target", target)
    (target / "two").write_text("spoilt")
    _, differs = ansible.tasks(text, "--check", "--diff")
    assert differs["changed"] is True
    assert "two" in differs["diff"]["before"]
    assert "folder/one" not in differs["diff"]["before"]
    assert (target / "two").read_text() == "spoilt"
    pra("restore", *where, "latest", "--subpath", data, "--target", target)
    _, equal = ansible.tasks(text, "--check", "--diff")
    assert equal["changed"] is False


def test_bad_arguments_are_named(ansible: Ansible, repository: str) -> None:
    unknown, missing, bad, dead = ansible.tasks(
        play(
            f"pra_restore {{{repository}, snapshot: latest, traget: /tmp/x}}",
            f"pra_restore {{{repository}}}",
            "pra_health {probes: ['nonsense'], timeout: soon}",
            "pra_health {probes: ['command:false']}",
        ),
        code=None,
    )
    assert failed(unknown)
    assert "target" in unknown["msg"]
    assert failed(missing)
    assert failed(bad)
    assert "soon" in bad["msg"]
    assert failed(dead)
    assert dead["healthy"] is False


def test_numbers_may_be_text(ansible: Ansible, repository: str) -> None:
    [result] = ansible.tasks(play(f"pra_verify {{{repository}, read_data: 'true'}}"))
    assert not failed(result)


def test_a_secret_in_clear_is_refused_and_never_shown(
    ansible: Ansible, repository: str, tmp_path: Path
) -> None:
    secret = (tmp_path / "key").read_text().strip()
    text = play(
        f"pra_verify {{repo: {tmp_path / 'repository'}, key: hunter2}}",
        f"pra_verify {{{repository}}}",
    )
    done = ansible.playbook(text, "-vvv", human=True, code=None)
    # What the playbook itself holds, Ansible may show; the module does not add to it.
    shown = [line for line in done.out.splitlines() if "hunter2" in line]
    assert not [line for line in shown if '"msg"' in line]
    assert "VALUE_SPECIFIED_IN_NO_LOG_PARAMETER" in done.out
    assert secret not in done.out + done.err


def test_a_missing_or_old_library_is_a_sentence(ansible: Ansible, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    [result] = ansible.tasks(
        play("pra_health {probes: ['command:true']}"),
        env={"LD_LIBRARY_PATH": empty},
        code=None,
    )
    assert failed(result)
    assert "libpra.so.1 cannot be loaded" in result["msg"]
    assert "install libpra" in result["msg"]

    source = tmp_path / "old.c"
    source.write_text("int pra_version_number(void) { return 1; }\n")
    old = tmp_path / "old"
    old.mkdir()
    run("cc", "-shared", "-fPIC", "-o", old / "libpra.so.1", source)
    [result] = ansible.tasks(
        play("pra_health {probes: ['command:true']}"), env={"LD_LIBRARY_PATH": old}, code=None
    )
    assert failed(result)
    assert "too old" in result["msg"]


@pytest.mark.parametrize("module", MODULES)
def test_documentation(ansible: Ansible, module: str) -> None:
    documentation = ansible.documentation(module)
    options = documentation["doc"]["options"]
    assert options
    assert documentation["examples"]
    assert documentation["return"]
    assert documentation["doc"]["attributes"]["check_mode"]["support"] == "full"


def test_documentation_is_that_of_the_table() -> None:
    script = PROJECT / "plugins/ansible/generate_documentation.py"
    modules = PROJECT / "ansible-collection/pra/recovery/plugins/modules"
    library = BUILD / "lib/libpra.so.1"
    run(VENV / "bin/python", script, library, modules, "--check")


def test_the_binaries_are_thin() -> None:
    folder = BUILD / "ansible_collections/pra/recovery/plugins/modules"
    for module in MODULES:
        binary = folder / module
        # Ansible takes a module for a binary by a byte in its first 1024 that is no text.
        assert b"\0" in binary.read_bytes()[:1024]
        assert binary.stat().st_size < 3 << 20


def test_the_collection_can_be_built(tmp_path: Path) -> None:
    collection = BUILD / "ansible_collections/pra/recovery"
    galaxy = VENV / "bin/ansible-galaxy"
    run(galaxy, "collection", "build", collection, "--output-path", tmp_path)
    [archive] = tmp_path.glob("pra-recovery-*.tar.gz")
    listing = subprocess.run(["tar", "tzf", archive], capture_output=True, text=True, check=True)
    for module in MODULES:
        assert f"plugins/modules/{module}\n" in listing.stdout
        assert f"plugins/modules/{module}.yml\n" in listing.stdout


def test_a_module_run_by_hand_says_what_it_is() -> None:
    binary = BUILD / "ansible_collections/pra/recovery/plugins/modules/pra_health"
    done = run(binary, code=1)
    assert "Ansible module" in json.loads(done.stdout)["msg"]
