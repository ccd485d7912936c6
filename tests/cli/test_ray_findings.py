from __future__ import annotations

import os
import pwd
from pathlib import Path
from tempfile import gettempdir

import pytest

from lfr_batch.cli import findings_ray
from lfr_batch.cli.findings_ray import (
    Node,
    base_finding,
    nodes_finding,
    running_nodes,
    usual_folder_finding,
)

ME = pwd.getpwuid(os.geteuid()).pw_name


def folder_with(mode: int, path: Path) -> Path:
    path.mkdir()
    path.chmod(mode)
    return path


@pytest.fixture(autouse=True)
def parents_are_public(tmp_path: Path) -> None:
    """pytest's own folders are closed to others, and are more where tests run side by side."""
    places = (tmp_path, *tmp_path.parents)
    for place in places[: places.index(Path(gettempdir()))]:
        place.chmod(0o755)


def test_ray_is_to_have_a_folder_nobody_else_can_replace(tmp_path: Path) -> None:
    assert base_finding(Path("/tmp")).state == "ok"
    finding = base_finding(folder_with(0o777, tmp_path / "b"))
    assert finding.state == "problem"
    assert "RAY_TMPDIR" in finding.remedy


@pytest.mark.parametrize(
    ("mode", "state"), [(None, "ok"), (0o700, "ok"), (0o755, "ok"), (0o777, "warning")]
)
def test_an_open_usual_folder_is_named(mode: int | None, state: str, tmp_path: Path) -> None:
    folder = tmp_path / "ray"
    if mode is not None:
        folder_with(mode, folder)
    finding = usual_folder_finding({folder, tmp_path / "gone"})
    assert finding.state == state
    assert (str(folder) in finding.text) is (state == "warning")


def test_a_link_in_its_place_is_named(tmp_path: Path) -> None:
    (tmp_path / "ray").symlink_to(folder_with(0o700, tmp_path / "elsewhere"))
    assert usual_folder_finding({tmp_path / "ray"}).state == "warning"


def test_nodes_are_known_by_their_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(findings_ray, "PROCESSES", tmp_path)
    for number, comm, command in (
        (71, "raylet", "raylet\0--node_ip_address=192.0.2.7\0--temp_dir=/srv/ray\0--head"),
        (72, "python", "python\0--temp_dir=/srv/else"),
        (73, "raylet", ""),
    ):
        folder_with(0o755, tmp_path / str(number))
        (tmp_path / str(number) / "comm").write_text(f"{comm}\n")
        (tmp_path / str(number) / "cmdline").write_text(command)
    assert running_nodes() == [
        Node(71, ME, "192.0.2.7", Path("/srv/ray")),
        Node(73, ME, "?", Path("/tmp/ray")),
    ]


def test_a_node_in_an_open_folder_is_named(tmp_path: Path) -> None:
    closed = Node(71, "alice", "127.0.0.1", folder_with(0o700, tmp_path / "closed") / "r")
    closed.folder.mkdir()
    closed.folder.chmod(0o777)
    assert nodes_finding([]).text == "none runs"
    finding = nodes_finding([closed])
    assert (finding.state, "closed to other users" in finding.text) == ("ok", True)
    open_ = Node(72, "bob", "192.0.2.7", folder_with(0o777, tmp_path / "open"))
    finding = nodes_finding([closed, open_])
    assert finding.state == "warning"
    assert f"process 72 of bob at 192.0.2.7, its folder {open_.folder} can be" in finding.text
