"""Write the lock files, or tell whether they still belong to pyproject.toml.

``python infra/lock.py write`` resolves anew with uv, for every Python and platform at once;
``python infra/lock.py check`` needs no network: each lock carries a hash of what it was made from.
"""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
import tempfile
import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

REPOSITORY = Path(__file__).resolve().parents[1]
PYPROJECT = REPOSITORY / "pyproject.toml"
OLDEST_PYTHON = "3.11"
MARK = "# made from the requirements with sha256 "

LOCKS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "requirements.lock": (),
        "requirements-gpu.lock": ("--extra", "gpu", "--overrides", "infra/gpu-overrides.txt"),
    }
)
"""What uv is told beyond the common options, by lock file."""


def main(arguments: list[str]) -> int:
    match arguments:
        case ["write"]:
            for name, options in LOCKS.items():
                _write(name, options)
            return 0
        case ["check"]:
            stale = [name for name in LOCKS if not is_fresh(name)]
            for name in stale:
                print(f"{name} was made from other requirements: run `make lock`, commit it.")
            return 1 if stale else 0
    print("usage: lock.py write|check", file=sys.stderr)
    return 2


def is_fresh(name: str) -> bool:
    """Whether the lock ``name`` was made from the requirements as they are now."""
    path = REPOSITORY / name
    return path.is_file() and f"{MARK}{requirements_sha256()}\n" in path.read_text()


def requirements_sha256() -> str:
    """Over everything in pyproject.toml (and the overrides) that decides what is resolved."""
    content = tomllib.loads(PYPROJECT.read_text())
    project: dict[str, Any] = content["project"]
    deciding = {
        "python": project["requires-python"],
        "dependencies": project["dependencies"],
        "extras": project["optional-dependencies"],
        "groups": content["dependency-groups"],
        "uv": content["tool"]["uv"],
        "gpu_overrides": (REPOSITORY / "infra" / "gpu-overrides.txt").read_text(),
    }
    return hashlib.sha256(json.dumps(deciding, sort_keys=True).encode()).hexdigest()


def _write(name: str, options: tuple[str, ...]) -> None:
    target = REPOSITORY / name
    with tempfile.TemporaryDirectory() as temporary:
        resolved = Path(temporary) / name
        if target.is_file():
            # uv keeps the versions that still fit of the file it writes to.
            resolved.write_bytes(target.read_bytes())
        command = ["uv", "pip", "compile", "pyproject.toml", "--group", "dev", *options]
        command += ["--universal", "--python-version", OLDEST_PYTHON, "--generate-hashes"]
        command += ["--no-annotate", "--no-header", "--no-emit-index-url", "--quiet"]
        command += ["--output-file", str(resolved)]
        subprocess.run(command, cwd=REPOSITORY, check=True, stdout=subprocess.DEVNULL)
        head = f"# Written by `make lock`; edit pyproject.toml, not this.\n{MARK}"
        text = f"{head}{requirements_sha256()}\n{resolved.read_text()}"
    fresh = target.with_suffix(".new")
    fresh.write_text(text)
    fresh.replace(target)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
