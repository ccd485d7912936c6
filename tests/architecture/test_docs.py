"""What the docs say of the code is there: files, names in them, links, the picture of rooms."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

REPOSITORY = Path(__file__).resolve().parents[2]
PACKAGE = REPOSITORY / "lfr_batch"
DOCS = [
    *(REPOSITORY / name for name in ("README.md", "CONTRIBUTING.md", "SECURITY.md")),
    REPOSITORY / "infra" / "README.md",
    *sorted((REPOSITORY / "docs").rglob("*.md")),
]
DECISIONS = sorted((REPOSITORY / "docs" / "decisions").glob("[0-9]*.md"))

MODULE = re.compile(r"(?<![\w/.$-])(?:[\w-]+/)+\w+\.(?:py|sql|js)\b")
NAMED = re.compile(r"`((?:\w+/)*\w+\.py)`:?((?:\s|,|`\w[\w.]*`)+)")
LINK = re.compile(r"\]\((?!\w+:|#)([^)#\s]+)")


def module(name: str) -> Path:
    """A path in a text: from the repository, or from the package."""
    from_repository = REPOSITORY / name
    return from_repository if from_repository.exists() else PACKAGE / name


def names_after_modules(text: str) -> list[tuple[str, str]]:
    return [
        (path, name)
        for path, names in NAMED.findall(text)
        for name in re.findall(r"`([\w.]+)`", names)
        if not name.endswith(".py")
    ]


def is_defined(name: str, source: str) -> bool:
    last = re.escape(name.rpartition(".")[2])
    return bool(re.search(rf"(?m)^\s*(?:async )?(?:def|class) {last}\b|^{last}\b.*=", source))


def test_every_module_that_is_named_exists() -> None:
    gone = [
        f"{doc.relative_to(REPOSITORY)}: {name}"
        for doc in DOCS
        for name in MODULE.findall(doc.read_text())
        if not module(name).is_file()
    ]
    assert gone == []


def test_every_function_and_test_that_is_named_exists() -> None:
    gone = [
        f"{doc.relative_to(REPOSITORY)}: {path} has no {name}"
        for doc in DOCS
        for path, name in names_after_modules(doc.read_text())
        if module(path).is_file() and not is_defined(name, module(path).read_text())
    ]
    assert gone == []


def test_every_link_leads_somewhere() -> None:
    dead = [
        f"{doc.relative_to(REPOSITORY)}: {target}"
        for doc in DOCS
        for target in LINK.findall(doc.read_text())
        if not (doc.parent / target).exists()
    ]
    assert dead == []


def test_every_decision_has_its_parts_and_stands_in_the_list() -> None:
    listed = (REPOSITORY / "docs" / "decisions" / "README.md").read_text()
    parts = ("# ", "## Context\n", "## Decision\n", "## Price\n", "## Guarded by\n")
    assert DECISIONS
    assert [d.name for d in DECISIONS if not all(part in d.read_text() for part in parts)] == []
    assert [d.name for d in DECISIONS if f"]({d.name})" not in listed] == []
    numbers = [decision.name[:3] for decision in DECISIONS]
    assert numbers == [f"{number:03d}" for number in range(1, len(DECISIONS) + 1)]


def test_the_picture_of_rooms_is_the_contract() -> None:
    contracts = tomllib.loads((REPOSITORY / "pyproject.toml").read_text())["tool"]["importlinter"]
    [layers] = [each["layers"] for each in contracts["contracts"] if each["id"] == "layers"]
    text = (REPOSITORY / "docs" / "architecture.md").read_text()
    picture = text.partition("## The rooms")[2].split("```")[1].strip("\n")
    rooms = [re.split(r"  +", line)[0].replace(" · ", " | ") for line in picture.splitlines()]
    assert rooms == [layer.replace("lfr_batch.", "") for layer in layers]


def test_what_is_not_there_would_be_noticed() -> None:
    text = "see `footage/nowhere.py` and `footage/open.py` `open_segment`, `close_segment`."
    assert MODULE.findall(text) == ["footage/nowhere.py", "footage/open.py"]
    named = names_after_modules(text)
    assert named == [("footage/open.py", "open_segment"), ("footage/open.py", "close_segment")]
    source = module("footage/open.py").read_text()
    assert [is_defined(name, source) for _, name in named] == [True, False]
    assert LINK.findall("[a](b.md) [c](https://d/e.md) [f](#g) [h](i.md#j)") == ["b.md", "i.md"]
