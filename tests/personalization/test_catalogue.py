"""The shop's files: what is in them, and what a bad row is told."""

from __future__ import annotations

import shutil
from datetime import date, datetime

import pytest

from personalization.assets import asset
from personalization.catalogue import CatalogueError, load_catalogue
from personalization.shop import Shop, UnknownCustomer
from tests.personalization.shops import TODAY, shop

HEAD = (asset("shop") / "products.csv").read_text(encoding="utf-8").splitlines()[0]
GOOD = "good,kettles,Alto,bouilloire,f,kettle,s,19.90,3,,,,2,5,Bouilloire.,Kettle."


@pytest.fixture
def folder(tmp_path):
    copy = tmp_path / "shop"
    shutil.copytree(asset("shop"), copy)
    return copy


def write(folder, *rows):
    (folder / "products.csv").write_text("\n".join([HEAD, *rows]) + "\n", encoding="utf-8")


def test_the_demo_shop_is_whole():
    found = shop()
    assert found.problems == ()
    assert len(found.catalogue) >= 210 and len(found.catalogue.categories) >= 22 and len(found.customers) >= 12
    assert any(product.stock == 0 for product in found.catalogue)
    for product in found.catalogue:
        assert product.about["fr"] and product.about["en"]
        for target in product.goes_with:
            assert target in found.catalogue.products or target in found.catalogue.categories


@pytest.mark.parametrize(
    ("row", "says"),
    [
        (GOOD.replace("19.90", ""), "the price is missing: write it in euros"),
        (GOOD.replace("19.90", "cheap"), "is not a number"),
        (GOOD.replace("19.90", "-3"), "above zero"),
        (GOOD.replace("19.90", "3.999"), "two decimals"),
        (GOOD.replace("19.90", "nan"), "above zero"),
        (GOOD.replace("kettles", "spaceships"), "not in categories.csv"),
        (GOOD.replace(",f,", ",x,"), "form_fr is 'x'"),
        (GOOD.replace(",3,", ",many,"), "stock is 'many'"),
        (GOOD.replace("good,", ","), "the id is empty"),
        (GOOD.replace("bouilloire", ""), "name_fr is empty"),
        ("good,kettles", "name_fr is empty"),
        (GOOD, "stands on an earlier line"),
    ],
)
def test_a_bad_row_is_left_out_and_reported_with_its_line(folder, row, says):
    first = GOOD if row == GOOD else GOOD.replace("good", "other")
    write(folder, first, row)
    found = load_catalogue(folder)
    assert len(found) == 1
    (problem,) = found.problems
    assert (problem.file, problem.line) == ("products.csv", 3)
    assert says in str(problem) and str(problem).startswith("products.csv, line 3: ")
    with pytest.raises(CatalogueError, match="line 3"):
        load_catalogue(folder, strict=True)


@pytest.mark.parametrize(
    ("content", "says"),
    [(b"", "is missing"), (b"id,category\n", "is missing"), (b"\xff\xfe\x00", "UTF-8")],
)
def test_a_file_that_cannot_be_read_says_what_to_do(folder, content, says):
    (folder / "products.csv").write_bytes(content)
    with pytest.raises(CatalogueError, match=says):
        Shop.load(folder)


def test_a_missing_file_is_named(folder):
    (folder / "categories.csv").unlink()
    with pytest.raises(CatalogueError, match=r"categories\.csv"):
        Shop.load(folder)
    (folder / "shop.yaml").write_text("brand:\n")
    with pytest.raises(CatalogueError, match="no brand"):
        Shop.load(folder)


@pytest.mark.parametrize(
    ("file", "row"),
    [
        ("purchases.csv", "candide,flying-carpet,3,1,,"),
        ("purchases.csv", "candide,laveo-huit,soon,1,,"),
        ("purchases.csv", "candide,laveo-huit,-3,1,,"),
        ("purchases.csv", "candide,laveo-huit,99999999999,1,,"),
        ("purchases.csv", "nobody,laveo-huit,3,1,,"),
        ("orders.csv", "candide,CM1,teleported,1,laveo-huit"),
        ("stores.csv", "x,X,street,01,always open"),
        ("customers.csv", ",Nobody,fr,,,,"),
    ],
)
def test_a_bad_row_of_people_or_stores_is_reported_and_the_shop_opens(folder, file, row):
    with (folder / file).open("a", encoding="utf-8") as opened:
        opened.write(row + "\n")
    found = Shop.load(folder, TODAY)
    assert len(found.problems) == 1 and len(found.customers) == len(shop().customers)


@pytest.mark.parametrize("name", ["Cunégonde", "cunegonde", " CUNÉGONDE "])
def test_a_customer_is_found_whatever_the_accents(name):
    assert shop().customer(name).name == "Cunégonde"


def test_an_unknown_customer_gets_the_list():
    with pytest.raises(UnknownCustomer, match="Candide, Cunégonde"):
        shop().open_file("Arlequin")


def test_the_stories_follow_the_day():
    for today in (date(2026, 1, 1), date(2028, 2, 29)):
        last = Shop.load(today=today).customer("Cunégonde").purchases[-1]
        assert (last.product, (today - last.date).days) == ("laveo-huit", 10)


def test_store_hours():
    lyon = shop().store("bellecour")
    assert lyon.open_at(datetime(2026, 6, 15, 10, 0)) and not lyon.open_at(datetime(2026, 6, 15, 20, 0))
    assert not lyon.open_at(datetime(2026, 6, 14, 12, 0))  # a Sunday
    assert shop().store("Atlantis") is None


def test_search_finds_products_by_their_words():
    best, share = shop().catalogue.search("aspirateur ventora silence", "fr")[0]
    assert (best.id, share) == ("ventora-silence", 1.0)
    assert shop().catalogue.search("", "fr") == ()


def test_accessories_made_for_it_come_first():
    catalogue = shop().catalogue
    found = [each.id for each in catalogue.accessories(catalogue.products["laveo-huit"])]
    assert found[0] == "laveo-tapis" and "doucelia-liquide" in found


def test_a_recalled_thing_is_known_as_such_and_a_name_may_be_spelt_by_its_sound(folder):
    (folder / "products.csv").write_text(
        f"{HEAD},recalled,said_fr,said_en\n{GOOD},yes,bouilloire Alteau,\n", encoding="utf-8"
    )
    found = load_catalogue(folder, strict=True)
    assert found.products["good"].recalled and found.said("fr") == {"bouilloire": "bouilloire Alteau"}
    assert found.said("en") == {}
