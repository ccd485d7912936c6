"""The import contract of pure modules: those whose docstring's first paragraph ends in "Pure.".

No list of them is kept. Beyond which modules it is about, the contract is import-linter's
``forbidden``: what is forbidden may not be imported by way of other modules either.
"""

from __future__ import annotations

import ast
import importlib.util
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from importlinter.contracts.forbidden import ForbiddenContract

CLAIM = "Pure."


class PureContract(ForbiddenContract):
    """Options as of ``forbidden``, but ``source_modules``, which follow from the root packages."""

    type_name = "pure"

    def __init__(
        self, name: str, session_options: dict[str, Any], contract_options: dict[str, Any]
    ) -> None:
        roots = [package_folder(package) for package in session_options["root_packages"]]
        pure = [module for root in roots for module in pure_modules(root)]
        super().__init__(name, session_options, {**contract_options, "source_modules": pure})


def pure_modules(package: Path) -> list[str]:
    """Dotted names, sorted, of the modules in the folder ``package`` that call themselves pure."""
    return sorted(_name(path, package) for path in package.rglob("*.py") if is_pure(path))


def is_pure(path: Path) -> bool:
    return first_paragraph(path).endswith(CLAIM)


def first_paragraph(path: Path) -> str:
    """Of a module's docstring; empty where it has none."""
    doc = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    return doc.partition("\n\n")[0].rstrip()


def package_folder(package: str) -> Path:
    """Of the package that Python would import. Raises ModuleNotFoundError."""
    spec = importlib.util.find_spec(package)
    places: Iterable[str] = (spec and spec.submodule_search_locations) or ()
    for place in places:
        return Path(place)
    raise ModuleNotFoundError(f"{package} is no package")


def _name(path: Path, package: Path) -> str:
    parts = path.relative_to(package.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
