"""The kiosk's page: for this machine's browser only, nothing from elsewhere, and obeyed only where it makes sense."""

from __future__ import annotations

import asyncio
import json
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from personalization.assets import asset
from personalization.purposes import DataKind, Purpose, Scope
from voice.kiosk.page import POLICY, Page, PageError, labels, obey
from voice.kiosk.screen import Caption, Phase, Screen

PARTS = ("index.html", "kiosk.css", "kiosk.js", "keyboard.js", "data.js")


class Touched:
    """A fake kiosk that writes down what it was told."""

    def __init__(self) -> None:
        self.told: list[tuple[str, dict]] = []

    def __getattr__(self, name: str):
        return lambda **values: self.told.append((name, values))


def serving(test):
    """Runs `test(session, page, kiosk)` against a page that is served."""
    aiohttp = pytest.importorskip("aiohttp", reason="pip install 'candide-voice[kiosk]'")

    async def run():
        kiosk, screen = Touched(), Screen("Belmont", "fr")
        page = Page(kiosk, screen, port=0)
        await page.open()
        try:
            async with aiohttp.ClientSession() as session:
                await test(session, page, kiosk)
        finally:
            await page.close()

    asyncio.run(run())


def test_every_part_is_served_with_a_policy_that_allows_nothing_from_elsewhere():
    async def test(session, page, kiosk):
        for path in ("", *PARTS[1:], "labels.json"):
            async with session.get(page.address + path) as answer:
                assert answer.status == 200 and await answer.text()
                assert answer.headers["Content-Security-Policy"] == POLICY
                assert answer.headers["Cache-Control"] == "no-store"

    serving(test)
    assert "'none'" in POLICY and "unsafe" not in POLICY and "http" not in POLICY and "*" not in POLICY


@pytest.mark.parametrize("part", PARTS)
def test_no_part_names_another_place(part):
    text = asset("kiosk", part).read_text(encoding="utf-8")
    assert not re.search(
        r"https?:|//[a-z]+\.|@import|url\(|innerHTML|eval\(|new Function|<style|\sstyle=|\son\w+=", text
    )


@pytest.mark.parametrize(
    "headers",
    [
        {"Host": "kiosk.example"},
        {"Host": "127.0.0.1:1"},
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
    ],
)
def test_another_site_gets_nothing(headers):
    async def test(session, page, kiosk):
        async with session.get(page.address, headers=headers) as answer:
            assert answer.status == 403
        async with session.get(page.address + "talk", headers=headers) as answer:
            assert answer.status == 403

    serving(test)


def test_a_connection_that_says_no_origin_is_no_browser_page():
    async def test(session, page, kiosk):
        async with session.get(page.address + "talk") as answer:
            assert answer.status == 403

    serving(test)


def test_it_listens_on_this_machine_only_and_a_taken_port_is_told():
    async def test(session, page, kiosk):
        assert page.address.startswith("http://127.0.0.1:")
        assert [name for name, _ in page._runner.addresses] == ["127.0.0.1"]
        with pytest.raises(PageError, match="--port"):
            await Page(kiosk, Screen(), page.port).open()

    serving(test)


def test_a_page_that_connects_is_shown_what_is_true_now_and_what_changes():
    async def test(session, page, kiosk):
        origin = page.address.rstrip("/")
        async with session.ws_connect(page.address + "talk", origin=origin) as socket:
            assert json.loads((await socket.receive(5)).data)["phase"] == "idle"
            page._screen.captions.append(Caption("assistant", "« Bonjour »", 0))
            page._screen.show(phase=Phase.TALKING)
            told = json.loads((await socket.receive(5)).data)
            assert told["phase"] == "talking" and told["captions"][0]["text"] == "« Bonjour »"
            await socket.send_str(json.dumps({"do": "say", "text": "bonjour"}))
            await socket.send_str("{")
            await socket.send_str(json.dumps({"do": "human"}))
            for _ in range(100):
                await asyncio.sleep(0.01)
                if len(kiosk.told) == 2:
                    break
            assert kiosk.told == [("say", {"text": "bonjour"}), ("human", {})]

    serving(test)


@pytest.mark.parametrize(
    "message",
    [
        "", "nothing", "[]", "null", "1", '{"do": 1}', '{"do": "converse"}', '{"do": "_erased"}', '{"do": "serve"}',
        '{"do": "say"}', '{"do": "say", "text": 1}', '{"do": "mute", "muted": "yes"}', '{"do": "code", "code": null}',
    ],
)  # fmt: skip
def test_what_is_no_command_does_nothing(message):
    kiosk = Touched()
    assert obey(kiosk, message) is False and not kiosk.told


@given(
    st.text(max_size=200) | st.recursive(st.none() | st.booleans() | st.floats() | st.text(), st.lists).map(json.dumps)
)
def test_no_message_breaks_it(message):
    obey(Touched(), message)


def test_both_languages_have_the_same_words_and_every_one_that_is_asked_for():
    words = labels()
    assert words["fr"].keys() == words["en"].keys()
    assert all(isinstance(text, str) and text for table in words.values() for text in table.values())
    asked = set(re.findall(r'data-(?:label|say)[a-z-]*="(\w+)"', asset("kiosk", "index.html").read_text("utf-8")))
    for part in PARTS[2:]:
        text = asset("kiosk", part).read_text("utf-8")
        asked |= set(re.findall(r'label\("(\w+)"[,)]', text)) | set(re.findall(r"names\.(\w+)", text))
    made = {f"purpose_{each.value}" for each in Purpose} | {f"scope_{each.value}" for each in Scope}
    made |= {f"kind_{each.value}" for each in DataKind}
    assert not (asked | made) - words["fr"].keys()


def test_no_word_of_the_page_names_a_feeling():
    text = json.dumps(labels(), ensure_ascii=False)
    assert not re.search(r"énerv|fâch|col[èé]r|frustr|stress|upset|annoy|angr[iy]|anxi|[ée]motion", text, re.I)


def ratio(one: str, two: str) -> float:
    """Contrast of two colours "#rrggbb" (WCAG 2.2, relative luminance)."""

    def luminance(colour: str) -> float:
        parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
        linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    light, dark = sorted((luminance(one), luminance(two)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


@pytest.mark.parametrize(
    ("ink", "paper", "least"),
    [
        *((ink, paper, 7.0) for ink in ("ink", "soft", "caller", "assistant") for paper in ("paper", "card")),
        ("on-first", "first", 7.0),
        ("ink", "mark", 7.0),
        ("warn", "warn-paper", 7.0),
        ("warn", "card", 7.0),
        ("edge", "paper", 3.0),
        ("edge", "card", 3.0),
    ],
)
def test_every_pair_of_inks_is_at_least_aa(ink, paper, least):
    """AA is 4.5 for text and 3 for the edges of what is touched (WCAG 2.2, 1.4.3 and 1.4.11); text here is AAA."""
    colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", asset("kiosk", "kiosk.css").read_text("utf-8")))
    assert ratio(colours[ink], colours[paper]) >= least


def test_the_inks_of_the_page_are_only_these():
    css = asset("kiosk", "kiosk.css").read_text("utf-8")
    rules = css.partition("}")[2]
    assert set(re.findall(r"#[0-9a-f]{3,8}\b", rules)) <= {"#14181ccc"}, (
        "only the shade behind a panel has a colour of its own"
    )
