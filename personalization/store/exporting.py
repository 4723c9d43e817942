"""A customer's copy of their data: JSON and CSV for machines, a page for a person (GDPR art. 15(3) and 20)."""

from __future__ import annotations

import csv
import io
import json
import os
import re
from datetime import date
from html import escape
from pathlib import Path
from string import Template
from typing import Any

import yaml

from personalization.assets import asset
from personalization.store.handoffs import Handoffs
from personalization.store.periods import retention_of
from personalization.store.shop_store import ShopStore

__all__ = ["copy_of", "write_copy"]

_TABLES = ("purchases", "orders", "consents", "handoffs", "uses")


_TOLD = ("reasons", "outcome", "intent", "tried", "refused", "turns_redacted")
"""Of a hand-off: what the person who took over could read."""


def copy_of(store: ShopStore, uid: bytes) -> dict[str, Any]:
    """Everything held about a customer, in plain types; the names of products are the customer's language's.

    Raises:
        NoSuchCustomer: there is none.
    """
    customer, sealer, catalogue = store.customer(uid), store.keys.sealer(uid), store.catalogue()
    language = customer.language

    def called(product: str) -> str:
        found = catalogue.get(product)
        return found.names[language].text if found else product

    uses = store.ledger.entries(uid, sealer)  # "staff:NAME" is "staff": who of them it was isn't theirs (C-579/21)
    return {
        "person": store.person(uid),
        "purchases": [
            {
                "product": called(each.product), "id": each.product, "date": each.date.isoformat(),
                "quantity": each.quantity, "price": str(each.price),
                "returned": each.returned.isoformat() if each.returned else "", "order": each.order,
            }
            for each in customer.purchases
        ],
        "orders": [
            {
                "order": each.id, "status": each.status.value,
                "expected": each.expected.isoformat() if each.expected else "",
                "items": [called(item) for item in each.items],
            }
            for each in customer.orders
        ],
        "consents": [
            {
                "purpose": purpose.value, "scope": scope.value, "heard": proof.heard, "script": proof.script,
                "confidence": proof.confidence, "at": at,
            }
            for purpose, scope, proof, at in store.proofs(uid)
        ],
        "handoffs": [
            {"at": each.at, "way": each.way} | {key: each.told[key] for key in _TOLD}
            for each in Handoffs(store).of(uid)
        ],
        "uses": [
            {"at": each.at, "kind": each.kind, "actor": each.actor.partition(":")[0], "detail": each.detail}
            for each in uses
        ],
    }  # fmt: skip


def write_copy(store: ShopStore, uid: bytes, folder: Path, today: date | None = None) -> list[Path]:
    """Writes the copy into a folder of its own, readable by its owner alone; the ledger says that it was made.

    Returns:
        the files: one JSON, one CSV a table, one page.

    Raises:
        NoSuchCustomer: there is none. OSError: the folder can't be written.
    """
    store.ledger.record("export", "command", {"what": "copy"}, subject=uid)
    told = copy_of(store, uid)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    files = {"copy.json": json.dumps(told, ensure_ascii=False, indent=2) + "\n"}
    files["person.csv"] = _csv([told["person"]])
    files |= {f"{name}.csv": _csv(told[name]) for name in _TABLES}
    files["copy.html"] = page(store, told, today or date.today())
    return [_written(folder / name, text) for name, text in files.items()]


def _written(path: Path, text: str) -> Path:
    with os.fdopen(
        os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8", newline=""
    ) as file:
        file.write(text)
    return path


def _csv(rows: list[dict[str, Any]]) -> str:
    out = io.StringIO()
    if rows:
        writer = csv.DictWriter(out, rows[0].keys())
        writer.writeheader()
        writer.writerows({key: _unformula(_plain(value)) for key, value in row.items()} for row in rows)
    return out.getvalue()


def _plain(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return ", ".join(map(str, value))
    if isinstance(value, dict):
        return ", ".join(f"{key}: {_plain(each)}" for key, each in value.items())
    return str(value)


def _unformula(text: str) -> str:
    """A cell a spreadsheet would compute is made text (OWASP, CSV injection); a number stays one."""
    computed = text[:1] in ("=", "+", "-", "@", "\t", "\r") and not re.fullmatch(r"[+-]\d+([.,]\d+)?", text)
    return f"'{text}" if computed else text


def page(store: ShopStore, told: dict[str, Any], today: date) -> str:
    """The page as text, in the customer's language."""
    person = told["person"]
    words = yaml.safe_load(asset("copy", f"{person['language']}.yaml").read_text(encoding="utf-8"))
    brand, settings = store.brand()
    periods = retention_of(settings)
    days = {
        "purchases": periods.purchases,
        "orders": periods.orders,
        "consents": periods.consents,
        "handoffs": periods.handoffs,
        "uses": periods.ledger,
    }
    held = [{"kind": words[key], "detail": value} for key, value in person.items() if value and key in words]
    sections = [_section(words["person"], _table(held, words, head=False), "")]
    for name in _TABLES:
        kept = words["kept"].format(days=days[name])
        rows = [_worded(row, words) for row in told[name]]
        sections.append(_section(words[name], _table(rows, words), kept))
    return Template(asset("copy", "page.html").read_text(encoding="utf-8")).substitute(
        language=escape(person["language"]),
        title=escape(words["title"].format(brand=brand)),
        intro=escape(words["intro"].format(day=today.isoformat(), name=person["name"])),
        sections="\n".join(sections),
        rights=escape(words["rights"]),
        rights_text=escape(words["rights_text"]),
    )


def _worded(row: dict[str, Any], words: dict[str, str]) -> dict[str, Any]:
    return row | ({"kind": words.get(f"kind_{row['kind']}", row["kind"])} if "kind" in row else {})


def _section(title: str, table: str, kept: str) -> str:
    return f"<h2>{escape(title)}</h2>\n{table}\n" + (f"<p><small>{escape(kept)}</small></p>" if kept else "")


def _table(rows: list[dict[str, Any]], words: dict[str, str], head: bool = True) -> str:
    if not rows:
        return f"<p>{escape(words['none'])}</p>"
    titles = "".join(f"<th scope='col'>{escape(words.get(key, key))}</th>" for key in rows[0])
    cells = "\n".join(
        "<tr>" + "".join(f"<td>{escape(_plain(each))}</td>" for each in row.values()) + "</tr>" for row in rows
    )
    return f"<table>{f'<thead><tr>{titles}</tr></thead>' if head else ''}<tbody>{cells}</tbody></table>"
