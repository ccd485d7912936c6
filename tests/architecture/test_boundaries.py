"""The import contracts in pyproject.toml hold, cover the packages there are, and can fail."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from infra.pure_contract import first_paragraph, is_pure, pure_modules

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGE = REPOSITORY / "lfr_batch"
CONTRACT = ("infra/__init__.py", "infra/pure_contract.py")
PURE_PACKAGES = ("tracks",)

BREACHES = {
    "layers": ("config/breach.py", "import lfr_batch.scanning\n"),
    "ray": ("scanning/breach.py", "def run() -> None:\n    import ray\n"),
    "pure": ("tracks/stitch.py", "import time\n"),
}


def contracts() -> dict[str, Any]:
    content = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())
    return {contract["id"]: contract for contract in content["tool"]["importlinter"]["contracts"]}


def lint(directory: Path) -> subprocess.CompletedProcess[str]:
    """import-linter on the package in ``directory``, which goes before the installed one."""
    call = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    command = [sys.executable, "-c", call, "--no-cache"]
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)


def test_the_contracts_hold() -> None:
    done = lint(REPOSITORY)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("contract", BREACHES)
def test_a_breach_is_noticed(contract: str, tmp_path: Path) -> None:
    for path in PACKAGE.rglob("*.py"):
        copy = tmp_path / path.relative_to(REPOSITORY)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    for name in ("pyproject.toml", *CONTRACT):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_bytes((REPOSITORY / name).read_bytes())
    name, line = BREACHES[contract]
    with (tmp_path / "lfr_batch" / name).open("a") as module:
        module.write(line)
    done = lint(tmp_path)
    assert done.returncode == 1
    assert f"{contracts()[contract]['name']} BROKEN" in done.stdout


def test_every_part_of_the_package_has_its_layer() -> None:
    layers = " | ".join(contracts()["layers"]["layers"]).split(" | ")
    parts = {f"lfr_batch.{path.stem}" for path in PACKAGE.glob("[!_]*.py")}
    parts |= {f"lfr_batch.{path.parent.name}" for path in PACKAGE.glob("*/__init__.py")}
    assert sorted(layers) == sorted(parts)


def test_everything_but_the_engine_does_without_ray() -> None:
    layers = " | ".join(contracts()["layers"]["layers"]).split(" | ")
    without = set(contracts()["ray"]["source_modules"])
    assert set(layers) - without == {"lfr_batch.engine"}


def test_modules_that_claim_to_be_pure_are_those_of_the_contract() -> None:
    pure = set(pure_modules(PACKAGE))
    assert {"lfr_batch.records", "lfr_batch.tracks.tracker", "lfr_batch.visible"} <= pure
    assert "lfr_batch.storage.local_store" not in pure
    assert "source_modules" not in contracts()["pure"]


@pytest.mark.parametrize("package", PURE_PACKAGES)
def test_no_module_of_a_pure_package_is_left_out(package: str) -> None:
    there = {f"lfr_batch.{package}.{path.stem}" for path in (PACKAGE / package).glob("[!_]*.py")}
    assert there <= set(pure_modules(PACKAGE))


def test_whoever_speaks_of_purity_claims_it_in_the_words_of_the_contract() -> None:
    """Else a module would be taken for pure by readers and by nobody else."""
    heads = {path: first_paragraph(path) for path in PACKAGE.rglob("*.py")}
    unclear = [path.name for path, head in heads.items() if re.search(r"(?i)\bpure\b", head)]
    assert unclear == [path.name for path in heads if is_pure(path)]


@pytest.mark.parametrize(
    ("docstring", "pure"),
    [
        ('"""What it is. Pure."""', True),
        ('"""What it is.\nPure.\n\nAnd more of it.\n"""', True),
        ('"""What it is.\n\nPure.\n"""', False),
        ('"""What it is: pure, in and out."""', False),
        ("", False),
    ],
)
def test_what_counts_as_a_claim(docstring: str, pure: bool, tmp_path: Path) -> None:
    (tmp_path / "module.py").write_text(docstring)
    assert is_pure(tmp_path / "module.py") is pure
