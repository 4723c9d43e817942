"""What a shop may say about its line, and what it is told when it says something else."""

from __future__ import annotations

import socket
from datetime import datetime

import pytest

from voice.channels.live import PortTaken
from voice.line.command import line_settings, run_line
from voice.line.lanes import CallLanes, Slots
from voice.line.outbox import Outbox, signed, verified
from voice.line.settings import LineSettings, SettingsError
from voice.workers import ThreadWorkers

NONE = {"sip": None, "audiosocket": None, "media_streams": None}


@pytest.mark.parametrize(
    ("ways", "given", "told"),
    [
        ({}, {}, "no way in"),
        ({"sip": "0.0.0.0:5060"}, {}, "--allow"),
        ({"sip": "here"}, {}, "isn't HOST:PORT"),
        ({"sip": "127.0.0.1:99999"}, {}, "65535"),
        ({"audiosocket": "127.0.0.1:9092"}, {"allow": ("the office",)}, "allow"),
        ({"audiosocket": "127.0.0.1:9092"}, {"language": "de"}, "'fr' or 'en'"),
        ({"audiosocket": "127.0.0.1:9092"}, {"hours": "from nine"}, "0-4 9:30-19:00"),
    ],
)
def test_what_can_not_be_used_is_said_in_a_sentence(ways, given, told):
    with pytest.raises(SettingsError, match=told):
        line_settings(None, NONE | ways, given)


def test_a_file_is_read_and_the_command_line_wins(tmp_path):
    path = tmp_path / "line.yaml"
    path.write_text("sip: {host: 10.0.0.2, port: 5070}\nallow: [10.0.0.0/24]\nhuman: sip:300@10.0.0.1\nmost_calls: 3\n")
    settings = line_settings(path, NONE | {"sip": "10.0.0.3:5080"}, {"most_calls": 5})
    assert (settings.sip.host, settings.sip.port, settings.most_calls) == ("10.0.0.3", 5080, 5)
    assert settings.human == "sip:300@10.0.0.1"


def test_a_taken_port_is_told_before_anything_is_loaded():
    for kind, way in ((socket.SOCK_DGRAM, "sip"), (socket.SOCK_STREAM, "audiosocket")):
        with socket.socket(socket.AF_INET, kind) as taken:
            taken.bind(("127.0.0.1", 0))
            if kind == socket.SOCK_STREAM:
                taken.listen()
            address = f"127.0.0.1:{taken.getsockname()[1]}"
            with pytest.raises(PortTaken, match="another program uses it"):
                run_line(None, NONE | {way: address}, {}, None)


@pytest.mark.parametrize("text", ["- a\n- b\n", "sip: {prot: 5060}\n", "sip: [\n", "wbhook: 1\n"])
def test_a_file_that_says_something_else_names_the_place(tmp_path, text):
    path = tmp_path / "line.yaml"
    path.write_text(text)
    with pytest.raises(SettingsError, match=r"line\.yaml"):
        LineSettings.load(path)


def test_the_sample_settings_are_settings():
    from personalization.assets import asset

    assert LineSettings.load(asset("line", "line.yaml")).sip is not None


def test_hours():
    settings = LineSettings(hours="0-4 9:00-19:00; 5 9:00-12:30")
    assert settings.open_at(datetime(2026, 11, 24, 10)) and settings.open_at(datetime(2026, 11, 28, 12, 29))
    assert not settings.open_at(datetime(2026, 11, 28, 12, 30)) and not settings.open_at(datetime(2026, 11, 29, 10))
    assert LineSettings().open_at(datetime(2026, 11, 29, 3))


def test_the_number_dialled_tells_the_language():
    settings = LineSettings(numbers={"+33100000002": "fr", "+44200000002": "en"}, language="fr")
    assert settings.language_of("44200000002") == "en"
    assert settings.language_of("") == "fr"


def test_a_signature_holds_for_its_body_its_secret_and_five_minutes():
    header = signed("a secret of the shop", b"{}", 1_000)
    assert verified("a secret of the shop", b"{}", header, 1_100)
    assert not verified("a secret of the shop", b"{ }", header, 1_100)
    assert not verified("another secret", b"{}", header, 1_100)
    assert not verified("a secret of the shop", b"{}", header, 1_400)
    assert not verified("a secret of the shop", b"{}", "", 1_100)


def test_without_a_webhook_no_more_than_a_hundred_messages_are_kept():
    outbox = Outbox(None)
    for number in range(200):
        outbox.post({"number": number})
    assert [outbox.unsent[0]["number"], len(outbox.unsent)] == [100, 100]


def test_slots_are_reused_and_each_call_hears_in_its_own_lane():
    slots = Slots(2)
    assert [slots.take(), slots.take(), slots.take()] == [0, 1, None]
    slots.give_back(0)
    assert slots.take() == 0
    workers = ThreadWorkers()
    lanes = [CallLanes(workers, slot) for slot in range(3)]
    assert len({lane._lane("hearing") for lane in lanes}) == 3
    assert len({lane._lane("speaking") for lane in lanes}) == 1
    workers.close()
