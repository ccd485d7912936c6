"""What no file of the repository may hold."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).resolve().parents[2]
BIGGEST_BYTES = 1_000_000

FORBIDDEN = {
    "a registry's host name": rb"(?i)(?:pypi|pythonhosted|files\.pythonhosted)\.(?:org|io|com)",
    "an index address": rb"(?i)--(?:extra-)?index-url[ =]",
    "a path of one machine": rb"(?<![\w./~$}-])/(?:work|root|home/\w+)/\w",
}


def files() -> list[Path]:
    """Everything that is, or would be, committed."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, check=False)
    if done.returncode != 0:
        pytest.skip("this is no git checkout")
    paths = (REPOSITORY / name for name in done.stdout.decode().split("\0") if name)
    return [path for path in paths if path.is_file()]


@pytest.mark.parametrize("what", FORBIDDEN)
def test_no_file_holds(what: str) -> None:
    found = [
        f"{path.relative_to(REPOSITORY)}: {match.group().decode()}"
        for path in files()
        if path != Path(__file__) and (match := re.search(FORBIDDEN[what], path.read_bytes()))
    ]
    assert found == []


@pytest.mark.parametrize(
    ("what", "text"),
    [
        ("a registry's host name", b"see https://pypi.org/project/ray"),
        ("an index address", b"pip install --index-url https://host/simple"),
        ("a path of one machine", b'open("/root/data.csv")'),
        ("a path of one machine", b"cd /work/main"),
    ],
)
def test_it_would_be_noticed(what: str, text: bytes) -> None:
    assert re.search(FORBIDDEN[what], text)


@pytest.mark.parametrize("text", [b"a/work/main", b"https://host/root/x", b"$TMP/work/main"])
def test_relative_places_are_allowed(text: bytes) -> None:
    assert not re.search(FORBIDDEN["a path of one machine"], text)


def test_every_file_is_small() -> None:
    big = [path.name for path in files() if path.stat().st_size > BIGGEST_BYTES]
    assert big == []


def test_every_text_ends_with_a_line_break() -> None:
    texts = [path for path in files() if path.suffix in {".py", ".md", ".yaml", ".toml", ".sql"}]
    cut = [path.name for path in texts if (text := path.read_bytes()) and not text.endswith(b"\n")]
    assert cut == []
