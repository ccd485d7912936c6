"""How a camera's source is written: its kind, its secrets, and what of it may be shown."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import parse_qsl, quote

from lfr_batch.errors import ConfigError

SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://")
DEVICE_PREFIX = "v4l2:"
VARIABLE = re.compile(r"\$\{([^}]*)\}")
DEVICE_OPTIONS = {"size": "video_size", "fps": "framerate", "format": "input_format"}
"""What may follow a device, ``v4l2:/dev/video0?size=1280x720&fps=25&format=mjpeg``, for FFmpeg."""


def kind_of(source: str) -> str:
    """``rtsp``, ``http``, ... as the source begins; ``v4l2`` for a device, ``file`` for a path."""
    if source.startswith(DEVICE_PREFIX):
        return "v4l2"
    scheme = SCHEME.match(source)
    return scheme[1].lower() if scheme else "file"


def filled(source: str, environment: Mapping[str, str]) -> str:
    """``${NAME}`` replaced by that environment variable; in front of the host percent-encoded.

    Raises ConfigError, which names the variable, where it is not set.
    """
    credentials_end = _authority(source).find("@") + source.find("://") + len("://")

    def value(match: re.Match[str]) -> str:
        name = match[1]
        if name not in environment:
            raise ConfigError(
                f"a camera's source needs the environment variable {name}, which is not set: "
                "set it before you start"
            )
        inside = match.start() < credentials_end
        return quote(environment[name], safe="") if inside else environment[name]

    return VARIABLE.sub(value, source)


def redacted(source: str) -> str:
    """What messages may show: a URL's scheme and host, since any other part can hold a password.

    Where it is not certain which part is the host, the scheme alone. Paths and devices as they are.
    """
    scheme = SCHEME.match(source)
    if scheme is None or scheme[1].lower() == "file":
        return source
    authority = _authority(source)
    rest = source[scheme.end() + len(authority) :]
    host = "" if "@" in rest else authority.rpartition("@")[2]
    return f"{scheme[0].lower()}{host}/…" if host else f"{scheme[0].lower()}…"


def device_of(source: str) -> tuple[str, dict[str, str]]:
    """The device file of a ``v4l2:`` source, and FFmpeg's options for it. Raises ConfigError."""
    name, _, query = source.removeprefix(DEVICE_PREFIX).partition("?")
    asked = dict(parse_qsl(query, keep_blank_values=True))
    unknown = sorted(set(asked) - set(DEVICE_OPTIONS))
    if unknown or not name:
        raise ConfigError(
            f"{source} is no video device: write v4l2:/dev/video0, or with settings "
            "v4l2:/dev/video0?size=1280x720&fps=25&format=mjpeg"
        )
    options = {DEVICE_OPTIONS[key]: value for key, value in asked.items()}
    return (f"/dev/video{name}" if name.isdecimal() else name), options


def _authority(url: str) -> str:
    """``user:password@host:port`` of a URL; empty where there is none."""
    return re.split(r"[/?#\\]", url.partition("://")[2], maxsplit=1)[0]
