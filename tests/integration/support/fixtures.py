"""The fixtures; a conftest.py takes all of them with `from support.fixtures import *`."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from support.ansible import Ansible
from support.command import Program
from support.paths import BUILD, public_folder
from support.postgres import ClusterFactory, versions
from support.restic import Restic, known_restics
from support.terraform import Terraform, provider_name
from support.tree import make_tree

__all__ = [
    "ansible",
    "key_file",
    "postgres_cluster",
    "postgres_major",
    "pra",
    "pra_environment",
    "public_dir",
    "restic",
    "sample_tree",
    "terraform",
]


@pytest.fixture
def pra_environment(tmp_path: Path) -> dict[str, str | os.PathLike[str] | None]:
    """The environment of our programs: a home and a cache of the test's own, the built library."""
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    return {
        "HOME": home,
        "XDG_CACHE_HOME": home / ".cache",
        "XDG_CONFIG_HOME": home / ".config",
        "XDG_STATE_HOME": home / ".local/state",
        "LD_LIBRARY_PATH": BUILD / "lib",
        "TZ": "UTC",
    }


@pytest.fixture
def pra(pra_environment: dict[str, str | os.PathLike[str] | None]) -> Program:
    """The built `pra`."""
    path = BUILD / "bin" / "pra"
    if not path.exists():
        pytest.fail(f"{path} is not built: run ./run build first")
    return Program(path, pra_environment)


@pytest.fixture
def key_file(tmp_path: Path) -> Path:
    """A file with a password, that only its owner can read."""
    path = tmp_path / "repository.key"
    path.write_text("correct horse battery staple\n")
    path.chmod(0o600)
    return path


@pytest.fixture
def public_dir() -> Iterator[Path]:
    """A temporary folder that every user may enter (pytest's own are closed to others)."""
    folder = public_folder("pra-test-")
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def sample_tree(tmp_path: Path) -> Path:
    """A file tree with every type of file and every kind of metadata that this machine allows."""
    root = tmp_path / "tree"
    make_tree(root)
    return root


@pytest.fixture(params=list(known_restics()) or ["missing"])
def restic(request: pytest.FixtureRequest, tmp_path: Path) -> Restic:
    """Each restic there is: the system's, and PRA_RESTIC's."""
    path = known_restics().get(request.param)
    if path is None:
        pytest.skip("restic is not installed")
    return Restic(path, tmp_path / "restic-cache")


@pytest.fixture(params=sorted(versions()) or [0], ids=lambda major: f"postgresql-{major}")
def postgres_major(request: pytest.FixtureRequest) -> int:
    """Each PostgreSQL major version that the testbed has."""
    if not request.param:
        pytest.skip("no PostgreSQL is installed")
    return int(request.param)


@pytest.fixture
def postgres_cluster() -> Iterator[ClusterFactory]:
    """A factory of private clusters: `cluster = postgres_cluster(17)`; all end with the test."""
    factory = ClusterFactory()
    yield factory
    factory.close()


@pytest.fixture(params=[provider_name()], ids=lambda name: f"provider-external-{name}")
def terraform(request: pytest.FixtureRequest, tmp_path: Path) -> Terraform:
    """Terraform with the provider `external`; the test's id says which provider it is."""
    if request.param == "missing":
        pytest.skip("terraform or its provider `external` could not be had")
    return Terraform(tmp_path / "terraform")


@pytest.fixture
def ansible(tmp_path: Path) -> Ansible:
    """Ansible with our collection, run on this machine itself."""
    return Ansible(tmp_path / "ansible")
