"""`candide audit`: promises, security, papers and fairness of a shop, in figures that can be checked again."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer

from voice.cli.printing import print_json

__all__ = ["register"]

ShopName = Annotated[
    str | None, typer.Option("--shop", help="A folder, a database file or address; the demo shop by default.")
]
Master = Annotated[str | None, typer.Option("--master", help="The master key of a database.")]
Keys = Annotated[str | None, typer.Option("--keys", help="Address of the data keys.")]
_CONSENTED = "All customers of this folder allow statistics: a folder keeps no consents."
CallFiles = Annotated[list[Path], typer.Argument(help="Journals or records of calls (*.jsonl), or folders of them.")]
Json = Annotated[bool, typer.Option("--json", help="One JSON object.")]


def register(app: typer.Typer) -> None:
    audit = typer.Typer(invoke_without_command=True)
    audit.callback()(whole)
    app.add_typer(audit, name="audit")
    for command in (promises, security, dependencies, compliance, recommendation, recognition, handoffs, verify):
        audit.command()(command)


def whole(
    context: typer.Context,
    shop: ShopName = None,
    journals: Annotated[
        list[Path] | None,
        typer.Option("--journals", help="Journals or records of calls, or a folder of them; repeatable."),
    ] = None,
    settings: Annotated[Path | None, typer.Option("--settings", help="The line's settings (line.yaml).")] = None,
    logs: Annotated[list[Path] | None, typer.Option("--logs", help="A folder of logs to look into.")] = None,
    backups: Annotated[Path | None, typer.Option("--backups", help="The folder backups are kept in.")] = None,
    out: Annotated[Path, typer.Option("--out", help="A folder for the report.")] = Path("audit"),
    recordings: Annotated[
        Path | None, typer.Option("--recordings", help="A list of labelled recordings (candide audit recognition).")
    ] = None,
    consented: Annotated[bool, typer.Option("--consented", help=_CONSENTED)] = False,
    dependencies: Annotated[bool, typer.Option(help="Ask pip-audit about what is installed.")] = True,
    states: Annotated[
        int, typer.Option("--states", min=1, help="States explored from each beginning of a call.")
    ] = 400,
    master: Master = None,
    keys: Keys = None,
) -> None:
    """Promises, security, fairness and papers of a shop: a signed JSON and a page. Exit code 1: a threshold broke."""
    if context.invoked_subcommand is not None:
        return
    import json

    from personalization.audit.signing import report_key, sign
    from voice.audit.journals import JournalError
    from voice.audit.page import audit_page
    from voice.audit.recordings import RecordingsError
    from voice.audit.thresholds import thresholds
    from voice.audit.whole import Asked, whole_audit

    asked = Asked(
        shop,
        tuple(journals or ()),
        settings,
        tuple(logs or ()),
        backups,
        recordings,
        consented,
        dependencies,
        states,
        master,
        keys,
    )
    with opened_shop(shop, master, keys) as found:
        try:
            body = whole_audit(asked, found, thresholds(), out, lambda part: typer.echo(f"{part} ...", err=True))
        except (JournalError, RecordingsError) as wrong:
            typer.echo(f"candide: {wrong}", err=True)
            raise typer.Exit(2) from wrong
        report = sign(body, *report_key(getattr(found, "store_of_customers", None)))
    stem = out / f"audit-{report['made'][:10]}"
    for suffix, text in (
        (".json", json.dumps(report, indent=1, ensure_ascii=False) + "\n"),
        (".html", audit_page(report)),
    ):
        stem.with_suffix(suffix).write_text(text, encoding="utf-8")
        typer.echo(stem.with_suffix(suffix))
    for name, part in report["parts"].items():
        judged = "holds" if part.get("holds", True) else "BROKEN"
        typer.echo(f"{name:15} {'not measured: ' + part['not_measured'] if 'not_measured' in part else judged}")
    raise typer.Exit(0 if report["holds"] else 1)


def verify(
    report: Annotated[Path, typer.Argument(help="The JSON file that candide audit wrote.")],
    shop: ShopName = None,
    master: Master = None,
    keys: Keys = None,
) -> None:
    """Is the report as it was signed? With --shop, by the key of that shop's database. Exit code 1 if not."""
    from personalization.audit.signing import NotAReport, report_key
    from personalization.audit.signing import verify as holds

    with opened_shop(shop, master, keys) as found:
        key, where = report_key(getattr(found, "store_of_customers", None))
    try:
        whole_ = holds(report, key)
    except NotAReport as wrong:
        typer.echo(f"candide: {wrong}", err=True)
        raise typer.Exit(2) from wrong
    typer.echo(f"{report}: {'as it was signed' if whole_ else 'changed, or signed by another shop'} ({where})")
    raise typer.Exit(0 if whole_ else 1)


def promises(
    journals: CallFiles,
    shop: ShopName = None,
    graph: Annotated[bool, typer.Option(help="Explore the dialogue's states too (about a minute).")] = True,
    json_: Json = False,
) -> None:
    """Counts in every journal what was promised, and looks for a state from which a human can't be reached."""
    from personalization.store.opening import open_shop
    from voice.audit.calls import read_calls
    from voice.audit.journals import JournalError
    from voice.audit.promises import count_promises
    from voice.audit.state_graph import human_everywhere
    from voice.audit.thresholds import thresholds

    try:
        calls = read_calls(journals)
    except JournalError as wrong:
        typer.echo(f"candide: {wrong}", err=True)
        raise typer.Exit(2) from wrong
    limits, found = thresholds()["promises"], open_shop(shop)
    shares = count_promises(calls.journals, found.catalogue, limits, calls.verdicts())
    if graph:
        shares += (human_everywhere(found).share(**limits["human_in_every_state"]),)
    if json_:
        print_json({"journals": len(calls), "promises": [share.as_dict() for share in shares]})
    else:
        _show_shares(shares)
    raise typer.Exit(0 if all(share.holds for share in shares) else 1)


def security(
    shop: ShopName = None,
    settings: Annotated[Path | None, typer.Option("--settings", help="The line's settings (line.yaml).")] = None,
    logs: Annotated[
        list[Path] | None, typer.Option("--logs", help="A folder of logs or journals to look into; repeatable.")
    ] = None,
    backups: Annotated[Path | None, typer.Option("--backups", help="The folder backups are kept in.")] = None,
    dependencies: Annotated[bool, typer.Option(help="Ask pip-audit about what is installed.")] = True,
    master: Master = None,
    keys: Keys = None,
    json_: Json = False,
) -> None:
    """Files, keys, ledger, backups, ports, TLS, secrets in logs, dependencies: what is weak and what to do."""
    from personalization.audit.finding import SEVERITIES, worst
    from voice.audit.security import audit_security
    from voice.audit.thresholds import thresholds

    limits = thresholds()["security"]
    found = audit_security(
        shop, limits, settings=settings, logs=tuple(logs or ()), backups=backups, dependencies=dependencies,
        master=master, keys=keys,
    )  # fmt: skip
    if json_:
        print_json({"findings": [finding.as_dict() for finding in found]})
    else:
        for finding in found:
            typer.echo(f"{finding.severity:7} {finding.check:13} {finding.what}\n{'':22}{finding.to_do}")
    raise typer.Exit(SEVERITIES.index(worst(found)) > SEVERITIES.index(limits["worst_allowed"]))


def dependencies(
    osv: Annotated[
        str | None, typer.Option("--osv", help="Address of an OSV service to ask, not the package index's own.")
    ] = None,
    json_: Json = False,
) -> None:
    """Known holes of what is installed. Exit code 1: one is known; 3: nothing could be looked up, and why."""
    from voice.audit.dependencies import NOT_LOOKED_UP, audit_dependencies

    found = tuple(audit_dependencies(osv=osv))
    if json_:
        print_json({"findings": [finding.as_dict() for finding in found]})
    else:
        for finding in found:
            typer.echo(f"{finding.severity:7} {finding.what}\n{'':8}{finding.to_do}")
        if not found:
            typer.echo("No hole is known of what is installed.")
    unasked = len(found) == 1 and found[0].what.startswith(NOT_LOOKED_UP)
    raise typer.Exit(3 if unasked else bool(found))


def compliance(
    shop: ShopName = None,
    out: Annotated[Path, typer.Option("--out", help="A folder for the pack.")] = Path("compliance"),
    language: Annotated[str | None, typer.Option("--lang", help="fr or en; both by default.")] = None,
    master: Master = None,
    keys: Keys = None,
) -> None:
    """Record of processing, impact assessment, notices, retention: from the configuration in use (Markdown, HTML)."""
    from datetime import date

    from personalization.audit.compliance import compliance_pack, write_pack
    from personalization.phrases import LANGUAGES
    from personalization.store.periods import retention_of
    from personalization.store.places import is_database

    if language not in (None, *LANGUAGES):
        raise typer.BadParameter(f"{language!r}: use one of {', '.join(LANGUAGES)}", param_hint="--lang")
    with opened_shop(shop, master, keys) as found:
        periods, today = retention_of(found.settings).model_dump(), date.today()
        sealed = shop is not None and is_database(shop)
        for each in (language,) if language else LANGUAGES:
            document = compliance_pack(found.brand, found.settings, periods, each, today, sealed=sealed)
            for path in write_pack(document, out):
                typer.echo(path)


def recommendation(
    shop: ShopName = None,
    consented: Annotated[bool, typer.Option("--consented", help=_CONSENTED)] = False,
    example: Annotated[
        bool,
        typer.Option("--example", help="On public data with demographics (Dunnhumby) instead of a shop: 5 minutes."),
    ] = False,
    most: Annotated[int | None, typer.Option("--most", min=2, help="Households of the example, drawn once.")] = None,
    master: Master = None,
    keys: Keys = None,
    json_: Json = False,
) -> None:
    """By age band, region, language, new and regular customers: what is offered, and whether the group changes it."""
    from personalization.baskets.complete_journey import PublicDataMissing
    from voice.audit.offers import NotAllowed, audit_offers
    from voice.audit.thresholds import thresholds

    limits = thresholds()["recommendation"]
    try:
        if example:
            from personalization.audit.households import audit_households, households

            typer.echo("learning from the baskets, then offering to each household ...", err=True)
            comparisons, flips = audit_households(households(most), limits)
        else:
            with opened_shop(shop, master, keys) as found:
                comparisons, flips = audit_offers(found, limits, consented or shop is None)
    except (NotAllowed, PublicDataMissing) as kept:
        typer.echo(f"candide: {kept}", err=True)
        raise typer.Exit(2) from kept
    if json_:
        told = {"comparisons": [each.as_dict() for each in comparisons], "flips": [each.as_dict() for each in flips]}
        print_json(told)
    else:
        _show_comparisons(comparisons)
        _show_shares(flips)
    raise typer.Exit(0 if all(each.holds for each in (*comparisons, *flips)) else 1)


def handoffs(journals: CallFiles, shop: ShopName = None, json_: Json = False) -> None:
    """Who is offered a human, who waits and who gives up, by group of calls. Exit code 1: a group is flagged."""
    from personalization.store.opening import open_shop
    from voice.audit.calls import read_calls
    from voice.audit.handoffs import audit_handoffs
    from voice.audit.journals import JournalError
    from voice.audit.thresholds import thresholds

    try:
        calls = read_calls(journals)
    except JournalError as wrong:
        typer.echo(f"candide: {wrong}", err=True)
        raise typer.Exit(2) from wrong
    found = audit_handoffs(calls.all_records(open_shop(shop).catalogue), thresholds()["handoffs"])
    if json_:
        print_json({"calls": len(calls), "comparisons": [each.as_dict() for each in found]})
    else:
        typer.echo(f"{len(calls):,} calls")
        _show_comparisons(found)
    raise typer.Exit(0 if all(each.holds for each in found) else 1)


def recognition(
    recordings: Annotated[
        Path | None,
        typer.Argument(help="A CSV or TSV list: path, sentence, language; gender, age, accent where they are told."),
    ] = None,
    most: Annotated[int | None, typer.Option("--most", min=3, help="So many recordings, drawn once.")] = None,
    json_: Json = False,
) -> None:
    """Who is heard how well, by language, gender, age, accent, codec. Exit code 1: a gap is flagged.

    Without a list, the recordings with transcripts that this machine has (Debian packages).
    """
    from voice.audit.recognition import audit_recognition, hear
    from voice.audit.recordings import RecordingsError
    from voice.audit.thresholds import thresholds

    try:
        heard = hear(recordings, most, lambda count: typer.echo(f"{count} recordings ...", err=True))
    except RecordingsError as wrong:
        typer.echo(f"candide: {wrong}", err=True)
        raise typer.Exit(2) from wrong
    found = audit_recognition(heard, thresholds()["recognition"])
    if json_:
        print_json({"recordings": len(heard) // 2, "comparisons": [each.as_dict() for each in found]})
    else:
        typer.echo(f"{len(heard) // 2:,} recordings")
        _show_comparisons(found)
    raise typer.Exit(0 if all(each.holds for each in found) else 1)


def _show_comparisons(comparisons: tuple[Any, ...]) -> None:
    for each in comparisons:
        flag = "" if each.holds else "  FLAGGED"
        typer.echo(f"{each.measure.replace('_', ' ')} by {each.attribute}: {each.verdict}{flag}")
        for group in each.groups:
            small = "  too small" if group.too_small else ""
            interval = f"{group.low:.3f} to {group.high:.3f}"
            typer.echo(f"    {group.name:14} n {group.n:>7,}  {group.mean:.3f} ({interval}){small}")


@contextlib.contextmanager
def opened_shop(named: str | None, master: str | None, keys: str | None) -> Iterator[Any]:
    """The shop, with its keys where it is a database; closed at the end. Raises StoreError, CatalogueError."""
    from personalization.shop import Shop
    from personalization.store.places import is_database

    if named is None or not is_database(named):
        yield Shop.load(Path(named).expanduser() if named else None)
        return
    from personalization.store.shop_store import ShopStore
    from personalization.store.stored_shop import StoredShop

    store = ShopStore.open(named, master, keys)
    try:
        yield StoredShop(store, actor="command")
    finally:
        store.close()


def _show_shares(shares: tuple[Any, ...]) -> None:
    from rich.console import Console
    from rich.table import Table

    table = Table(box=None, pad_edge=False)
    for heading in ("", "share", "n", "95 % interval", ""):
        table.add_column(heading, justify="left" if heading in ("", "95 % interval") else "right")
    for share in shares:
        low, high = share.interval
        value = "-" if share.value is None else f"{share.value:.1%}"
        table.add_row(
            share.name.replace("_", " "), value, f"{share.n:,}", f"{low:.1%} to {high:.1%}",
            "holds" if share.holds else "BROKEN",
        )  # fmt: skip
    console = Console()
    console.print(table)
    for share in shares:
        for place in share.broken[:20]:
            console.print(f"{share.name.replace('_', ' ')}: {place}", highlight=False)
