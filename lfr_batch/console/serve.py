"""Serving the console from a thread of this process, as long as the deployment runs."""

from __future__ import annotations

import asyncio
import errno
import ipaddress
import socket
import ssl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread

import uvicorn
from fastapi import FastAPI

from lfr_batch.config.live import ConsoleConfig
from lfr_batch.console.door import Door
from lfr_batch.console.guard import Guard
from lfr_batch.console.hosts import names_in
from lfr_batch.errors import ConfigError, LiveError

START_S = 20.0
STOP_S = 2
"""So long an answer that is being given may still take when the console ends."""
GOODBYE_S = 0.3
"""So long a browser may take to hear that it is over; most do not close the connection then."""
TAKEN = "is taken by another program; set console.port to another, or to 0 for any free one"


@contextmanager
def serve(app: FastAPI, config: ConsoleConfig) -> Iterator[str]:
    """Gives the console's address, which answers by then. ``app.state.ending`` is called when it
    ends: with it open event streams do.

    Raises ConfigError where the address cannot be had, or is not of this machine alone and there
    is no certificate; LiveError if the server does not come up.
    """
    _check_sealed(config)
    server = uvicorn.Server(_uvicorn_config(app, config))
    with _bound(config) as listener:
        work = _run(server, listener)
        thread = Thread(target=asyncio.run, args=(work,), name="console", daemon=True)
        thread.start()
        try:
            _await_start(server, thread)
            yield _url(config, listener)
        finally:
            app.state.ending()
            server.should_exit = True
            thread.join(timeout=STOP_S + 5.0)


def require_address(config: ConsoleConfig) -> None:
    """That ``serve`` could have the address at this moment, and its certificate be used.

    Raises the ConfigError it would.
    """
    _check_sealed(config)
    _bound(config).close()
    _uvicorn_config(FastAPI(), config)


async def _run(server: uvicorn.Server, listener: socket.socket) -> None:
    attending = asyncio.create_task(Door(server).attend(listener))
    ending = asyncio.create_task(_let_go(server, attending))
    await server.serve(sockets=[])
    ending.cancel()
    _abort(server)
    await asyncio.sleep(0.01)


async def _let_go(server: uvicorn.Server, attending: asyncio.Task[None]) -> None:
    """Once all answers are given, the server need not wait for browsers that say no goodbye."""
    while not server.should_exit:
        await asyncio.sleep(0.05)
    attending.cancel()
    while server.server_state.tasks:
        await asyncio.sleep(0.05)
    await asyncio.sleep(GOODBYE_S)
    _abort(server)


def _abort(server: uvicorn.Server) -> None:
    for connection in list(server.server_state.connections):
        connection.transport.abort()


def _check_sealed(config: ConsoleConfig) -> None:
    """Faces and tokens must not cross a network in the clear."""
    if config.certificate is None and not _is_this_machine(config.host):
        raise ConfigError(
            f"console.host {config.host} would send faces over the network unencrypted; set "
            "console.certificate and console.key, or keep 127.0.0.1"
        )


def _is_this_machine(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _bound(config: ConsoleConfig) -> socket.socket:
    where = f"{config.host} port {config.port}"
    try:
        family = socket.getaddrinfo(config.host, config.port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((config.host, config.port), family=family, backlog=128)
    except OSError as error:
        reason = TAKEN if error.errno == errno.EADDRINUSE else _why(error)
        raise ConfigError(f"The console's address {where} {reason}.") from error


def _why(error: OSError) -> str:
    reason = error.strerror or str(error)
    return f"cannot be had ({reason}); set console.host and console.port to others"


def _uvicorn_config(app: FastAPI, config: ConsoleConfig) -> uvicorn.Config:
    made = uvicorn.Config(
        Guard(app, _names(config)),
        http="h11",
        ws="none",
        loop="asyncio",
        lifespan="on",
        log_config=None,
        access_log=False,
        proxy_headers=False,
        server_header=False,
        timeout_graceful_shutdown=STOP_S,
        ssl_certfile=config.certificate,
        ssl_keyfile=config.key,
    )
    try:
        made.load()
    except (OSError, ssl.SSLError) as error:
        raise _unusable(config, error) from error
    return made


def _names(config: ConsoleConfig) -> frozenset[str]:
    """By which the console may be asked for, beside the addresses at which it is reached."""
    stated = {name.lower() for name in (config.host, *config.names)}
    if config.certificate is None:
        return frozenset(stated)
    try:
        return names_in(Path(config.certificate).read_bytes()) | stated
    except (OSError, ValueError) as error:
        raise _unusable(config, error) from error


def _unusable(config: ConsoleConfig, error: Exception) -> ConfigError:
    return ConfigError(
        f"console.certificate {config.certificate} and console.key {config.key} cannot be "
        f"used ({error}); name two PEM files that belong together"
    )


def _await_start(server: uvicorn.Server, thread: Thread) -> None:
    until_s = time.monotonic() + START_S
    while not server.started:
        if not thread.is_alive() or time.monotonic() > until_s:
            raise LiveError("the console's server did not start; run with LFR_LOG=INFO to see why")
        time.sleep(0.01)


def _url(config: ConsoleConfig, listener: socket.socket) -> str:
    scheme = "https" if config.certificate else "http"
    host = f"[{config.host}]" if ":" in config.host else config.host
    return f"{scheme}://{host}:{listener.getsockname()[1]}"
