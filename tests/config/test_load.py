from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml

from lfr_batch.config.load import config_hash, dump_config, load_config, parse_config
from lfr_batch.config.schema import Config
from lfr_batch.errors import ConfigError

CONF = Path(__file__).resolve().parents[2] / "conf"
WITHOUT_EFFECT = ("engine.workers=3", "s3.region=eu-west-2", "limits.time_s=9", "job.case=OP-1")
WITH_EFFECT = (
    "pack=other",
    "footage.sample_fps=2.0",
    "footage.motion.enabled=false",
    "footage.time_zone=Europe/London",
    "detect.min_score=0.6",
    "quality.max_yaw=0.5",
    "track.shots=2",
    "decide.threshold=0.4",
    "inference.backend=onnxruntime",
)


def leaves(content: Mapping[str, Any], prefix: str = "") -> list[str]:
    keys: list[str] = []
    for key, value in content.items():
        inner = leaves(value, f"{prefix}{key}.") if isinstance(value, dict) else []
        keys += inner or [prefix + key]
    return keys


def test_the_default_file_is_the_schema_s_defaults() -> None:
    assert load_config(CONF / "default.yaml") == Config()


def test_the_default_file_shows_every_key_in_the_schema_s_order() -> None:
    shown = yaml.safe_load((CONF / "default.yaml").read_text())
    assert leaves(shown) == leaves(dump_config(Config()))


def test_every_key_of_the_default_file_is_explained() -> None:
    settings = [
        line
        for line in (CONF / "default.yaml").read_text().splitlines()
        if line.strip() and not line.startswith("#") and not line.rstrip().endswith(":")
    ]
    assert [line for line in settings if "  # " not in line] == []


@pytest.mark.parametrize("path", sorted(CONF.glob("[!lp]*.yaml")), ids=lambda path: path.name)
def test_every_file_in_conf_but_those_of_live_mode_and_rules_is_a_configuration(path: Path) -> None:
    assert isinstance(load_config(path), Config)


def test_the_job_section_that_scan_yaml_shows_can_be_used() -> None:
    text = (CONF / "scan.yaml").read_text()
    shown = [line.removeprefix("# ") for line in text.splitlines()]
    content = yaml.safe_load("\n".join(shown[shown.index("job:") :]))
    job = parse_config(content, "the comment").job
    assert None not in (job.gallery, job.case, job.authority, job.purpose, job.out)
    assert job.footage


def test_no_file_is_the_defaults() -> None:
    assert load_config(None) == Config()


def test_an_empty_file_is_the_defaults(tmp_path: Path) -> None:
    path = tmp_path / "empty.yaml"
    path.write_text("# nothing but a comment\n")
    assert load_config(path) == Config()


def test_a_section_that_is_left_empty_is_its_defaults(tmp_path: Path) -> None:
    path = tmp_path / "job.yaml"
    path.write_text("job:\n#  case: OP-1\ntrack:\n")
    assert load_config(path) == Config()


@pytest.mark.parametrize(
    ("overrides", "value"),
    [
        (["decide.threshold=0.4"], 0.4),
        (["decide.threshold=0.4", "decide.threshold=null"], None),
        (["decide.threshold=1"], 1.0),
        ([" decide.threshold =0.4"], 0.4),
    ],
)
def test_overrides_win_in_their_order(overrides: list[str], value: float | None) -> None:
    assert load_config(None, overrides).decide.threshold == value


def test_an_override_leaves_the_rest_of_the_file_alone(tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    path.write_text("footage:\n  sample_fps: 2.0\n  motion: {max_skip_s: 9.0}\n")
    config = load_config(path, ["footage.motion.enabled=false", "footage.segment_s=30"])
    assert (config.footage.sample_fps, config.footage.segment_s) == (2.0, 30.0)
    assert (config.footage.motion.max_skip_s, config.footage.motion.enabled) == (9.0, False)


@pytest.mark.parametrize(
    ("text", "overrides", "top_k"),
    [
        ("pack: open\n", [], 10),
        ("decide:\n", ["pack=open"], 10),
        ("decide: {threshold: 0.5}\n", [], 10),
        ("decide: {top_k: 5}\n", [], 5),
        ("decide: {top_k: 5}\n", ["decide.top_k=3"], 3),
    ],
)
def test_a_command_s_own_default_holds_where_nothing_else_is_said(
    text: str, overrides: list[str], top_k: int, tmp_path: Path
) -> None:
    path = tmp_path / "some.yaml"
    path.write_text(text)
    assert load_config(path, overrides, {"decide.top_k": 10}).decide.top_k == top_k


def test_a_command_s_own_default_hides_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "some.yaml"
    path.write_text("decide: 5\n")
    with pytest.raises(ConfigError, match="decide is 5"):
        load_config(path, [], {"decide.top_k": 10})


def test_a_list_in_an_override() -> None:
    config = load_config(None, ["footage.start_time_from=[filename]"])
    assert config.footage.start_time_from == ("filename",)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("footage: {sample_fsp: 5.0}", "there is no setting 'footage.sample_fsp'"),
        ("footage: {sample_fsp: 5.0}", "did you mean 'footage.sample_fps'?"),
        ("detct: {batch: 2}", "did you mean 'detect'?"),
        ("zzzzzz: 1", "conf/default.yaml lists every key"),
        ("footage: {sample_fps: fast}", "footage.sample_fps is 'fast', but should be a valid"),
        ("detect: {batch: 2.5}", "detect.batch is 2.5"),
        ("detect: {batch: '2'}", "detect.batch is '2'"),
        ("detect: {batch: 0}", "detect.batch is 0, but should be greater than or equal to 1"),
        ("decide: {target_fpir: 1.0}", "should be less than 1"),
        ("decide: {threshold: .inf}", "write plain values only"),
        ("inference: {backend: torch}", "'auto', 'openvino' or 'onnxruntime'"),
        ("quality: {min_pitch: .nan}", "write plain values only"),
        (
            "footage: {time_zone: Mars/Base}",
            "footage.time_zone is 'Mars/Base', but should be an IANA",
        ),
        ("footage: {time_zone: Europe}", "footage.time_zone is 'Europe', but should be an IANA"),
        ("footage: {time_zone: ''}", "footage.time_zone is '', but should be an IANA"),
        ("footage: {time_zone: ../etc}", "footage.time_zone is '../etc', but should be an IANA"),
        ("footage: {time_zone: 1}", "footage.time_zone is 1"),
        ("footage: [1, 2]", "footage is [1, 2]"),
        ("footage: {sample_fps: 2026-01-01}", "footage.sample_fps is '2026-01-01'"),
        ("5: {batch: 1}", "there is no setting '5'"),
        ("footage:\n  a: b: c", "line 2 is not valid YAML"),
        ("? [a, b]\n: 1", "is not valid YAML"),
        ("footage: {", "is not valid YAML"),
        ("- a list", "must hold sections with keys"),
        ("footage:\n  sample_fps: 1.0\n  sample_fps: 2.0", "'sample_fps' twice"),
    ],
)
def test_what_a_file_may_not_say(text: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(text)
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    assert says in str(caught.value)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "says"),
    [(None, "No such file"), (b"\xff\xfe\x00", "not text"), (b"a: \x01", "not valid YAML")],
)
def test_a_file_that_cannot_be_read(content: bytes | None, says: str, tmp_path: Path) -> None:
    path = tmp_path / "c.yaml"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ConfigError, match=says) as caught:
        load_config(path)
    assert str(path) in str(caught.value)


def test_a_folder_is_no_configuration(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load_config(tmp_path)


@pytest.mark.parametrize(
    ("override", "says"),
    [
        ("decide.threshold", "write section.key=value"),
        ("=3", "write section.key=value"),
        ("decide.threshold=[", "not valid YAML"),
        ("decide.treshold=0.4", "did you mean 'decide.threshold'?"),
        ("decide.threshold=high", "decide.threshold is 'high'"),
        ("pack.name=open", "pack is"),
        ("decide..threshold=1", "there is no setting"),
    ],
)
def test_what_an_override_may_not_say(override: str, says: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_config(None, [override])
    assert says in str(caught.value)


def test_an_error_in_an_override_names_the_override_not_the_file(tmp_path: Path) -> None:
    path = tmp_path / "fine.yaml"
    path.write_text("detect: {batch: 2}")
    with pytest.raises(ConfigError, match=r"command line: detect\.batch is 0") as caught:
        load_config(path, ["detect.batch=0"])
    assert str(path) not in str(caught.value)


def test_what_is_dumped_can_be_parsed() -> None:
    config = load_config(None, ["footage.start_time_from=[filename]", "decide.threshold=0.4"])
    assert parse_config(dump_config(config), "a run") == config


@pytest.mark.parametrize("override", WITHOUT_EFFECT)
def test_where_and_how_do_not_change_the_hash(override: str) -> None:
    assert config_hash(load_config(None, [override])) == config_hash(Config())


@pytest.mark.parametrize("override", WITH_EFFECT)
def test_what_decides_the_outcome_changes_the_hash(override: str) -> None:
    assert config_hash(load_config(None, [override])) != config_hash(Config())


def test_the_hash_is_short_and_the_same_every_time() -> None:
    assert config_hash(Config()) == config_hash(load_config(CONF / "default.yaml"))
    assert len(config_hash(Config())) == 12
    int(config_hash(Config()), 16)
