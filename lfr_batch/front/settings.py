"""What is set differently from the defaults, and where models, galleries and results live."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lfr_batch.config.load import NOTHING, load_config, override
from lfr_batch.config.schema import Config, S3Config
from lfr_batch.front.places import home, home_place, results_root
from lfr_batch.homes.at_hand import Home


@dataclass(frozen=True, slots=True)
class Settings:
    """How things are done, and where. Nothing is read or made before it is used.

    What decides goes last: ``file``, then ``overrides``, then ``changes``.
    """

    file: str | Path | None = None
    """YAML; conf/default.yaml lists every key."""
    changes: Mapping[str, object] = field(default_factory=lambda: NOTHING)
    """``section.key`` to value, as ``{"engine.kind": "in_process"}``; None leaves it alone."""
    home: str | Path | None = None
    """Of model packs and galleries: a folder or s3://bucket/prefix. None is LFR_HOME, else lfr-data
    in this directory."""
    results: str | Path | None = None
    """Results root: a directory or s3://bucket/prefix. None is the file's ``job.out``, else
    LFR_RESULTS, else ``results`` in the home."""
    overrides: tuple[str, ...] = ()
    """``section.key=value``, values as YAML has them: what ``--set`` takes."""

    def config(self, unless_said: Mapping[str, Any] = NOTHING) -> Config:
        """All settings. ``unless_said``: ``section.key`` to the value that holds where neither
        file nor overrides say any.

        Raises ConfigError naming the file or override, the key and what is allowed.
        """
        return override(self.without_changes(unless_said), self.changes)

    def without_changes(self, unless_said: Mapping[str, Any] = NOTHING) -> Config:
        """What file and overrides say."""
        path = Path(self.file) if self.file is not None else None
        return load_config(path, self.overrides, unless_said)

    @property
    def home_place(self) -> Home:
        """A folder, or s3://bucket/prefix. Raises UsageError for anything else."""
        return home_place(self.home, "home") if self.home else home()

    def results_root(self, config: Config) -> str:
        """A path from the root of this machine, or a URI. ``config`` is that of these settings."""
        given = str(self.results) if self.results else None
        return results_root(given, config.job.out, self.home_place)

    def results_place(self) -> tuple[str, S3Config]:
        """The results root, and how to reach it. Raises ConfigError."""
        config = self.config()
        return self.results_root(config), config.s3

    def home_and_s3(self) -> tuple[Home, S3Config]:
        """The home, and how to reach it where it is a bucket. Raises ConfigError, UsageError."""
        return self.home_place, self.config().s3

    def chosen(self, key: str) -> bool:
        """Whether ``changes`` say what the setting is."""
        return self.changes.get(key) is not None
