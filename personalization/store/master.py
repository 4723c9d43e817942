"""The master key, outside the database: it wraps the data keys and seals nothing else.

`Master` is the whole of what the key store asks for, so that a hardware module or a key service can stand in: two
methods. Here are a file only its owner can read, the environment, and the operating system's keyring.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import stat
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from personalization.store.errors import ExtraMissing, MasterKeyMissing, MasterKeyWrong, StoreError
from personalization.store.sealing import KEY_BYTES, NONCE_BYTES, new_key

__all__ = ["EnvironmentMaster", "FileMaster", "KeyringMaster", "Master", "Replaceable", "master_from"]

ENVIRONMENT = "CANDIDE_MASTER_KEY"


class Master(Protocol):
    """Wraps data keys. `about` is bound to the wrapped key: it only unwraps with the same."""

    def wrap(self, key: bytes, about: bytes) -> bytes: ...

    def unwrap(self, wrapped: bytes, about: bytes) -> bytes:
        """Raises:
        MasterKeyWrong: it wasn't wrapped under this master key.
        """
        ...


@runtime_checkable
class Replaceable(Protocol):
    """A master that can make its own successor. Between the two calls, old and new both unwrap."""

    def begin(self) -> None:
        """A new master key wraps from now on."""

    def retire(self) -> None:
        """The older ones are destroyed."""


class _Ring:
    """Master keys at hand, the one that wraps first; each is named by the first bytes of its hash."""

    where = "the master key"

    def _keys(self) -> Sequence[bytes]:
        """(n, 32) bytes, as they stand now."""
        raise NotImplementedError

    def wrap(self, key: bytes, about: bytes) -> bytes:
        master, nonce = self._keys()[0], os.urandom(NONCE_BYTES)
        return _name(master) + nonce + AESGCM(master).encrypt(nonce, key, about)

    def unwrap(self, wrapped: bytes, about: bytes) -> bytes:
        name, nonce, body = wrapped[:8], wrapped[8 : 8 + NONCE_BYTES], wrapped[8 + NONCE_BYTES :]
        for master in self._keys():
            if _name(master) == name:
                try:
                    return AESGCM(master).decrypt(nonce, body, about)
                except (InvalidTag, ValueError) as changed:
                    raise MasterKeyWrong(
                        "a wrapped data key was changed: put back the last copy of the keys"
                    ) from changed
        raise MasterKeyWrong(f"{self.where} isn't the one this shop's keys are wrapped under: give the right one")


def _name(master: bytes) -> bytes:
    return hashlib.sha256(b"candide master key\0" + master).digest()[:8]


def _decoded(text: str, where: str) -> bytes:
    try:
        key = base64.b64decode(text.strip(), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        raise MasterKeyWrong(f"{where} doesn't hold a master key: {KEY_BYTES} bytes in base64 are expected")
    return key


class FileMaster(_Ring):
    """A file of mode 0600: one key a line, base64, the one that wraps first."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.where = f"the master key in {path}"
        self._seen: tuple[int, ...] | None = None
        self._read: list[bytes] = []

    @classmethod
    def create(cls, path: Path) -> FileMaster:
        """Raises:
        StoreError: there is a file already; a master key is never overwritten.
        """
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        try:
            _written(path, [new_key()], os.O_EXCL)
        except FileExistsError as there:
            raise StoreError(f"{path} exists already: a master key is never overwritten, name another file") from there
        return cls(path)

    def _keys(self) -> Sequence[bytes]:
        try:
            state = self.path.stat()
        except FileNotFoundError as gone:
            raise MasterKeyMissing(
                f"no master key in {self.path}: put it back from its safe copy; "
                "without it nobody can read the customers"
            ) from gone
        if os.name == "posix" and stat.S_IMODE(state.st_mode) & 0o077:
            raise MasterKeyWrong(f"others can read {self.path}: run chmod 600 {self.path}")
        seen = (state.st_ino, state.st_mtime_ns, state.st_size)
        if seen != self._seen:  # another process may have begun or ended a rotation
            lines = self.path.read_text(encoding="ascii", errors="replace").splitlines()
            self._read = [_decoded(line, str(self.path)) for line in lines if line.strip()]
            if not self._read:
                raise MasterKeyWrong(f"{self.path} is empty: put the master key back from its safe copy")
            self._seen = seen
        return self._read

    def begin(self) -> None:
        self._replace([new_key(), *self._keys()])

    def retire(self) -> None:
        self._replace([self._keys()[0]])

    def _replace(self, keys: list[bytes]) -> None:
        """At once or not at all; the old file's bytes are overwritten (which an SSD may not honour)."""
        beside = self.path.with_name(f"{self.path.name}.new")
        beside.unlink(missing_ok=True)
        _written(beside, keys, os.O_EXCL)
        with self.path.open("r+b") as old:
            os.replace(beside, self.path)
            _sync_folder(self.path.parent)
            old.write(b"\0" * os.fstat(old.fileno()).st_size)
            old.flush()
            os.fsync(old.fileno())


def _written(path: Path, keys: list[bytes], flags: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | flags, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(b"".join(base64.b64encode(key) + b"\n" for key in keys))
        file.flush()
        os.fsync(file.fileno())


def _sync_folder(folder: Path) -> None:
    if os.name == "posix":
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


class EnvironmentMaster(_Ring):
    """A variable: base64 keys, commas between, the one that wraps first. To rotate, put a new one before the old."""

    def __init__(self, variable: str = ENVIRONMENT) -> None:
        self.variable = variable
        self.where = f"the master key in ${variable}"

    def _keys(self) -> Sequence[bytes]:
        held = os.environ.get(self.variable, "")
        if not held.strip():
            raise MasterKeyMissing(f"${self.variable} is empty: put the master key there, 32 bytes in base64")
        return [_decoded(each, f"${self.variable}") for each in held.split(",")]


class KeyringMaster(_Ring):
    """The operating system's keyring (package `keyring`), under the service "candide"."""

    def __init__(self, name: str = "master") -> None:
        try:
            import keyring
        except ImportError as missing:
            raise ExtraMissing("keyring", "keyring") from missing
        self._keyring, self._entry = keyring, name
        self.where = f"the master key {name!r} in the keyring"

    @classmethod
    def create(cls, name: str = "master") -> KeyringMaster:
        made = cls(name)
        if made._keyring.get_password("candide", name):
            raise StoreError(f"the keyring holds a master key {name!r} already: name another")
        made._set([new_key()])
        return made

    def _keys(self) -> Sequence[bytes]:
        held = self._keyring.get_password("candide", self._entry)
        if not held:
            raise MasterKeyMissing(f"the keyring holds no master key {self._entry!r}: unlock it, or put the key back")
        return [_decoded(each, self.where) for each in held.split(",")]

    def begin(self) -> None:
        self._set([new_key(), *self._keys()])

    def retire(self) -> None:
        self._set([self._keys()[0]])

    def _set(self, keys: list[bytes]) -> None:
        joined = ",".join(base64.b64encode(key).decode() for key in keys)
        self._keyring.set_password("candide", self._entry, joined)


def master_from(named: str | None, default: Path, create: bool = False) -> Master:
    """The master key a command line or a configuration names.

    Args:
        named: a file, "env:VARIABLE" or "keyring:NAME"; None takes $CANDIDE_MASTER_KEY where it is set, else `default`.
        create: make it where it isn't there yet (never in the environment).
    """
    if named is None and os.environ.get(ENVIRONMENT):
        return EnvironmentMaster()
    kind, _, rest = (named or "").partition(":")
    if kind == "env":
        return EnvironmentMaster(rest or ENVIRONMENT)
    if kind == "keyring":
        return KeyringMaster.create(rest or "master") if create else KeyringMaster(rest or "master")
    path = Path(named).expanduser() if named else default
    return FileMaster.create(path) if create and not path.exists() else FileMaster(path)
