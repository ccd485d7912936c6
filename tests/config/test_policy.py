"""The rules of the house: which period a case has, and what is refused."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from lfr_batch.config.load import load_policy, parse_policy
from lfr_batch.config.policy import (
    Policy,
    RetentionPolicy,
    period_in_words,
    period_of,
    rule_of,
)
from lfr_batch.errors import ConfigError

CONF = Path(__file__).parents[2] / "conf"


def test_the_template_is_the_defaults_and_shows_every_key() -> None:
    assert load_policy(CONF / "policy.yaml") == Policy()
    shown = yaml.safe_load((CONF / "policy.yaml").read_text())
    assert shown == Policy().model_dump(mode="json")


POLICY = RetentionPolicy(
    default="52w", cases={"OP-*": "90d", "OP-1": "12h", "OP-2*": "1d", "COLD-*": None}
)


@pytest.mark.parametrize(
    ("case_ref", "period", "rule"),
    [
        ("OP-1", timedelta(hours=12), "retention.cases.OP-1: 12h"),
        ("OP-22", timedelta(days=90), "retention.cases.OP-*: 90d"),
        ("COLD-7", None, "retention.cases.COLD-*: null"),
        ("op-1", timedelta(weeks=52), "retention.default: 52w"),
    ],
)
def test_the_rule_of_a_case(case_ref: str, period: timedelta | None, rule: str) -> None:
    assert rule_of(POLICY, case_ref) == (rule, period)
    assert rule_of(RetentionPolicy(), case_ref) == ("retention.default: null", None)


@pytest.mark.parametrize("text", ["", "0d", "90", "1y", "d", "-1d", "1.5d", "999999w"])
def test_what_is_no_period(text: str) -> None:
    with pytest.raises(ValueError, match=r"no period|a century"):
        period_of(text)


@pytest.mark.parametrize(
    ("text", "words"), [("1d", "1 day"), ("12h", "12 hours"), ("1w", "1 week"), ("11d", "11 days")]
)
def test_a_period_in_words(text: str, words: str) -> None:
    assert period_in_words(text) == words


def test_by_default_a_watchlist_is_looked_through_and_not_refused() -> None:
    rules = parse_policy("watchlist: {refuse: [old, not_reviewed]}", "policy.yaml").watchlist
    assert rules.refuse == ("old", "not_reviewed")
    assert (rules.max_age, rules.reviewed_within, rules.categories) == ("52w", "7d", None)
    assert Policy().watchlist.refuse == ()


NESTED = "[" * 30 + "]" * 30


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("version: 2", "version"),
        ("retention: {defaults: 90d}", "did you mean 'retention.default'"),
        ("retention: {cases: {OP-1: 90}}", "retention.cases.OP-1"),
        ("retention: {cases: {OP-1: 90 days}}", "write 12h, 90d or 6w"),
        ("retention: {default: &p 90d, cases: {OP-1: *p}}", r"aliases \(\*name\) are not taken"),
        (f"retention: {NESTED}", "nested deeper than 20"),
        (f"# {'x' * (1 << 20)}", "larger than 1 MiB"),
        ("watchlist: {refuses: [old]}", "did you mean 'watchlist.refuse'"),
        ("watchlist: {refuse: [ancient]}", "watchlist.refuse.0"),
        ("watchlist: {required: [name]}", "watchlist.required.0"),
        ("watchlist: {max_age: 90}", "watchlist.max_age"),
        ("- 1", "must hold sections"),
    ],
)
def test_what_is_not_a_policy_is_named(text: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        parse_policy(text, "policy.yaml")
