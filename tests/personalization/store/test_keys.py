"""The master key and the data keys: rotation under way, killed anywhere, and every way to hold the wrong one."""

from __future__ import annotations

import base64
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from personalization.store.database import open_database
from personalization.store.errors import KeyGone, MasterKeyMissing, MasterKeyWrong, StoreError
from personalization.store.keys import DataKeys
from personalization.store.master import EnvironmentMaster, FileMaster, KeyringMaster, Master, master_from
from personalization.store.migrating import migrate
from personalization.store.sealing import new_key
from personalization.store.shop_store import ShopStore
from tests.personalization.store.conftest import reopened

UIDS = [bytes([n // 256, n % 256]).rjust(16, b"u") for n in range(300)]


def key_store(folder: Path, master: Master) -> DataKeys:
    engine = open_database(f"sqlite:///{folder / 'keys'}")
    migrate(engine, "keys")
    return DataKeys(engine, master, "a shop")


@pytest.fixture
def held(tmp_path):
    """A key store of 300 customers and what is in it."""
    store = key_store(tmp_path, FileMaster.create(tmp_path / "master"))
    store.set_up()
    keys = {uid: new_key() for uid in UIDS}
    store.add(keys)
    yield store, keys
    store.engine.dispose()


def test_rotation_keeps_every_key_and_destroys_the_old_master_key(held, tmp_path):
    store, keys = held
    before = (tmp_path / "master").read_bytes()
    store.wipe()  # so that the file alone is whole
    (tmp_path / "keys-of-yesterday").write_bytes((tmp_path / "keys").read_bytes())
    assert store.rotate() == len(keys) + 3
    assert store.all() == keys
    after = (tmp_path / "master").read_bytes()
    assert after != before and before.strip() not in after and len(after.splitlines()) == 1
    assert (tmp_path / "master").stat().st_mode & 0o777 == 0o600
    old = DataKeys(open_database(f"sqlite:///{tmp_path / 'keys-of-yesterday'}"), store.master, "a shop")
    with pytest.raises(MasterKeyWrong):
        old.key(UIDS[0])


KILLED = """
import os, signal, sys
from pathlib import Path
from personalization.store.database import open_database
from personalization.store.keys import DataKeys
from personalization.store.master import FileMaster

folder, point = Path(sys.argv[1]), sys.argv[2]
die = lambda: os.kill(os.getpid(), signal.SIGKILL)
begin, retire = FileMaster.begin, FileMaster.retire
if point == "new master written":
    FileMaster.begin = lambda self: (begin(self), die())
if point == "before the old is destroyed":
    FileMaster.retire = lambda self: die()
if point == "old destroyed":
    FileMaster.retire = lambda self: (retire(self), die())
if point == "in a batch":
    wrap, count = FileMaster.wrap, []
    def counted(self, key, about):
        count.append(1)
        if len(count) == 150:
            die()
        return wrap(self, key, about)
    FileMaster.wrap = counted
store = DataKeys(open_database(f"sqlite:///{folder / 'keys'}"), FileMaster(folder / "master"), "a shop")
store.rotate(lambda done, total: die() if point == "between batches" and done >= 100 else None, batch=40)
"""


@pytest.mark.parametrize(
    "point",
    ["new master written", "in a batch", "between batches", "before the old is destroyed", "old destroyed"],
)
def test_killed_in_the_middle_of_a_rotation_nothing_is_lost_and_the_next_one_ends_it(held, tmp_path, point):
    _, keys = held
    first = (tmp_path / "master").read_bytes().strip()
    done = subprocess.run([sys.executable, "-c", KILLED, str(tmp_path), point], capture_output=True, text=True)
    assert done.returncode == -signal.SIGKILL, done.stderr
    again = key_store(tmp_path, FileMaster(tmp_path / "master"))
    assert again.all() == keys
    again.add({b"n" * 16: b"k" * 32})
    again.rotate()
    assert again.all() == keys | {b"n" * 16: b"k" * 32}
    lines = (tmp_path / "master").read_bytes().splitlines()
    assert len(lines) == 1 and first not in lines


def test_killed_from_outside_at_any_moment(held, tmp_path):
    """By its process id, as soon as it says that it is at work."""
    _, keys = held
    code = KILLED.replace('die() if point == "between batches" and done >= 100 else None', "print(done, flush=True)")
    running = subprocess.Popen([sys.executable, "-c", code, str(tmp_path), "-"], stdout=subprocess.PIPE)
    assert running.stdout.readline()
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    running.stdout.close()
    again = key_store(tmp_path, FileMaster(tmp_path / "master"))
    assert again.all() == keys
    again.rotate()
    assert again.all() == keys


def test_reading_and_adding_go_on_during_a_rotation(held, tmp_path):
    store, keys = held
    other = key_store(tmp_path, FileMaster(tmp_path / "master"))
    stop, wrong, reads = threading.Event(), [], []

    def work() -> None:
        added = 0
        while not stop.is_set() or not reads:
            uid = UIDS[len(reads) % len(UIDS)]
            try:
                if other.key(uid) != keys[uid]:
                    wrong.append(uid)
                reads.append(uid)
                if added < 20:
                    added += 1
                    other.add({bytes([added]) * 16: new_key()})
            except Exception as error:
                wrong.append(error)
                return

    thread = threading.Thread(target=work)
    thread.start()
    for _ in range(3):
        store.rotate(batch=20)
    stop.set()
    thread.join(60)
    assert not wrong and reads
    assert {uid: key for uid, key in store.all().items() if uid in keys} == keys


def test_a_destroyed_key_is_gone_from_the_file_and_its_log(held, tmp_path):
    import sqlite3

    store, keys = held
    with sqlite3.connect(tmp_path / "keys") as connection:
        wrapped = connection.execute("SELECT wrapped FROM keys WHERE owner = ?", (UIDS[7],)).fetchone()[0]
    files = lambda: b"".join(path.read_bytes() for path in tmp_path.glob("keys*"))  # noqa: E731
    assert wrapped in files()
    assert store.destroy([UIDS[7]])
    assert wrapped not in files() and UIDS[7] not in files()
    with pytest.raises(KeyGone):
        store.key(UIDS[7])
    assert store.key(UIDS[8]) == keys[UIDS[8]]


def test_a_wrapped_key_moved_to_another_customer_does_not_open(held):
    from sqlalchemy import select, update

    from personalization.store.database import write
    from personalization.store.schema import keys as table

    store, _ = held
    with write(store.engine) as connection:
        stolen = connection.scalar(select(table.c.wrapped).where(table.c.owner == UIDS[1]))
        connection.execute(update(table).where(table.c.owner == UIDS[2]).values(wrapped=stolen))
    with pytest.raises(MasterKeyWrong):
        store.key(UIDS[2])


class Module:
    """Two methods, as a hardware module or a key service has them; not a `Replaceable`."""

    def __init__(self) -> None:
        self.versions = [new_key()]

    def wrap(self, key: bytes, about: bytes) -> bytes:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        nonce = os.urandom(12)
        version = len(self.versions) - 1
        return bytes([version]) + nonce + AESGCM(self.versions[version]).encrypt(nonce, key, about)

    def unwrap(self, wrapped: bytes, about: bytes) -> bytes:
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        return AESGCM(self.versions[wrapped[0]]).decrypt(wrapped[1:13], wrapped[13:], about)


def test_a_key_service_of_two_methods_is_enough(tmp_path):
    module = Module()
    store = key_store(tmp_path, module)
    store.set_up()
    store.add({UIDS[0]: b"k" * 32})
    module.versions.append(new_key())
    store.rotate()
    module.versions[0] = new_key()  # the service destroyed the first one
    assert store.key(UIDS[0]) == b"k" * 32


def test_the_environment_holds_a_key_and_its_successor(tmp_path, monkeypatch):
    one, two = (base64.b64encode(new_key()).decode() for _ in range(2))
    monkeypatch.setenv("CANDIDE_MASTER_KEY", one)
    store = key_store(tmp_path, master_from(None, tmp_path / "unused"))
    assert isinstance(store.master, EnvironmentMaster)
    store.set_up()
    store.add({UIDS[0]: b"k" * 32})
    monkeypatch.setenv("CANDIDE_MASTER_KEY", f"{two},{one}")
    store.rotate()
    monkeypatch.setenv("CANDIDE_MASTER_KEY", two)
    assert store.key(UIDS[0]) == b"k" * 32
    monkeypatch.setenv("CANDIDE_MASTER_KEY", one)
    with pytest.raises(MasterKeyWrong):
        store.key(UIDS[0])


def test_the_keyring_holds_a_key(tmp_path):
    keyring = pytest.importorskip("keyring", reason="pip install 'candide-voice[keyring]'")
    from keyring.backend import KeyringBackend

    class Memory(KeyringBackend):
        """A stand-in: no desktop session runs here."""

        priority = 1
        held: dict = {}  # noqa: RUF012

        def get_password(self, service, username):
            return self.held.get((service, username))

        def set_password(self, service, username, password):
            self.held[service, username] = password

        def delete_password(self, service, username):
            del self.held[service, username]

    before = keyring.get_keyring()
    keyring.set_keyring(Memory())
    try:
        with pytest.raises(MasterKeyMissing, match="keyring"):
            KeyringMaster("shop").wrap(b"k" * 32, b"")
        store = key_store(tmp_path, KeyringMaster.create("shop"))
        store.set_up()
        store.add({UIDS[0]: b"k" * 32})
        store.rotate()
        assert store.key(UIDS[0]) == b"k" * 32
    finally:
        keyring.set_keyring(before)


def test_a_lost_master_key_is_said_and_none_is_made_in_its_place(file_shop):
    path = file_shop.places.master
    kept = path.read_bytes()
    path.unlink()
    with pytest.raises(MasterKeyMissing, match="put it back"):
        reopened(file_shop)
    assert not path.exists()
    path.write_bytes(kept)
    path.chmod(0o600)
    assert reopened(file_shop).customer(file_shop.find("Candide")).name == "Candide"


@pytest.mark.parametrize(
    ("content", "mode", "said"),
    [
        (base64.b64encode(b"x" * 32), 0o600, "isn't the one"),
        (b"short", 0o600, "32 bytes"),
        (b"", 0o600, "empty"),
        (b"\xff\xfe\x00", 0o600, "32 bytes"),
        (None, 0o644, "chmod 600"),
    ],
)
def test_a_wrong_master_key_is_said_and_changes_nothing(file_shop, content, mode, said):
    path = file_shop.places.master
    kept, before = path.read_bytes(), file_shop.counts()
    if content is not None:
        path.write_bytes(content)
    path.chmod(mode)
    with pytest.raises(MasterKeyWrong, match=said):
        reopened(file_shop)
    path.write_bytes(kept)
    path.chmod(0o600)
    assert reopened(file_shop).counts() == before


def test_lost_data_keys_and_those_of_another_shop_are_said(file_shop, tmp_path):
    other = ShopStore.make(str(tmp_path / "other" / "shop.db"), "Other", {})
    other.close()
    keys = tmp_path / "shop.db-keys"
    with pytest.raises(MasterKeyWrong):
        ShopStore.open(str(tmp_path / "shop.db"), keys=f"sqlite:///{tmp_path / 'other' / 'shop.db-keys'}")
    file_shop.close()
    keys.rename(tmp_path / "aside")
    with pytest.raises(MasterKeyMissing, match="candide keys backup"):
        ShopStore.open(str(tmp_path / "shop.db"))
    assert not keys.exists()


def test_a_master_key_is_never_overwritten(tmp_path):
    FileMaster.create(tmp_path / "master")
    kept = (tmp_path / "master").read_bytes()
    with pytest.raises(StoreError, match="never overwritten"):
        FileMaster.create(tmp_path / "master")
    assert (tmp_path / "master").read_bytes() == kept
