"""Serve an H.264 clip over RTSP, each client from its beginning and at its own pace.

Run as a process of its own with the system's Python, which has GStreamer's bindings::

    python3 rtsp_server.py clip.mp4 [--port N] [--user NAME --password SECRET]

Prints the port once it listens. Exit code 3: the bindings or plugins are not installed.
"""

from __future__ import annotations

import argparse
import sys
from importlib import import_module
from typing import Any, NoReturn

NOT_INSTALLED = 3
ELEMENTS = ("filesrc", "qtdemux", "h264parse", "rtph264pay", "rtpbin")
PIPELINE = '( filesrc location="{clip}" ! qtdemux ! h264parse ! rtph264pay name=pay0 pt=96 )'


def bindings() -> tuple[Any, Any]:
    try:
        gi = import_module("gi")
        gi.require_version("Gst", "1.0")
        gi.require_version("GstRtspServer", "1.0")
        glib, gst, rtsp = (
            import_module(f"gi.repository.{name}") for name in ("GLib", "Gst", "GstRtspServer")
        )
    except (ImportError, ValueError) as error:
        leave(str(error))
    gst.init(None)
    missing = [name for name in ELEMENTS if gst.ElementFactory.find(name) is None]
    if missing:
        leave(f"GStreamer has no {', '.join(missing)}")
    return glib, rtsp


def leave(reason: str) -> NoReturn:
    print(reason, file=sys.stderr)
    sys.exit(NOT_INSTALLED)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("clip")
    parser.add_argument("--port", default="0")
    parser.add_argument("--user")
    parser.add_argument("--password")
    given = parser.parse_args()
    glib, rtsp = bindings()
    server, factory = rtsp.RTSPServer(), rtsp.RTSPMediaFactory()
    server.set_address("127.0.0.1")
    server.set_service(given.port)
    factory.set_launch(PIPELINE.format(clip=given.clip))
    if given.user:
        protect(rtsp, server, factory, given.user, given.password)
    server.get_mount_points().add_factory("/street", factory)
    if not server.attach(None):
        sys.exit(f"port {given.port} is taken")
    print(server.get_bound_port(), flush=True)
    glib.MainLoop().run()


def protect(rtsp: Any, server: Any, factory: Any, user: str, password: str) -> None:
    """Only this user may look or play."""
    role = rtsp.RTSPToken()
    role.set_string("media.factory.role", "viewer")
    auth = rtsp.RTSPAuth()
    auth.add_basic(rtsp.RTSPAuth.make_basic(user, password), role)
    server.set_auth(auth)
    rights = rtsp.RTSPPermissions()
    rights.add_permission_for_role("viewer", "media.factory.access", True)
    rights.add_permission_for_role("viewer", "media.factory.construct", True)
    factory.set_permissions(rights)


if __name__ == "__main__":
    main()
