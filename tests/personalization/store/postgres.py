"""A PostgreSQL server of the tests' own: a throw-away cluster on 127.0.0.1, stopped by its process id."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

__all__ = ["cluster", "new_database"]

_HOW = "PostgreSQL isn't installed: apt-get install postgresql"


def _program(name: str) -> str | None:
    places = sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    found = next((each / name for each in places if (each / name).is_file()), None)
    return str(found) if found else shutil.which(name)


def _as_nobody() -> dict:
    """The server refuses to run as root: then an unprivileged user runs it."""
    if os.geteuid() != 0:
        return {}
    name = next(each for each in ("postgres", "nobody") if _exists(each))
    entry = pwd.getpwnam(name)
    return {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}


def _exists(name: str) -> bool:
    try:
        return bool(pwd.getpwnam(name))
    except KeyError:
        return False


@contextmanager
def cluster(folder: Path) -> Iterator[str]:
    """The address of a server without a database name; skips where PostgreSQL isn't installed."""
    initdb, server = _program("initdb"), _program("postgres")
    if initdb is None or server is None:
        pytest.skip(_HOW)
    who = _as_nobody()
    data = folder / "data"
    data.mkdir(parents=True)
    if who:
        for each in (data, *data.parents):  # down to the data, others may pass
            if each == Path("/tmp") or each == Path("/"):
                break
            each.chmod(each.stat().st_mode | 0o055)
        os.chown(data, who["user"], who["group"])
    data.chmod(0o700)
    about = {"cwd": "/", "env": {"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8"}, **who}
    made = subprocess.run(
        [initdb, "-D", str(data), "-U", "candide", "--auth=trust", "-E", "UTF8", "--no-sync"],
        capture_output=True,
        text=True,
        **about,
    )
    if made.returncode:
        pytest.skip(f"initdb failed: {made.stderr.strip().splitlines()[-1]}")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    settings = {"listen_addresses": "127.0.0.1", "port": port, "unix_socket_directories": "", "fsync": "off"}
    options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
    with (folder / "log").open("wb") as log:
        running = subprocess.Popen([server, "-D", str(data), *options], stdout=log, stderr=log, **about)
    try:
        _wait(port, running, folder / "log")
        yield f"postgresql+psycopg://candide@127.0.0.1:{port}"
    finally:
        running.terminate()
        try:
            running.wait(10)
        except subprocess.TimeoutExpired:
            running.kill()
            running.wait(10)


def _wait(port: int, running: subprocess.Popen, log: Path) -> None:
    import time

    import psycopg

    for _ in range(200):
        if running.poll() is not None:
            pytest.skip(f"the server ended: {log.read_text(errors='replace').strip().splitlines()[-1:]}")
        try:
            psycopg.connect(f"postgresql://candide@127.0.0.1:{port}/postgres", connect_timeout=1).close()
            return
        except psycopg.OperationalError:
            time.sleep(0.1)
    pytest.skip("the server didn't answer in 20 s")


def new_database(server: str, name: str) -> str:
    """The address of a fresh database."""
    import psycopg

    with psycopg.connect(f"{server.replace('+psycopg', '')}/postgres", autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')
    return f"{server}/{name}"
