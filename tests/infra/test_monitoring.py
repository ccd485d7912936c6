"""Dashboards and alerts: PromQL that can be read, about counts that there are."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import promql_parser
import pytest
import yaml

from lfr_batch.engine.metrics import GAUGES, NAMES

MONITORING = Path(__file__).parents[2] / "infra" / "monitoring"


def expressions() -> Iterator[str]:
    for path in (MONITORING / "grafana" / "dashboards").glob("*.json"):
        for panel in json.loads(path.read_text())["panels"]:
            yield from (target["expr"] for target in panel["targets"])
    yield from (rule["expr"] for rule in rules())


def rules() -> list[dict[str, str]]:
    [group] = yaml.safe_load((MONITORING / "alerts.yml").read_text())["groups"]
    found: list[dict[str, str]] = group["rules"]
    return found


@pytest.mark.parametrize("expression", sorted(set(expressions())))
def test_every_expression_can_be_read_and_asks_for_counts_that_there_are(expression: str) -> None:
    promql_parser.parse(expression.replace("$__rate_interval", "1m"))
    asked = set(re.findall(r"\bray_(lfr_\w+)", expression))
    assert asked <= {name if name in GAUGES else f"{name}_total" for name in NAMES}


def test_every_count_is_shown_somewhere() -> None:
    shown = set(re.findall(r"\bray_(lfr_\w+)", " ".join(expressions())))
    assert {name.removesuffix("_total") for name in shown} == set(NAMES) - {"lfr_frames"}


def test_every_alert_says_what_to_look_at() -> None:
    for rule in rules():
        assert set(rule) >= {"alert", "expr", "labels", "annotations"}
        assert rule["annotations"]["summary"]  # type: ignore[index]
