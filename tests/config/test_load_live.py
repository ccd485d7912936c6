from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from lfr_batch.config.live import LiveConfig
from lfr_batch.config.load import config_hash, dump_config, load_live, override, parse_live
from lfr_batch.errors import ConfigError
from tests.config.test_load import leaves

EXAMPLE = Path(__file__).resolve().parents[2] / "conf" / "live.yaml"


@pytest.fixture(scope="module")
def example() -> LiveConfig:
    return load_live(EXAMPLE)


def defaults(config: LiveConfig) -> LiveConfig:
    """Of the same deployment, where nothing else is stated."""
    sections = ("deployment", "watchlist", "cameras", "alerts")
    return LiveConfig(**{name: getattr(config, name) for name in sections})


def test_the_example_is_the_schema_s_defaults_where_there_are_any(example: LiveConfig) -> None:
    assert example == defaults(example)


def test_the_example_shows_every_key_in_the_schema_s_order(example: LiveConfig) -> None:
    shown, known = yaml.safe_load(EXAMPLE.read_text()), dump_config(example)
    assert leaves(shown) == leaves(known)
    for given, parsed in zip(shown["cameras"], known["cameras"], strict=True):
        assert list(given) == list(parsed)


def test_every_key_of_the_example_that_says_little_by_itself_is_explained() -> None:
    speaking = ("place:", "purpose:", "source:", "pack:")
    lines = [line.strip() for line in EXAMPLE.read_text().splitlines()]
    settings = [line for line in lines if line and not line.startswith("#")]
    bare = [line for line in settings if "  # " not in line and not line.endswith(":")]
    assert [line for line in bare if not line.startswith((*speaking, "- name: south"))] == []


def test_what_is_dumped_can_be_parsed(example: LiveConfig) -> None:
    assert parse_live(dump_config(example), "a run") == example


@pytest.mark.parametrize(
    ("section", "said"),
    [
        ("decide", {"top_k": 3}),
        ("detect", {"min_score": 0.6}),
        ("detect", {"face_px": None}),
        ("track", {"min_frames": 3}),
        ("quality", {"max_yaw": 0.8}),
    ],
)
def test_what_a_section_does_not_say_keeps_live_mode_s_default(
    example: LiveConfig, section: str, said: dict[str, Any]
) -> None:
    content = {**dump_config(example), section: said}
    parsed = dump_config(parse_live(content, "a file"))[section]
    stated = {key: value for key, value in said.items() if value is not None}
    assert parsed == {**dump_config(defaults(example))[section], **stated}


def written(tmp_path: Path, old: str, new: str) -> Path:
    text = EXAMPLE.read_text()
    assert old in text
    path = tmp_path / "live.yaml"
    path.write_text(text.replace(old, new, 1))
    return path


@pytest.mark.parametrize(
    ("old", "new", "says"),
    [
        ("  authority: LFR/12/2026", "  #", "deployment.authority is not stated; conf/live.yaml"),
        ("  case: OP-1", "  case: ''", "deployment.case is '', but"),
        ("cameras:", "cameras: []\nx:", "cameras is [], but"),
        ("loop: false", "lop: false", "did you mean 'cameras.0.loop'?"),
        ("url: https", "uri: https", "no setting 'alerts.webhook.uri'; did you mean"),
        ("name: south", "name: north", ": two cameras have the same name."),
        ("16:00:00+00:00", "09:00:00+00:00", "deployment: ends_at must be later than starts_at."),
        ("16:00:00+00:00", "16:00:00", "deployment.ends_at is '2026-03-12T16:00:00', but should"),
        ("2026-03-12T16:00:00+00:00", "2026-03-12", "deployment.ends_at is '2026-03-12', but"),
        ("profile: standard", "profile: week", "retention.profile is 'week', but should be"),
        ("pack: open", "- pack", "is not valid YAML"),
    ],
)
def test_what_a_file_may_not_say(old: str, new: str, says: str, tmp_path: Path) -> None:
    path = written(tmp_path, old, new)
    with pytest.raises(ConfigError) as caught:
        load_live(path)
    assert says in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_file_that_holds_something_else_is_shown_the_right_example(tmp_path: Path) -> None:
    path = tmp_path / "list.yaml"
    path.write_text("- a list")
    with pytest.raises(ConfigError, match=r"as conf/live\.yaml does"):
        load_live(path)


def test_overrides_reach_into_the_list_of_cameras() -> None:
    given = ["cameras.1.source=yard.mp4", "cameras.2={name: west, source: w.mp4, loop: true}"]
    config = load_live(EXAMPLE, given)
    assert [camera.name for camera in config.cameras] == ["north", "south", "west"]
    assert config.cameras[1].source == "yard.mp4"
    assert config.cameras[0] == load_live(EXAMPLE).cameras[0]


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ("cameras.7.name=west", "cameras is {'7'"),
        ("cameras.0.nmae=west", "did you mean 'cameras.0.name'?"),
        ("deployment.ends_at=soon", "deployment.ends_at is 'soon'"),
    ],
)
def test_what_an_override_may_not_say(given: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_live(EXAMPLE, [given])
    assert str(caught.value).startswith("the command line: ")
    assert says in str(caught.value)


def test_an_override_may_give_what_the_file_leaves_out(tmp_path: Path) -> None:
    path = written(tmp_path, "  authority: LFR/12/2026", "  #")
    config = load_live(path, ["deployment.authority=LFR/13"])
    assert config.deployment.authority == "LFR/13"
    with pytest.raises(ConfigError, match=r"command line: deployment\.authority is not stated"):
        load_live(path, ["deployment.place=elsewhere"])


def test_a_mistake_in_the_file_is_the_file_s_also_with_overrides(tmp_path: Path) -> None:
    path = written(tmp_path, "profile: standard", "profile: week")
    with pytest.raises(ConfigError) as caught:
        load_live(path, ["deployment.place=elsewhere"])
    assert str(caught.value).startswith(f"{path}: retention.profile")


def test_the_command_s_own_options(example: LiveConfig) -> None:
    config = override(example, {"decide.threshold": 0.5, "pack": None})
    assert (config.decide.threshold, config.pack) == (0.5, example.pack)


@pytest.mark.parametrize(
    ("given", "same"),
    [
        ("deployment.case=OP-2", True),
        ("retention.profile=day", True),
        ("console.port=1", True),
        ("watch.confirm_shots=3", False),
        ("cameras.0.source=else.mp4", False),
    ],
)
def test_what_decides_the_outcome_changes_the_hash(
    example: LiveConfig, given: str, same: bool
) -> None:
    assert (config_hash(load_live(EXAMPLE, [given])) == config_hash(example)) is same
