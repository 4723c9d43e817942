"""Next-basket recommendation on public baskets, with all rules on: recall, nDCG, true reasons, diversity, speed."""

from __future__ import annotations

import json
import math
import statistics
import subprocess
import sys
import time
from collections import Counter
from datetime import date
from typing import Any

import numpy as np

from personalization.baskets.complete_journey import PublicDataMissing
from personalization.baskets.model import BasketModel
from personalization.baskets.ranking import BasketRanking
from personalization.recommend import Recommender, Request
from tests.evals import _rankers as rankers
from tests.evals._baskets import LEAST_BASKETS, LEAST_BOUGHT, Split, catalogue_of, load, split, view_of

K = 10


def run(quick: bool = False) -> dict[str, Any]:
    """`quick` takes 600 customers, 60 of them for the reasons, and a tenth of the size for the speed.

    CANDIDE_BASKETS=FILE.csv takes other baskets: columns user, basket, item, time.
    """
    try:
        name, user, day, item, basket, kinds = load()
    except PublicDataMissing as missing:
        return {"skipped": str(missing)}
    parted = split(user, day, item, basket, kinds, 600 if quick else None)
    figures: dict[str, Any] = {"data": name, "protocol": _protocol(parted)}
    began = time.process_time()
    model = BasketModel.fit(parted.prior, parted.kinds, least=(2, 2))
    figures["training_cpu_s"] = round(time.process_time() - began, 1)
    rows = {"ours": _ours(parted, model, kinds, figures)} | _baselines(parted, figures)
    figures["at_10"] = {who: _summary(each) for who, each in rows.items()}
    figures["recall_at_10"] = figures["at_10"]["ours"]["recall"]
    figures["tifu_knn_recall_at_10"] = figures["at_10"]["tifu_knn"]["recall"]
    figures["ours_minus_tifu_knn"] = _difference(rows["ours"], rows["tifu_knn"])
    figures |= _reasons(parted, model, kinds, 60 if quick else 1000)
    figures["speed"] = _speed(quick)
    figures["goals"] = {
        "recall_at_10": "above every baseline", "verified_reasons": 1.0, "diversity_ndcg_cost": 0.03,
        "request_p95_ms": 10, "training_cpu_s": 60,
    }  # fmt: skip
    return figures


def _protocol(parted: Split) -> dict[str, Any]:
    return {
        "paper": "Li et al., A Next Basket Recommendation Reality Check, TOIS 2023",
        "customers": len(parted.tests), "products": len(parted.prior.items), "baskets_before": len(parted.prior),
        "least_baskets": LEAST_BASKETS, "least_times_bought": LEAST_BOUGHT,
        "basket": "what a customer bought in one day (CSV: as given)",
        "weights_fitted_on": "the six baskets before the test; TIFU-KNN's settings on the one before",
        "ours_knows": "the day of the request (at_10_variants.no_rules_day_unknown does without)",
    }  # fmt: skip


def measured(ranked: list[int], truth: frozenset[int], before: frozenset[int]) -> tuple[float, float, float, float]:
    """(recall, nDCG, recall of what was bought before, recall of what was not) at 10; NaN where there is none."""
    ranked = ranked[:K]
    hits = [column in truth for column in ranked]
    gain = sum(hit / math.log2(place + 2) for place, hit in enumerate(hits))
    ideal = sum(1 / math.log2(place + 2) for place in range(min(K, len(truth))))
    repeat, explore = truth & before, truth - before

    def share(part: frozenset[int]) -> float:
        return len(part & set(ranked)) / len(part) if part else math.nan

    return sum(hits) / len(truth), gain / ideal, share(repeat), share(explore)


def _before(parted: Split, number: int) -> frozenset[int]:
    rows = parted.prior.rows(number)
    matrix = parted.prior.matrix
    return frozenset(matrix.indices[matrix.indptr[rows.start] : matrix.indptr[rows.stop]].tolist())


def _ours(parted: Split, model: BasketModel, kinds, figures: dict[str, Any]) -> list[tuple]:
    catalogue, ranking = catalogue_of(parted, kinds), BasketRanking(model)
    columns, request = model.columns, Request(limit=K)
    kind = [parted.kinds[item] for item in parted.prior.items]
    rules, plain, bare, blind, three, calibration = [], [], [], [], [], ([], [])
    for number, day, truth in parted.tests:
        view, before = view_of(parted, number), _before(parted, number)
        recommender = Recommender(catalogue, date.fromordinal(day), ranking=ranking)
        offer, permitted = ([columns[each.id] for each in found] for found in recommender.products(view, request))
        rules.append(measured(offer, truth, before))
        plain.append(measured(permitted, truth, before))
        likely = ranking.of(view, date.fromordinal(day))
        bare.append(measured([columns[id] for id in likely.ids], truth, before))
        unknown = _expected_day(parted, number)
        blind.append(measured([columns[id] for id in ranking.of(view, unknown).ids], truth, before))
        short = recommender.products(view, Request(limit=3))[0]
        three.append((_dcg([columns[each.id] for each in short], truth), _dcg(permitted[:3], truth)))
        _calibrate(calibration, parted, kind, (permitted[:K], offer), number)
    figures["at_10_variants"] = {
        "no_diversity": _summary(plain), "no_rules": _summary(bare), "no_rules_day_unknown": _summary(blind)
    }  # fmt: skip
    cost = 1 - _mean(rules, 1) / _mean(plain, 1)
    figures["diversity_ndcg_cost"] = round(cost, 4)
    figures["diversity_ndcg_cost_of_three"] = round(1 - sum(a for a, _ in three) / sum(b for _, b in three), 4)
    before_after = [round(statistics.fmean(each), 3) for each in calibration]
    figures["calibration_kl"] = dict(zip(("no_diversity", "ours"), before_after, strict=True))
    return rules


def _dcg(ranked: list[int], truth: frozenset[int]) -> float:
    return sum((column in truth) / math.log2(place + 2) for place, column in enumerate(ranked))


def _expected_day(parted: Split, number: int) -> date:
    """Where the day isn't known: the last visit and the customer's median time between two."""
    days = parted.prior.day[parted.prior.rows(number)]
    gap = int(np.median(np.diff(days))) if len(days) > 1 else 7
    return date.fromordinal(int(days[-1]) + gap)


def _calibrate(into, parted: Split, kind: list[str], lists, number: int) -> None:
    """Steck, "Calibrated Recommendations", RecSys 2018: KL divergence of categories, history to list, alpha 0.01."""
    kind = [parted.kinds[item] for item in parted.prior.items] if not hasattr(parted, "_kind") else parted._kind
    rows = parted.prior.rows(number)
    matrix = parted.prior.matrix
    told = Counter(kind[c] for c in matrix.indices[matrix.indptr[rows.start] : matrix.indptr[rows.stop]])
    total = sum(told.values())
    for found, ranked in zip(into, lists, strict=True):
        shown = Counter(kind[column] for column in ranked)
        divergence = 0.0
        for each, count in told.items():
            share = count / total
            mixed = 0.99 * shown[each] / max(len(ranked), 1) + 0.01 * share
            divergence += share * math.log(share / mixed)
        found.append(divergence)


def _baselines(parted: Split, figures: dict[str, Any]) -> dict[str, list[tuple]]:
    prior = parted.prior
    setting = _tuned(prior)
    figures["tifu_knn_setting"] = str(setting)
    made = {
        "tifu_knn": lambda: rankers.tifu_knn(prior, *setting),
        "global_top": lambda: rankers.global_top(prior),
        "personal_top": lambda: rankers.personal_top(prior),
        "als": lambda: rankers.als(prior),
        "bm25": lambda: rankers.bm25(prior),
    }
    return {name: _measure(make(), parted) for name, make in made.items()}


def _measure(scores: np.ndarray, parted: Split) -> list[tuple]:
    found = []
    for number, _, truth in parted.tests:
        found.append(measured(_best(scores[number]), truth, _before(parted, number)))
    return found


def _best(scores: np.ndarray) -> list[int]:
    top = np.argpartition(-scores, K)[: K + 1] if len(scores) > K else np.arange(len(scores))
    return top[np.lexsort((top, -scores[top]))][:K].tolist()


def _tuned(prior):
    """The setting of TIFU-KNN with the best recall on the last basket before the test."""
    last = np.append(np.diff(prior.owner) != 0, True)
    single = np.bincount(prior.owner)[prior.owner] < 2
    past = prior.take(~last | single)
    rows = {user: number for number, user in enumerate(past.users)}
    matrix, truths = prior.matrix, []
    for place in np.flatnonzero(last & ~single):
        truth = frozenset(matrix.indices[matrix.indptr[place] : matrix.indptr[place + 1]].tolist())
        truths.append((rows[prior.users[prior.owner[place]]], truth))

    def recall(setting) -> float:
        scores = rankers.tifu_knn(past, *setting)
        return statistics.fmean(len(truth & set(_best(scores[number]))) / len(truth) for number, truth in truths)

    return max(rankers.TIFU_GRID, key=recall)


def _mean(rows: list[tuple], column: int) -> float:
    return float(np.nanmean([row[column] for row in rows]))


def _summary(rows: list[tuple]) -> dict[str, float]:
    names = ("recall", "ndcg", "repeat_recall", "explore_recall")
    return {name: round(_mean(rows, column), 4) for column, name in enumerate(names)}


def _difference(ours: list[tuple], theirs: list[tuple]) -> dict[str, list[float]]:
    """Mean difference and its 95 % interval over customers (bootstrap), of recall and nDCG."""
    draw, told = np.random.default_rng(6), {}
    for column, name in ((0, "recall"), (1, "ndcg")):
        gap = np.array([a[column] - b[column] for a, b in zip(ours, theirs, strict=True)])
        means = [gap[draw.integers(0, len(gap), len(gap))].mean() for _ in range(500)]
        told[name] = [round(float(each), 4) for each in (gap.mean(), *np.percentile(means, [2.5, 97.5]))]
    return told


def _reasons(parted: Split, model: BasketModel, kinds, customers: int) -> dict[str, Any]:
    """Three suggestions to each: is a cited reason true when the offer is made again without what it cites?"""
    catalogue, ranking, request = catalogue_of(parted, kinds), BasketRanking(model), Request(limit=3)
    cited = true = said = outside = offers = varied = 0
    for number, day, _ in parted.tests[:customers]:
        view = view_of(parted, number)
        recommender = Recommender(catalogue, date.fromordinal(day), ranking=ranking)
        suggestions = recommender.offer(view, request).suggestions
        offers += 1
        varied += len({each.product.category for each in suggestions}) >= 2
        habits = {catalogue.products[each.product].category for each in view.purchases}
        outside += any(each.product.category not in habits for each in suggestions)
        for each in suggestions:
            said += 1
            if each.evidence:
                cited += 1
                again, _ = recommender.products(view.without(set(each.evidence)), request)
                true += each.product.id not in {product.id for product in again}
    return {
        "verified_reasons": true / cited if cited else None, "reasons_checked": cited,
        "reasons_that_cite_purchases": round(cited / said, 3) if said else 0.0, "reasons_customers": offers,
        "offers_of_two_categories": round(varied / offers, 3),
        "offers_with_one_outside_habits": round(outside / offers, 3),
    }  # fmt: skip


_SPEED = """
import json, re, sys, time
from datetime import date
from decimal import Decimal
from pathlib import Path
import numpy as np
from personalization.baskets.history import Baskets
from personalization.baskets.model import BasketModel
from personalization.baskets.ranking import BasketRanking
from personalization.recommend import Recommender, Request
from tests.evals._baskets import Split, catalogue_of, view_of
products, lines, users = map(int, sys.argv[1:])
draw = np.random.default_rng(6)
user = (users * draw.random(lines) ** 1.5).astype(int)
taste = (products * draw.random((users, 25)) ** 3).astype(int)
item = np.where(draw.random(lines) < 0.6, taste[user, draw.integers(0, 25, lines)], products * draw.random(lines) ** 3)
day = 738000 + (draw.integers(0, 104, lines) * 7)
item = np.concatenate((item.astype(int), np.arange(products)))
user, day = np.concatenate((user, np.zeros(products, int))), np.concatenate((day, np.full(products, 737000)))
baskets = Baskets.of(user, day, np.char.add("p", item.astype(str)))
kinds = {name: ("", f"c{int(name[1:]) % 2000}") for name in baskets.items}
began, worked = time.perf_counter(), time.process_time()
model = BasketModel.fit(baskets, {name: kind for name, (_, kind) in kinds.items()})
trained = time.process_time() - worked
parted = Split(baskets, {}, [])
catalogue = catalogue_of(parted, kinds)
recommender = Recommender(catalogue, date.fromordinal(738000 + 730), ranking=BasketRanking(model))
views = [view_of(parted, int(number)) for number in draw.integers(1, len(baskets.users), 200)]
recommender.offer(views[0], Request(limit=3))

def timed(call):
    taken = []
    for view in views:
        start = time.perf_counter()
        call(view)
        taken.append((time.perf_counter() - start) * 1e3)
    return [round(float(each), 1) for each in np.percentile(taken, [50, 95])]

told = {
    "products": products, "purchases": lines, "customers": users, "training_cpu_s": round(trained, 1),
    "request_ms_p50_p95": timed(lambda view: recommender.products(view, Request(limit=3))),
    "with_verified_reason_ms_p50_p95": timed(lambda view: recommender.offer(view, Request())),
    "without_history_ms_p50_p95": timed(lambda view: recommender.products(None, Request(limit=3))),
    "peak_memory_mb": int(re.search(r"VmHWM:\\s+(\\d+)", Path("/proc/self/status").read_text())[1]) // 1024,
}
print(json.dumps(told))
"""


def _speed(quick: bool) -> dict[str, Any]:
    size = ("10000", "100000", "5000") if quick else ("100000", "1000000", "50000")
    done = subprocess.run([sys.executable, "-c", _SPEED, *size], capture_output=True, text=True)
    if done.returncode:
        return {"failed": done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "no word"}
    return json.loads(done.stdout.strip().splitlines()[-1])
