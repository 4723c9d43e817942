"""`candide talk`: a conversation on this machine's microphone, and the kiosk with its page."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from voice.cli.demo import _usual_language

if TYPE_CHECKING:
    from personalization.shop import Shop
    from voice.kiosk.identity import Codes
    from voice.kiosk.kiosk import Kiosk, KioskOptions
    from voice.kiosk.proof import Prover
    from voice.kiosk.terminal import Terminal
    from voice.record import Records

__all__ = ["register"]


def register(app: typer.Typer) -> None:
    @app.command()
    def talk(
        lang: Annotated[str | None, typer.Option("--lang", help="fr or en: language of the opening.")] = None,
        input_: Annotated[
            str | None, typer.Option("--input", help="Microphone: number or name (part of it).", metavar="DEVICE")
        ] = None,
        output: Annotated[
            str | None, typer.Option("--output", help="Loudspeaker: number or name (part of it).", metavar="DEVICE")
        ] = None,
        list_devices: Annotated[bool, typer.Option("--list-devices", help="Lists them and ends.")] = False,
        shop: Annotated[
            str | None,
            typer.Option(
                "--shop",
                help="A shop's folder or database (a file or an address); none is the demo shop. With a database, "
                "customers identify on the page with their number, PIN and one-time code.",
            ),
        ] = None,
        page: Annotated[
            bool, typer.Option("--page/--no-page", help="Serve the kiosk's page and wait for customers.")
        ] = False,
        port: Annotated[int, typer.Option("--port", min=0, max=65535, help="Of the page, on 127.0.0.1.")] = 8020,
        customer_code: Annotated[
            list[str] | None,
            typer.Option(
                "--customer-code",
                help="CUSTOMER=CODE gives a customer a one-time code; CUSTOMER alone draws one and prints it. "
                "Of a database, such codes are asked for in place of number and PIN.",
            ),
        ] = None,
        loyalty_codes: Annotated[
            Path | None, typer.Option("--loyalty-codes", help="A CSV of customer,code: loyalty codes.")
        ] = None,
        timeout: Annotated[
            float, typer.Option("--timeout", min=5, help="Seconds without anybody before the customer is forgotten.")
        ] = 45.0,
        records: Annotated[
            Path | None,
            typer.Option("--records", help="A folder for a line of figures a conversation, that candide audit reads."),
        ] = None,
        echo: Annotated[
            bool, typer.Option("--echo-cancellation/--no-echo-cancellation", help="Off only with headphones.")
        ] = True,
    ) -> None:
        """Talks on this machine's microphone and loudspeaker; with --page, a kiosk for customers."""
        import asyncio

        from personalization.phrases import LANGUAGES

        if lang is not None and lang not in LANGUAGES:
            raise typer.BadParameter(f"{lang!r}: the languages are {', '.join(LANGUAGES)}", param_hint="--lang")
        if list_devices:
            return _list_devices()
        from personalization.store.opening import open_shop
        from voice.kiosk.kiosk import KioskOptions

        language = lang or _usual_language()
        options = KioskOptions(input_, output, echo, timeout, patient=page)
        known = open_shop(shop)
        codes = _codes(known, customer_code or [], loyalty_codes)
        prover = _prover(known, codes) if page else codes
        if not page:
            _check_devices(options)
        return asyncio.run(_talk(known, prover, options, language, port if page else None, records))


def _list_devices() -> None:
    from voice.channels.devices import devices

    for device in devices():
        ways = [f"{count} {way}" for way, count in (("in", device.inputs), ("out", device.outputs)) if count]
        usual = f" (default {' and '.join(sorted(device.default))})" if device.default else ""
        print(f"{device.index:>3}  {device.name}: {', '.join(ways)}, {device.rate} Hz{usual}")


def _check_devices(options: KioskOptions) -> None:
    """Before the models are loaded: a typing error is told at once."""
    from voice.channels.devices import choose, devices

    found = devices()
    choose(found, options.input, "input")
    choose(found, options.output, "output")


def _codes(shop: Shop, given: list[str], loyalty: Path | None) -> Codes:
    from personalization.shop import UnknownCustomer
    from voice.kiosk.identity import CodeError, Codes, load_loyalty_codes

    codes = Codes()
    for each in given:
        name, _, code = each.partition("=")
        try:
            customer = shop.customer(name.strip()).id
            if code:
                codes.add(customer, code)
            else:
                print(f"One-time code of {name.strip()}: {codes.issue(customer)}")
        except (CodeError, UnknownCustomer) as wrong:
            raise typer.BadParameter(str(wrong), param_hint="--customer-code") from wrong
    if loyalty is not None:
        load_loyalty_codes(codes, loyalty, shop)
    return codes


def _prover(shop: Shop, codes: Codes) -> Prover:
    """Codes where some are given, and for a shop in a folder; else what a shop in a database knows of its customers."""
    store = getattr(shop, "store_of_customers", None)
    if store is None or codes.customers:
        return codes
    from voice.kiosk.store_proof import StoreProof

    return StoreProof(store)


def _records(folder: Path | None, shop: Shop) -> Records | None:
    from voice.record import shop_records

    try:
        return shop_records(folder, shop)
    except OSError as wrong:
        raise typer.BadParameter(f"{folder}: {wrong.strerror}: name another folder", param_hint="--records") from wrong


async def _talk(
    shop: Shop, prover: Prover, options: KioskOptions, language: str, port: int | None, kept: Path | None
) -> None:
    from rich.console import Console

    from voice.desk import desk_of
    from voice.engines.loading import load_engines
    from voice.kiosk.kiosk import Kiosk
    from voice.kiosk.screen import Screen
    from voice.kiosk.terminal import Terminal

    in_database = hasattr(shop, "store_of_customers")
    records = _records(kept, shop)
    console = Console(highlight=False)
    screen = Screen(brand=shop.brand, language=language)
    kiosk: Kiosk
    terminal = Terminal(console, lambda: screen.level if kiosk.visit else None)
    for problem in shop.problems:
        terminal.note(str(problem))
    engines = load_engines(shop, ("fr", "en"), first=language)
    kiosk = Kiosk(
        engines, shop, prover, screen, options, [terminal.listener], terminal.trouble,
        lambda reason: terminal.note(f"A person is asked for at the kiosk ({reason}).", "bold magenta"),
    )  # fmt: skip
    kiosk.records, kiosk.desk = records, desk_of(shop)
    kiosk.may_identify = port is not None or not in_database or bool(prover.customers)
    try:
        if port is not None:
            return await _serve(kiosk, terminal, port)
        terminal.note("Speak when you like; Ctrl+C ends.", "dim")
        with terminal:
            ended = await kiosk.converse(language)
        kept_of_it = "" if in_database or records else " Nothing of it was kept."
        return terminal.note(f"The conversation is over ({ended}).{kept_of_it}", "dim")
    finally:
        await kiosk.close()


async def _serve(kiosk: Kiosk, terminal: Terminal, port: int) -> None:
    from voice.kiosk.page import Page

    page = Page(kiosk, kiosk.screen, port)
    await page.open()
    terminal.note(f"Open {page.address} in this machine's browser (chromium --kiosk {page.address}); Ctrl+C ends.", "")
    try:
        with terminal:
            await kiosk.serve()
    finally:
        await page.close()
