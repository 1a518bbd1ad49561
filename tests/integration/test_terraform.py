"""The Terraform shim: its protocol, and a real apply that a stale backup blocks."""

from __future__ import annotations

import json
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from support.command import Program, Result
from support.paths import BUILD, PROJECT
from support.terraform import Terraform

Shim = Callable[..., Result]


@pytest.fixture
def shim(pra: Program) -> Shim:
    """Run `pra-terraform` as Terraform does: a query on standard input."""
    program = Program(BUILD / "bin" / "pra-terraform", pra.env)

    def call(query: object, **options: object) -> Result:
        text = query if isinstance(query, str) else json.dumps(query)
        return program(input=text, **options)

    return call


@pytest.fixture
def repository(pra: Program, tmp_path: Path) -> dict[str, str]:
    """A repository with one fresh snapshot, as members of a query."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data/<file>").write_text("content")
    where = ("--repo", tmp_path / "repository", "--key-file", tmp_path / "key")
    pra("init", *where)
    pra("backup", *where, "files", tmp_path / "data")
    return {"repo": str(tmp_path / "repository"), "key": f"file:{tmp_path / 'key'}"}


def flat(result: Result) -> dict[str, str]:
    """Return the answer, which must be one flat object of texts and nothing else."""
    answer = json.loads(result.stdout)
    assert result.out.count("\n") == 1
    assert all(isinstance(value, str) for value in answer.values())
    return answer


def test_status(shim: Shim, repository: dict[str, str]) -> None:
    answer = flat(shim({**repository, "operation": "status", "max_age": "15m"}))
    assert answer["fresh"] == "true"
    assert answer["verdict"] == "ok"
    assert 0 <= int(answer["age_seconds"]) < 120
    assert len(answer["snapshot"]) == 64
    time.sleep(1.1)
    stale = flat(shim({**repository, "operation": "status", "max_age": "1s"}))
    assert stale["fresh"] == "false"
    assert stale["verdict"] == "stale"


def test_snapshots_and_verify_and_health(shim: Shim, repository: dict[str, str]) -> None:
    snapshots = flat(shim({**repository, "operation": "snapshots"}))
    assert snapshots["count"] == "1"
    assert json.loads(snapshots["snapshots"])[0]["id"] == snapshots["latest"]
    assert flat(shim({**repository, "operation": "verify"}))["error_count"] == "0"
    healthy = flat(shim({"operation": "health", "probes": "command:true"}))
    assert healthy["healthy"] == "true"
    several = flat(shim({"operation": "health", "probes": '["command:true", "command:false"]'}))
    assert several["healthy"] == "false"
    assert several["count"] == "2"


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ({"operation": "backup"}, "there is no operation 'backup' for Terraform"),
        ({"operation": "restore"}, "there is no operation 'restore' for Terraform"),
        ({"operation": "status", "repo": "/nowhere", "key": "file:/dev/null"}, "repository"),
        ({"operation": "status", "max_agee": "1h"}, "max_age"),
        ({"operation": "status", "timeout": "soon"}, "timeout"),
        ("[]", "JSON object"),
        ('{"operation": 5}', "not a text"),
        ("", "JSON object"),
    ],
)
def test_errors_go_to_stderr_and_fail(shim: Shim, query: object, said: str) -> None:
    done = shim(query, code=1)
    assert done.stdout == b""
    assert said in done.err


def test_a_secret_is_never_echoed(shim: Shim, repository: dict[str, str]) -> None:
    done = shim({**repository, "key": "hunter2 in clear", "operation": "status"}, code=1)
    assert "hunter2" not in done.out + done.err


def test_it_ends_by_itself(shim: Shim) -> None:
    query = {"operation": "health", "probes": "command:sleep 60", "timeout": "500ms"}
    done = shim({**query}, code=None)
    assert done.seconds < 4


def test_it_changes_nothing(shim: Shim, repository: dict[str, str], tmp_path: Path) -> None:
    def state() -> list[tuple[str, int]]:
        paths = sorted((tmp_path / "repository").rglob("*"))
        return [(str(path), path.stat().st_mtime_ns) for path in paths]

    before = state()
    for operation in ("status", "snapshots"):
        shim({**repository, "operation": operation})
    assert state() == before
    # A verification holds a lock while it runs, and takes it away.
    shim({**repository, "operation": "verify"})
    assert [name for name, _ in state()] == [name for name, _ in before]


def test_it_opens_in_milliseconds(shim: Shim, repository: dict[str, str]) -> None:
    # The time itself is measured in tests/bench; this only finds a costly key derivation.
    best = min(shim({**repository, "operation": "status"}).seconds for _ in range(5))
    assert best < 0.3


def test_apply_is_blocked_by_a_stale_backup(
    terraform: Terraform, pra: Program, repository: dict[str, str]
) -> None:
    terraform.write(f"""
        variable "max_age" {{ type = string }}
        module "recovery_check" {{
          source     = "{PROJECT / "terraform-modules/recovery-check"}"
          repository = "{repository["repo"]}"
          key        = "{repository["key"]}"
          program    = "{BUILD / "bin/pra-terraform"}"
          max_age    = var.max_age
        }}
        resource "terraform_data" "change" {{ input = module.recovery_check.snapshot }}
        output "age" {{ value = module.recovery_check.age_seconds }}
        output "changed" {{ value = terraform_data.change.output }}
    """)
    env = {name: value for name, value in pra.env.items() if name != "HOME"}
    terraform.init()
    terraform.apply("-var", "max_age=1h", env=env)
    outputs = terraform.outputs()
    assert outputs["age"] < 600
    assert len(outputs["changed"]) == 64
    time.sleep(2)
    blocked = terraform.apply("-var", "max_age=1s", code=1, env=env)
    assert "Refusing to go on without a fresh backup" in blocked.err
    secret = Path(repository["key"].removeprefix("file:")).read_text().strip()
    assert secret not in terraform.state()


def test_a_failing_shim_shows_why(terraform: Terraform, pra: Program) -> None:
    terraform.write(f"""
        data "external" "status" {{
          program = ["{BUILD / "bin/pra-terraform"}"]
          query   = {{ operation = "status", repo = "/no/such/place", key = "env:NOTHING_THERE" }}
        }}
    """)
    env = {name: value for name, value in pra.env.items() if name != "HOME"}
    terraform.init()
    done = terraform("plan", code=1, env=env)
    assert "pra-terraform:" in done.err


def test_the_module_is_valid(terraform: Terraform) -> None:
    for example in ("simple", "complete"):
        text = (
            PROJECT / f"terraform-modules/recovery-check/examples/{example}/main.tf"
        ).read_text()
        module = PROJECT / "terraform-modules/recovery-check"
        terraform.write(text.replace('"../.."', f'"{module}"'))
        terraform.init()
        terraform("validate")
