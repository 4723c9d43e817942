"""The page in a real browser: everything by keyboard, by touch, by reading and writing alone, in both languages."""

from __future__ import annotations

import asyncio
import os
import shutil
from pathlib import Path

import pytest

from personalization.shop import Shop
from tests.known_customer import NUMBER, PIN
from tests.voice.calls import TUESDAY
from tests.voice.kiosk.kiosks import NoDevices, engines
from voice.kiosk.identity import Codes
from voice.kiosk.kiosk import Kiosk, KioskOptions
from voice.kiosk.page import Page, labels
from voice.kiosk.proof import Entry
from voice.kiosk.screen import Caption, Phase, Screen

BROWSER = next(
    (found for name in ("chromium", "chromium-browser", "google-chrome") if (found := shutil.which(name))), None
)
pytestmark = pytest.mark.skipif(BROWSER is None, reason="no Chromium: apt install chromium")

CONTRAST = """() => {
  const parse = (c) => c.match(/[\\d.]+/g).map(Number);
  const light = ([r, g, b]) => [r, g, b].map((v) => (v /= 255) <= .04045 ? v / 12.92 : ((v + .055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [.2126, .7152, .0722][i], 0);
  const paper = (node) => {
    for (; node; node = node.parentElement) {
      const c = parse(getComputedStyle(node).backgroundColor);
      if (c.length < 4 || c[3] > .99) return c;
    }
    return [255, 255, 255];
  };
  const poor = [];
  let seen = 0;
  for (const node of document.querySelectorAll("body *")) {
    const own = [...node.childNodes].some((each) => each.nodeType === 3 && each.textContent.trim());
    if (!own || !node.checkVisibility()) continue;
    const [a, b] = [light(parse(getComputedStyle(node).color)), light(paper(node))].sort((x, y) => y - x);
    seen += 1;
    if ((a + .05) / (b + .05) < 4.5) poor.push(node.textContent);
  }
  return { seen, poor };
}"""


def browsing(test, *, language="en", size=(1280, 800), codes=None, touch=False, shop=None):
    """Runs `test(view, kiosk)` in a browser that shows a kiosk which works, though it has no sound card."""
    playwright = pytest.importorskip("playwright.async_api", reason="pip install playwright")
    pytest.importorskip("aiohttp", reason="pip install 'candide-voice[kiosk]'")
    shop = shop or Shop.load(today=TUESDAY.date())
    loaded = engines(languages=("fr", "en"))

    async def run():
        screen = Screen(shop.brand, language)
        options = KioskOptions(echo_cancellation=False)
        kiosk = Kiosk(loaded, shop, codes or Codes(), screen, options, clock=lambda: TUESDAY, card=NoDevices)
        page = Page(kiosk, screen, port=0)
        await page.open()
        serving = asyncio.create_task(kiosk.serve())
        wrong: list[str] = []
        try:
            async with playwright.async_playwright() as tool:
                browser = await tool.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
                context = await browser.new_context(
                    viewport={"width": size[0], "height": size[1]}, has_touch=touch, reduced_motion="reduce"
                )
                view = await context.new_page()
                view.set_default_timeout(30_000)
                view.on("console", lambda each: wrong.append(each.text) if each.type in ("error", "warning") else None)
                view.on("pageerror", lambda each: wrong.append(str(each)))
                view.on("request", lambda each: wrong.append(each.url) if page.address not in each.url else None)
                await view.goto(page.address)
                await test(view, kiosk)
                await browser.close()
        finally:
            serving.cancel()
            await asyncio.gather(serving, return_exceptions=True)
            await page.close()
            await kiosk.close()
        assert [each for each in wrong if not each.startswith("ws://127.0.0.1")] == []

    asyncio.run(run())


async def answered(view, words: str) -> None:
    """Waits until the assistant's captions hold these words."""
    await view.locator("#captions .assistant .words", has_text=words).first.wait_for()


async def shot(view, name: str) -> None:
    """Kept where CANDIDE_SCREENSHOTS says, for whoever wants to look."""
    if folder := os.environ.get("CANDIDE_SCREENSHOTS"):
        Path(folder).mkdir(parents=True, exist_ok=True)
        await view.screenshot(path=str(Path(folder) / f"kiosk-{name}.png"))


@pytest.mark.parametrize(
    ("language", "question", "answer"),
    [("fr", "quels sont vos horaires à Lyon", "Lyon"), ("en", "what are your opening hours in Lyon", "Lyon")],
)
def test_a_conversation_by_keyboard_and_reading_alone(language, question, answer):
    words = labels()[language]

    async def test(view, kiosk):
        start = view.locator(f".when-idle [data-start={language}]")
        await start.wait_for()
        await start.focus()
        await view.keyboard.press("Enter")
        await answered(view, "intelligence artificielle" if language == "fr" else "an AI")
        assert await view.evaluate("document.activeElement.id") == "text", "one may write at once"
        await view.keyboard.type(question)
        await view.keyboard.press("Enter")
        await answered(view, answer)
        assert question in await view.locator("#captions .caller .words").inner_text()
        assert await view.locator("html").get_attribute("lang") == language
        await shot(view, f"talking-{language}")
        stop = view.locator("#stop")
        assert await stop.inner_text() == words["stop"]
        await stop.focus()
        await view.keyboard.press("Space")
        await view.locator(".when-over").wait_for()
        assert question not in await view.locator("body").inner_text(), "nothing is left"

    browsing(test, language=language)


def test_a_person_who_neither_speaks_nor_hears_can_do_everything_with_a_finger():
    async def test(view, kiosk):
        await view.tap(".when-idle [data-start=fr]")
        await answered(view, "intelligence artificielle")
        await view.tap("#sound")
        await view.locator("#sound[aria-pressed=true]").wait_for()
        await view.tap("#keys")
        for key in ("p", "r", "i", "x"):
            await view.tap(f"#keyboard button[aria-label={key}]")
        assert await view.input_value("#text") == "prix"
        await shot(view, "keyboard")
        await view.tap("#keyboard button[aria-label='Effacer']")
        assert await view.input_value("#text") == "pri"
        await view.fill("#text", "")
        await view.tap("#keys")
        await view.tap("[data-say=say_help]")
        await answered(view, "conseille")
        await view.tap("#data")
        await view.locator("#known", has_text="Je ne sais pas qui vous êtes").wait_for()
        await view.tap("#data-identify")
        for digit in "482913":
            await view.tap(f"#pad button[aria-label='{digit}']")
        await view.tap("#code-form button[type=submit]")
        await answered(view, "Merci")
        await view.tap("#data")
        await view.locator("#known dd", has_text="Jacques").wait_for()
        assert "Jacques" in await view.inner_text("#known")
        await shot(view, "data")
        await view.tap("#data-close")
        await view.tap("#human")
        await view.locator("#notices", has_text="Un conseiller arrive").wait_for()
        await shot(view, "person")

    codes = Codes()
    codes.add("jacques", "482913")
    browsing(test, language="fr", codes=codes, touch=True, size=(1080, 1920))


def test_a_wrong_code_says_so_and_the_zero_key_calls_a_person():
    async def test(view, kiosk):
        await view.click(".when-idle [data-start=en]")
        await answered(view, "an AI")
        await view.click("#identify")
        await view.fill("#code", "000000")
        await view.keyboard.press("Enter")
        await view.locator("#code-outcome", has_text="Tries left: 2").wait_for()
        assert await view.input_value("#code") == "" and await view.locator("#code").get_attribute("type") == "password"
        await shot(view, "code")
        await view.keyboard.press("Escape")
        await view.locator("#code-panel").wait_for(state="hidden")
        await view.locator("#stop").focus()
        await view.keyboard.press("0")
        await view.locator("#notices", has_text="An agent is on the way").wait_for()

    browsing(test)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_a_customer_of_a_database_enters_number_pin_and_code_one_after_the_other(language, shop, known, code):
    from voice.kiosk.store_proof import StoreProof

    words = labels()[language]

    async def enter(view, entry: Entry, text: str) -> None:
        await view.locator("#code-title", has_text=words[f"{entry}_title"]).wait_for()
        assert await view.input_value("#code") == ""
        assert await view.locator("#code").get_attribute("type") == ("text" if entry is Entry.NUMBER else "password")
        await view.fill("#code", text)
        await shot(view, f"{entry}-{language}")
        await view.keyboard.press("Enter")

    async def test(view, kiosk):
        await view.click(f".when-idle [data-start={language}]")
        await answered(view, "intelligence artificielle" if language == "fr" else "an AI")
        await view.click("#identify")
        for entry, text in ((Entry.NUMBER, NUMBER), (Entry.PIN, "9173"), (Entry.ONE_TIME, "")):
            await enter(view, entry, text)
        await view.locator("#code-outcome", has_text=words["code_refused"]).wait_for()
        for entry, text in ((Entry.NUMBER, NUMBER), (Entry.PIN, PIN), (Entry.ONE_TIME, code)):
            await enter(view, entry, text)
        await view.locator("#code-panel").wait_for(state="hidden")
        await view.click("#data")
        await view.locator("#known dd", has_text="Jacques").wait_for()

    browsing(test, language=language, codes=StoreProof(shop.store_of_customers, known, "kiosk 1"), shop=shop)


def test_the_language_changes_in_the_middle():
    async def test(view, kiosk):
        await view.click(".when-idle [data-start=fr]")
        await answered(view, "intelligence artificielle")
        assert await view.inner_text("#language") == "English"
        await view.click("#language")
        await view.locator("#stop", has_text="End").wait_for()
        await view.fill("#text", "what can you do")
        await view.click("#write button[type=submit]")
        await answered(view, "agent")

    browsing(test, language="fr")


def test_who_goes_away_is_asked_and_then_forgotten():
    async def test(view, kiosk):
        await view.click(".when-idle [data-start=en]")
        await answered(view, "an AI")
        kiosk.visit.presence._alone = 29.0
        await view.locator("#leaving", has_text="Are you still there?").wait_for()
        await shot(view, "leaving")
        await view.click("#here")
        await view.locator("#leaving").wait_for(state="hidden")
        kiosk.visit.presence._alone = 44.0
        await view.locator(".when-over", has_text="nobody was there").wait_for()
        assert await view.locator("#captions li").count() == 0

    browsing(test)


@pytest.mark.parametrize("language", ["fr", "en"])
@pytest.mark.parametrize("size", [(1280, 800), (1080, 1920), (1024, 600)])
def test_contrast_and_room_on_every_screen(language, size):
    async def test(view, kiosk):
        screen = kiosk.screen
        await view.locator(".when-idle .starts button").first.wait_for()
        for state in (
            {},
            {"phase": Phase.TALKING},
            {"code_wanted": True, "code_outcome": "wrong"},
            {"phase": Phase.OVER},
        ):
            if state.get("phase") is Phase.TALKING:
                screen.captions = [Caption("assistant", "Hello " * 20, 0), Caption("caller", "Hello", 1, ())]
                screen.captions.append(Caption("assistant", "One. Two.", 1, ("purchases",)))
                state = state | {
                    "speaking": "Two.",
                    "hearing": "and",
                    "leaving": 9,
                    "microphone": "lost",
                    "person": "coming",
                }
            screen.show(**({"code_wanted": False} | state))
            await view.wait_for_timeout(250)
            found = await view.evaluate(CONTRAST)
            assert found["seen"] > 3 and found["poor"] == []
            wide = await view.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0
            small = await view.evaluate(
                "[...document.querySelectorAll('button')].filter((b) => b.checkVisibility())"
                ".map((b) => b.getBoundingClientRect())"
                ".filter((r) => r.height < 40 || r.bottom > innerHeight + 1).length"
            )
            assert small == 0

    browsing(test, language=language, size=size)
