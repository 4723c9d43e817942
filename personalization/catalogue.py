"""What the shop sells: categories with their life-cycle, and products, read from two CSV files."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from enum import StrEnum
from functools import cached_property
from pathlib import Path

from personalization.assets import asset
from personalization.grammar import Name, plain
from personalization.phrases import LANGUAGES

__all__ = [
    "CATEGORY_COLUMNS",
    "PRODUCT_COLUMNS",
    "PRODUCT_MORE_COLUMNS",
    "Catalogue",
    "CatalogueError",
    "Category",
    "LifeCycle",
    "Product",
    "category_from_row",
    "load_catalogue",
    "product_from_row",
    "rows_of",
]


class LifeCycle(StrEnum):
    """What becomes of a thing of this category once it is owned."""

    DURABLE = "durable"
    """One is enough for years: another of the category isn't offered before its renewal."""
    WEARS = "wears"
    """Worn out after its renewal period, then offered again."""
    CONSUMABLE = "consumable"
    """Runs out: offered again in the customer's own rhythm."""
    ONE_OFF = "one_off"
    """The same one is never wanted twice, another of the category may be (a game, a pan, a case)."""


class CatalogueError(ValueError):
    """A row of a shop file can't be used.

    Attributes:
        file: the file's name. line: its line number, counting from 1. what: what is wrong and what to do.
    """

    def __init__(self, file: str, line: int, what: str) -> None:
        self.file, self.line, self.what = file, line, what
        super().__init__(f"{file}, line {line}: {what}")


@dataclass(frozen=True)
class Category:
    id: str
    names: dict[str, Name] = field(hash=False)
    life_cycle: LifeCycle
    renewal_days: int
    """Days until one wears out or runs out, where the customer's own rhythm isn't known."""
    sensitive: str | None = None
    """"health", "pregnancy", "intimacy", "religion" or "politics": never fed to a score, never offered unasked."""
    gift: bool = False
    """Something one would give: where a present is sought and no kind is named, only these are thought of."""


@dataclass(frozen=True)
class Product:
    id: str
    category: str
    brand: str
    names: dict[str, Name] = field(hash=False)
    price: Decimal
    """Euros."""
    stock: int = 0
    sensitive: str | None = None
    minimum_age: int = 0
    """Years; 0 for none."""
    goes_with: tuple[str, ...] = ()
    """Product or category ids it is an accessory or a refill of."""
    about: dict[str, str] = field(default_factory=dict, hash=False)
    guarantee_years: int = 0
    recalled: bool = False
    """Called back by its maker or an authority: never offered, whatever is in stock."""
    said: dict[str, str] = field(default_factory=dict, hash=False)
    """The name as its language would spell it by its sound, by language, where a voice would misread it."""
    sold: int = 0
    """Sold over the last year, in all: how popular it is."""


class Catalogue:
    """Products and categories by id, and the rows that could not be used.

    Args:
        problems: what `load_catalogue` left out, one error per row.
    """

    def __init__(
        self, categories: dict[str, Category], products: dict[str, Product], problems: tuple[CatalogueError, ...] = ()
    ) -> None:
        self.categories = categories
        self.products = products
        self.problems = problems
        self.by_sales = tuple(sorted(products.values(), key=lambda each: (-each.sold, each.id)))
        """Every product, best sold first."""
        self._by_category: dict[str, list[Product]] = {each: [] for each in categories}
        self._accessories: dict[str, list[Product]] = {}
        for product in self.by_sales:
            self._by_category[product.category].append(product)
            for target in product.goes_with:
                self._accessories.setdefault(target, []).append(product)

    def __iter__(self) -> Iterator[Product]:
        return iter(self.products.values())

    def __len__(self) -> int:
        return len(self.products)

    def get(self, product: str) -> Product | None:
        return self.products.get(product)

    def category(self, product: Product) -> Category:
        return self.categories[product.category]

    def said(self, language: str) -> dict[str, str]:
        """Names that a voice is to read otherwise than they are written, and how."""
        return {str(each.names[language]): each.said[language] for each in self if each.said.get(language)}

    def in_category(self, category: str) -> tuple[Product, ...]:
        """Its products, best sold first; none for an unknown category."""
        return tuple(self._by_category.get(category, ()))

    @cached_property
    def best_of_kinds(self) -> tuple[Product, ...]:
        """The best seller of each category that may be offered unasked, best sold first."""
        best: dict[str, Product] = {}
        for product in self.by_sales:
            usable = product.stock > 0 and not product.minimum_age and not product.recalled
            if usable and product.category not in best and self.sensitive(product) is None:
                best[product.category] = product
        return tuple(best.values())

    def sensitive(self, product: Product) -> str | None:
        """Why the product is sensitive, of itself or by its category; None where it isn't."""
        return product.sensitive or self.categories[product.category].sensitive

    def accessories(self, product: Product) -> tuple[Product, ...]:
        """What goes with it: made for it first, then made for its category; best sold first in each."""
        own = self._accessories.get(product.id, [])
        general = [each for each in self._accessories.get(product.category, []) if each not in own]
        return (*own, *general)

    def accessories_of(self, id: str) -> tuple[Product, ...]:
        """What goes with a product or its category, in any order; none for an unknown id."""
        product = self.products.get(id)
        if product is None:
            return ()
        return (*self._accessories.get(id, ()), *self._accessories.get(product.category, ()))

    def search(self, text: str, language: str, limit: int = 5) -> tuple[tuple[Product, float], ...]:
        """Products whose name shares words with `text`, best first, with the share of the text's words found (0 to 1).

        Exact words only, accents and case aside; hearing mistakes are `nlu`'s affair.
        """
        wanted = set(plain(text).replace("'", " ").replace("-", " ").split())
        found = []
        for product in self.products.values():
            words = set(plain(f"{product.names[language]} {product.brand}").replace("'", " ").replace("-", " ").split())
            if common := wanted & words:
                found.append((product, len(common) / len(wanted)))
        found.sort(key=lambda pair: (-pair[1], -pair[0].sold, pair[0].id))
        return tuple(found[:limit])


def rows_of(path: Path, required: tuple[str, ...]) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a CSV file with their line numbers, values stripped. A row short of cells has empty ones.

    Raises:
        CatalogueError: the file isn't UTF-8, or a required column is missing from its first line.
    """
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.DictReader(file)
            missing = [name for name in required if name not in (reader.fieldnames or ())]
            if missing:
                raise CatalogueError(path.name, 1, f"column {', '.join(missing)} is missing: add it to the first line")
            for row in reader:
                yield (
                    reader.line_num,
                    {key: (value or "").strip() for key, value in row.items() if isinstance(key, str)},
                )
    except UnicodeDecodeError as broken:
        raise CatalogueError(path.name, 1, "not UTF-8 text: save it again as CSV UTF-8") from broken
    except csv.Error as broken:
        raise CatalogueError(path.name, 1, f"not well-formed CSV ({broken}): save it again as CSV") from broken


def load_catalogue(path: Path | None = None, strict: bool = False) -> Catalogue:
    """Read `categories.csv` and `products.csv` of a folder (the demo shop's by default).

    Args:
        strict: raise at the first bad row; otherwise it is left out and reported in `Catalogue.problems`.

    Raises:
        CatalogueError: a bad row (strict), or a file that can't be read at all.
    """
    folder = path or asset("shop")
    problems: list[CatalogueError] = []
    categories = _read(folder / "categories.csv", CATEGORY_COLUMNS, category_from_row, {}, problems, strict)
    products = _read(folder / "products.csv", PRODUCT_COLUMNS, product_from_row, categories, problems, strict)
    return Catalogue(categories, products, tuple(problems))


CATEGORY_COLUMNS = (
    "id",
    "name_fr",
    "form_fr",
    "name_en",
    "form_en",
    "life_cycle",
    "renewal_days",
    "sensitive",
    "gift",
)
PRODUCT_COLUMNS = (
    "id category brand name_fr form_fr name_en form_en price stock sensitive minimum_age goes_with guarantee_years "
    "sold about_fr about_en"
).split()
PRODUCT_MORE_COLUMNS = ("recalled", "said_fr", "said_en")
"""Columns a shop may leave away."""


def _read(path, columns, build, categories, problems, strict):
    if not path.is_file():
        raise CatalogueError(
            path.name, 0, f"the file is missing: put one in {path.parent.name}/ or take the demo shop's"
        )
    built: dict = {}
    for line, row in rows_of(path, tuple(columns)):
        try:
            item = build(row, categories)
            if item.id in built:
                raise ValueError(f"id {item.id!r} stands on an earlier line too: give this one another id")
            built[item.id] = item
        except ValueError as wrong:
            problem = CatalogueError(path.name, line, str(wrong))
            if strict:
                raise problem from wrong
            problems.append(problem)
    return built


def category_from_row(row: dict[str, str], _: dict) -> Category:
    """A row of `CATEGORY_COLUMNS`. Raises ValueError, with what to correct."""
    if not row["id"]:
        raise ValueError("the id is empty: give the category one")
    try:
        life_cycle = LifeCycle(row["life_cycle"])
    except ValueError as unknown:
        raise ValueError(f"life_cycle {row['life_cycle']!r} is unknown: use one of {', '.join(LifeCycle)}") from unknown
    days = _whole(row, "renewal_days")
    return Category(row["id"], _names(row), life_cycle, days, row["sensitive"] or None, _yes(row, "gift"))


def product_from_row(row: dict[str, str], categories: dict[str, Category]) -> Product:
    """A row of `PRODUCT_COLUMNS`, perhaps of `PRODUCT_MORE_COLUMNS` too. Raises ValueError, with what to correct."""
    if not row["id"]:
        raise ValueError("the id is empty: give the product one")
    if row["category"] not in categories:
        raise ValueError(f"category {row['category']!r} is not in categories.csv: add it there or correct it")
    return Product(
        id=row["id"],
        category=row["category"],
        brand=row["brand"],
        names=_names(row),
        price=_price(row["price"]),
        stock=_whole(row, "stock"),
        sensitive=row["sensitive"] or None,
        minimum_age=_whole(row, "minimum_age"),
        goes_with=tuple(row["goes_with"].split()),
        about={language: row[f"about_{language}"] for language in LANGUAGES},
        guarantee_years=_whole(row, "guarantee_years"),
        recalled=_yes(row, "recalled"),
        said={language: row.get(f"said_{language}", "") for language in LANGUAGES},
        sold=_whole(row, "sold"),
    )


def _names(row: dict[str, str]) -> dict[str, Name]:
    names = {}
    for language in LANGUAGES:
        text, form = row[f"name_{language}"], row[f"form_{language}"]
        if not text:
            raise ValueError(f"name_{language} is empty: write what it is called in that language")
        allowed = ("m", "f", "mp", "fp", "mu", "fu") if language == "fr" else ("s", "p", "u")
        if form not in allowed:
            raise ValueError(f"form_{language} is {form!r}: use one of {', '.join(allowed)}")
        names[language] = Name(text, language, "f" if form[0] == "f" else "m", form.endswith("p"), form.endswith("u"))
    return names


def _price(text: str) -> Decimal:
    if not text:
        raise ValueError("the price is missing: write it in euros, such as 12.90")
    try:
        price = Decimal(text.replace(",", "."))
    except InvalidOperation as wrong:
        raise ValueError(f"the price {text!r} is not a number: write it in euros, such as 12.90") from wrong
    if not price.is_finite() or price <= 0 or price != round(price, 2):
        raise ValueError(f"the price {text!r} can't be: write an amount above zero with at most two decimals")
    return price


def _yes(row: dict[str, str], column: str) -> bool:
    text = row.get(column, "")
    if text not in ("", "yes", "no"):
        raise ValueError(f"{column} is {text!r}: write yes, or nothing")
    return text == "yes"


def _whole(row: dict[str, str], column: str) -> int:
    text = row[column]
    if not text:
        return 0
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"{column} is {text!r}: write a whole number, or nothing")
    return int(text)
