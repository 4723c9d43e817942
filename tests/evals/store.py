"""A shop brought in and kept sealed: a million purchases, time and memory, what a read costs, rotation, erasure."""

from __future__ import annotations

import csv
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from datetime import date, timedelta
from pathlib import Path
from typing import Any

_IMPORT = """
import json, resource, sys, time
from personalization.store.importing import import_shop
from personalization.store.shop_store import ShopStore
from personalization.store.sources import open_source
place, source, made = sys.argv[1:]
store = ShopStore.make(place, "Belmont", {}) if made == "make" else ShopStore.open(place)
began, worked = time.perf_counter(), time.process_time()
report = import_shop(store, open_source(source))
print(json.dumps({
    "seconds": round(time.perf_counter() - began, 1), "cpu_seconds": round(time.process_time() - worked, 1),
    "new": report.new,
    "peak_memory_mb": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
}))
"""


def run(quick: bool = False) -> dict[str, Any]:
    """`quick` brings in a tenth."""
    purchases, customers, products = (100_000, 10_000, 5_000) if quick else (1_000_000, 100_000, 20_000)
    figures: dict[str, Any] = {"purchases": purchases, "customers": customers, "products": products}
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        os.environ["CANDIDE_CONFIG"] = str(place / "config")
        source = place / "source"
        figures["source_mb"] = write_shop(source, purchases, customers, products)
        database = os.environ.get("CANDIDE_BENCH_DATABASE") or str(place / "shop.db")
        figures["other_load"] = round(os.getloadavg()[0], 1)
        figures["import"] = _import(database, source, "make")
        figures["import_again"] = _import(database, source, "open")
        figures["read"] = _reads(database, customers)
        figures["keys"] = _rotation(database)
        figures["erase_one_s"] = _erasure(database)
        if database == str(place / "shop.db"):
            figures["database_mb"] = round((place / "shop.db").stat().st_size / 1e6)
    figures["goals"] = {"import_s": 120, "peak_memory_mb": 1536}
    return figures


def write_shop(folder: Path, purchases: int, customers: int, products: int) -> float:
    """CSV files of an invented shop, purchases in the order of their days, as a till writes them; their size in MB."""
    folder.mkdir(parents=True)
    draw = random.Random(6)

    def table(name: str, header: str, rows) -> None:
        with (folder / f"{name}.csv").open("w", encoding="utf-8", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(header.split())
            writer.writerows(rows)

    table(
        "categories",
        "id name_fr form_fr name_en form_en life_cycle renewal_days sensitive gift",
        (
            (f"c{n}", f"rayon {n}", "m", f"aisle {n}", "s", "consumable", 30, "health" if n == 7 else "", "")
            for n in range(50)
        ),
    )
    table("products", "id category brand name_fr form_fr name_en form_en price stock",
          ((f"p{n}", f"c{n % 50}", "Brunelle", f"article {n}", "m", f"item {n}", "s", f"{1 + n % 90}.90", n % 40)
           for n in range(products)))  # fmt: skip
    table(
        "customers",
        "id name language birth_year email",
        ((f"k{n}", f"Client Numéro {n}", "fr", 1950 + n % 50, f"k{n}@example.org") for n in range(customers)),
    )
    last, span = date.today() - timedelta(days=1), 730
    days = [(last - timedelta(days=span - day)).isoformat() for day in range(span)]

    def bought(n: int) -> tuple:
        who, what = int(customers * draw.random() ** 2), int(products * draw.random() ** 3)
        return f"k{who}", f"p{what}", days[n * span // purchases], 1 + (n % 7 == 0), f"{1 + n % 90}.90", f"T{n // 3}"

    table("purchases", "customer product date quantity price order", map(bought, range(purchases)))
    return round(sum(path.stat().st_size for path in folder.iterdir()) / 1e6, 1)


def _import(database: str, source: Path, made: str) -> dict[str, Any]:
    command = [sys.executable, "-c", _IMPORT, database, str(source), made]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    return json.loads(done.stdout.strip().splitlines()[-1])


def _reads(database: str, customers: int) -> dict[str, float]:
    from personalization.store.shop_store import ShopStore

    store, times = ShopStore.open(database), []
    for number in range(0, customers, customers // 200):
        began = time.perf_counter()
        found = store.customer(store.find(f"k{number}"))
        times.append((time.perf_counter() - began, len(found.purchases)))
    store.close()
    times.sort()
    return {
        "customer_p50_ms": round(times[len(times) // 2][0] * 1e3, 2),
        "customer_p95_ms": round(times[-10][0] * 1e3, 2),
    }


def _rotation(database: str) -> dict[str, float]:
    from personalization.store.shop_store import ShopStore

    store = ShopStore.open(database)
    began = time.perf_counter()
    count = store.keys.rotate()
    taken = time.perf_counter() - began
    store.close()
    return {"rewrapped": count, "rotation_s": round(taken, 2)}


def _erasure(database: str) -> float:
    from personalization.store.erasure import erase
    from personalization.store.shop_store import ShopStore

    store = ShopStore.open(database)
    began = time.perf_counter()
    erase(store, store.find("k1"))
    taken = time.perf_counter() - began
    store.close()
    return round(taken, 3)
