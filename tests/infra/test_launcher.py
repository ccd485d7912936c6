"""What the file for Ray's cluster launcher promises, and that no YAML here says a thing twice."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

REPOSITORY = Path(__file__).resolve().parents[2]
INFRA = REPOSITORY / "infra"


def launcher() -> dict[str, Any]:
    content: dict[str, Any] = yaml.safe_load((INFRA / "ray-cluster.yaml").read_text())
    return content


@pytest.mark.parametrize("path", sorted(INFRA.rglob("*.yaml")), ids=lambda path: path.name)
def test_no_key_is_there_twice(path: Path) -> None:
    """PyYAML keeps the last of two equal keys; Kubernetes refuses the file."""
    nodes = [node for node in yaml.compose_all(path.read_text()) if node is not None]
    while nodes:
        node = nodes.pop()
        if isinstance(node, yaml.MappingNode):
            keys = [key.value for key, _ in node.value]
            assert len(keys) == len(set(keys)), f"line {node.start_mark.line + 1}: {keys}"
            nodes += [value for _, value in node.value]
        elif isinstance(node, yaml.SequenceNode):
            nodes += node.value


def test_rays_own_schema_accepts_the_launcher_file() -> None:
    from ray.autoscaler._private.util import prepare_config, validate_config

    validate_config(prepare_config(launcher()))


def test_the_launcher_turns_core_dumps_off_before_ray_starts() -> None:
    content = launcher()
    for kind in ("head", "worker"):
        start = content[f"{kind}_start_ray_commands"][-1]
        assert start.index("ulimit -c 0") < start.index("ray start")


def test_the_launcher_keeps_rays_files_where_only_its_user_can_enter() -> None:
    content = launcher()
    for kind in ("head", "worker"):
        start = content[f"{kind}_start_ray_commands"][-1]
        assert start.index("install -d -m 700 ~/.lfr-ray;") < start.index("ray start")
        assert "--temp-dir=$HOME/.lfr-ray/r" in start.split()


def test_both_kinds_of_nodes_have_the_token_before_ray_starts() -> None:
    content = launcher()
    [token] = content["file_mounts"]
    assert content["file_mounts"][token] == "infra/secrets/ray-token"
    for kind in ("head", "worker"):
        start = content[f"{kind}_start_ray_commands"][-1]
        assert start.index(f"chmod 600 {token};") < start.index("ray start")
        place = token.replace("~", "$HOME")
        assert f"RAY_AUTH_MODE=token RAY_AUTH_TOKEN_PATH={place} " in start
