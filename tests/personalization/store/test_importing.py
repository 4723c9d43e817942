"""A retailer's data come in whole or not at all, once, from files or databases, under any names."""

from __future__ import annotations

import csv
from datetime import date, timedelta

import pytest

from personalization.catalogue import CatalogueError
from personalization.shop import Shop
from personalization.store.errors import ImportRefused, MappingError, NoShop
from personalization.store.importing import import_shop
from personalization.store.mapping import load_mapping
from personalization.store.shop_store import ShopStore
from personalization.store.sources import open_source
from personalization.store.stored_shop import StoredShop
from tests.personalization.store.conftest import TODAY

KINDS = "id,name_fr,form_fr,name_en,form_en,life_cycle,renewal_days\ntea,thé,m,tea,u,consumable,30\n"
THINGS = (
    "id,category,name_fr,form_fr,name_en,form_en,price,stock\n"
    "green,tea,thé vert,m,green tea,u,4.50,3\nblack,tea,thé noir,m,black tea,u,5.00,8\n"
)
PEOPLE = "id,name\n7,Zadig\n8,Astarté\n"


def write(folder, **tables: str) -> str:
    for name, text in {"categories": KINDS, "products": THINGS, "customers": PEOPLE, **tables}.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return str(folder)


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "source"
    folder.mkdir()
    return folder


@pytest.fixture
def empty(place):
    store = ShopStore.make(place, "Belmont", {})
    yield store
    store.close()


@pytest.fixture
def file_empty(tmp_path):
    store = ShopStore.make(str(tmp_path / "shop.db"), "Belmont", {})
    yield store
    store.close()


def bring(store, folder, **more):
    return import_shop(store, open_source(str(folder)), today=TODAY, **more)


def test_the_demo_shop_comes_out_of_the_database_as_it_went_in(shop):
    here, there = StoredShop(shop, TODAY), Shop.load(today=TODAY)
    assert here.catalogue.products == there.catalogue.products
    assert here.catalogue.categories == there.catalogue.categories
    assert here.stores == tuple(sorted(there.stores, key=lambda each: each.id)) and here.brand == there.brand
    assert len(there.customers) == 16
    for customer in there.customers:
        assert here.customer(customer.name) == customer


def test_importing_again_changes_nothing(shop):
    from personalization.assets import asset

    before = shop.counts()
    report = bring(shop, asset("shop"))
    assert not any(report.new.values()) and not any(report.changed.values())
    after = shop.counts()
    assert {name: count for name, count in after.items() if name != "ledger"} == {
        name: count for name, count in before.items() if name != "ledger"
    }


def test_the_same_thing_twice_the_same_day_is_two_purchases_and_stays_two(empty, source):
    write(source, purchases="customer,product,date\n7,green,2026-05-01\n7,green,2026-05-01\n")
    assert bring(empty, source).new["purchases"] == 2
    assert bring(empty, source).new["purchases"] == 0
    assert [each.product for each in empty.customer(empty.find("7")).purchases] == ["green", "green"]


def test_what_changed_is_changed_and_what_a_file_does_not_say_is_kept(empty, source):
    write(source, customers="id,name,phone,language\n7,Zadig,0102030405,en\n")
    bring(empty, source)
    write(source, customers="id,name\n7,Zadig d'Argent\n", products=THINGS.replace("4.50", "4.90"))
    report = bring(empty, source)
    assert report.changed["customers"] == 1 and report.changed["products"] == 1 and report.new["customers"] == 0
    person = empty.person(empty.find("zadig d'argent"))
    assert person["phone"] == "0102030405" and person["language"] == "en"
    assert str(empty.catalogue().get("green").price) == "4.90"


def test_a_return_marks_one_purchase_once(empty, source):
    bought = "customer,product,date,order\n7,green,2026-05-01,A\n7,green,2026-05-03,B\n7,black,2026-05-03,B\n"
    write(source, purchases=bought, returns="customer,product,date\n7,green,2026-05-05\n")
    for _ in range(2):
        bring(empty, source)
        back = {(each.product, each.order): each.returned for each in empty.customer(empty.find("7")).purchases}
        assert back == {("green", "A"): None, ("green", "B"): date(2026, 5, 5), ("black", "B"): None}
    (source / "purchases.csv").write_text(bought + "7,green,2026-05-04,C\n", encoding="utf-8")
    bring(empty, source)
    back = [each.order for each in empty.customer(empty.find("7")).purchases if each.returned]
    assert back == ["B"]


def test_stock_comes_by_itself_and_an_import_without_it_leaves_it(empty, source):
    write(source, stock="product,stock\ngreen,41\n")
    bring(empty, source)
    assert empty.catalogue().get("green").stock == 41
    (source / "stock.csv").unlink()
    write(source, products=THINGS.replace(",stock", "").replace("4.50,3", "4.50").replace("5.00,8", "5.00"))
    bring(empty, source)
    assert empty.catalogue().get("green").stock == 41


def test_what_sells_is_counted_where_no_file_says_it(empty, source):
    rows = "".join(f"7,green,{TODAY - timedelta(days=day)},{day}\n" for day in range(1, 4))
    write(source, purchases=f"customer,product,date,order\n{rows}8,black,2020-01-01,9\n")
    bring(empty, source)
    assert {each.id: each.sold for each in empty.catalogue()} == {"green": 3, "black": 0}


def test_a_mapping_names_their_columns_values_and_forms(empty, source):
    (source / "articles.csv").write_text(
        "code;rayon;libellé;prix\nV;1;thé vert;4,50\nN;1;thé noir;5,00\n", encoding="cp1252"
    )
    (source / "clients.csv").write_text("no;nom\n7;Zadig\n", encoding="utf-8")
    (source / "tickets.csv").write_text("client;article;jour;ticket\n7;V;03/05/2026;T1\n", encoding="utf-8")
    write(source)
    for name in ("products", "customers"):
        (source / f"{name}.csv").unlink()
    mapping = source / "map.yaml"
    mapping.write_text(
        "tables:\n"
        "  products: {file: articles.csv, delimiter: ';', encoding: cp1252, columns: {id: code, category: rayon, "
        "name_fr: libellé, name_en: libellé, price: prix}, values: {category: {1: tea}}, "
        "defaults: {form_fr: m, form_en: s}}\n"
        "  customers: {file: clients.csv, delimiter: ';', columns: {id: 'no', name: nom}}\n"
        "  purchases: {file: tickets.csv, delimiter: ';', date_format: '%d/%m/%Y', "
        "columns: {customer: client, product: article, date: jour, order: ticket}}\n",
        encoding="utf-8",
    )
    bring(empty, source, mapping=load_mapping(mapping))
    bought = empty.customer(empty.find("Zadig")).purchases
    assert [(each.product, each.date, each.order, str(each.price)) for each in bought] == [
        ("V", date(2026, 5, 3), "T1", "4.50")
    ]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("tables: {produits: {}}", "produits"),
        ("tables: {products: {columns: {cost: prix}}}", "cost"),
        ("tables: [", "YAML"),
        ("tables: {products: {colums: {}}}", "colums"),
    ],
)
def test_a_mapping_that_is_wrong_says_where(tmp_path, text, said):
    path = tmp_path / "map.yaml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(MappingError, match=said):
        load_mapping(path)


def test_parquet_and_a_database_bring_the_same_shop(empty, source, tmp_path):
    import pyarrow
    import pyarrow.parquet
    from sqlalchemy import create_engine, text

    write(source, purchases="customer,product,date,quantity\n7,green,2026-05-01,2\n8,black,2026-05-02,1\n")
    bring(empty, source)
    engine = create_engine(f"sqlite:///{tmp_path / 'theirs.db'}")
    typed = tmp_path / "parquet"
    typed.mkdir()
    for path in source.glob("*.csv"):
        rows = list(csv.DictReader(path.open(encoding="utf-8")))
        if path.stem == "purchases":
            rows = [row | {"date": date.fromisoformat(row["date"]), "quantity": int(row["quantity"])} for row in rows]
        pyarrow.parquet.write_table(pyarrow.Table.from_pylist(rows), typed / f"{path.stem}.parquet")
        with engine.begin() as connection:
            names = list(rows[0])
            connection.execute(text(f"CREATE TABLE {path.stem} ({', '.join(names)})"))
            values = ", ".join(f":{name}" for name in names)
            connection.execute(text(f"INSERT INTO {path.stem} VALUES ({values})"), rows)
    for other in (typed, engine.url):
        report = bring(empty, other)
        assert report.read["purchases"] == 2
        assert not any(report.new.values()) and not any(report.changed.values())


BAD = {
    "a customer's id twice": ({"customers": PEOPLE + "7,Memnon\n"}, "customers.csv, line 4", "line 2"),
    "a product's id twice": ({"products": THINGS + "green,tea,t,m,t,u,1.00,1\n"}, "products.csv, line 4", "earlier"),
    "a purchase's id twice": (
        {"purchases": "id,customer,product,date\n1,7,green,2026-05-01\n1,8,green,2026-05-01\n"},
        "purchases.csv, line 3", "earlier",
    ),
    "an unknown product": (
        {"purchases": "customer,product,date\n7,coal,2026-05-01\n"}, "purchases.csv, line 2", "coal",
    ),
    "an unknown customer": (
        {"purchases": "customer,product,date\n9,green,2026-05-01\n"}, "purchases.csv, line 2", "'9'",
    ),
    "a negative price": (
        {"purchases": "customer,product,date,price\n7,green,2026-05-01,-3\n"}, "purchases.csv, line 2", "negative",
    ),
    "a product's negative price": ({"products": THINGS.replace("4.50", "-4.50")}, "products.csv, line 2", "price"),
    "a date in the future": (
        {"purchases": "customer,product,date\n7,green,2026-06-16\n"}, "purchases.csv, line 2", "future",
    ),
    "a date that isn't": ({"purchases": "customer,product,date\n7,green,31/12/25\n"}, "purchases.csv, line 2", "date"),
    "no date": ({"purchases": "customer,product,date\n7,green,\n"}, "purchases.csv, line 2", "empty"),
    "a quantity below one": (
        {"purchases": "customer,product,date,quantity\n7,green,2026-05-01,0\n"}, "purchases.csv, line 2", "quantity",
    ),
    "a return of what wasn't bought": (
        {"returns": "customer,product,date\n7,green,2026-05-01\n"}, "returns.csv, line 2", "bring back",
    ),
    "a return before the purchase": (
        {"purchases": "customer,product,date,returned\n7,green,2026-05-02,2026-05-01\n"}, "purchases.csv", "before",
    ),
    "a stock that isn't a number": ({"stock": "product,stock\ngreen,many\n"}, "stock.csv, line 2", "many"),
    "a control character": ({"customers": "id,name\n7,Zad\x1fig\n"}, "customers.csv, line 2", "control"),
    "an order that doesn't exist as such": (
        {"orders": "customer,order,status\n7,A1,lost\n"}, "orders.csv, line 2", "lost",
    ),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_one_bad_row_is_named_and_nothing_comes_in(file_empty, source, what):
    tables, where, said = BAD[what]
    write(source, **tables)
    before = file_empty.counts()
    with pytest.raises(ImportRefused) as refused:
        bring(file_empty, source)
    assert where in str(refused.value.problems[0]) and said in str(refused.value.problems[0])
    assert refused.value.count == 1 and "--skip-bad" in str(refused.value)
    assert file_empty.counts() == before and not file_empty.keys.owners()


def test_the_other_rows_can_be_had(empty, source):
    write(source, purchases="customer,product,date\n7,coal,2026-05-01\n7,green,2026-05-01\n")
    report = bring(empty, source, skip_bad=True)
    assert report.left_out == 1 and report.new["purchases"] == 1


GARBAGE = {
    "no column of ours": b"a,b\n1,2\n",
    "empty": b"",
    "bytes that are no text": bytes(range(128, 256)) * 4000,
    "a line without an end": b"id,name\n" + b"x" * 3_000_000,
    "a quote without an end": b'id,name\n7,"' + b"y\n" * 200_000,
    "zeros": bytes(100_000),
}


@pytest.mark.parametrize("what", GARBAGE)
def test_a_file_of_garbage_is_refused_with_its_name(tmp_path, source, what):
    store = ShopStore.make(str(tmp_path / "shop.db"), "Belmont", {})
    write(source)
    (source / "customers.csv").write_bytes(GARBAGE[what])
    before = store.counts()
    with pytest.raises((CatalogueError, ImportRefused)) as refused:
        bring(store, source)
    told = refused.value.problems[0] if isinstance(refused.value, ImportRefused) else refused.value
    assert "customers.csv" in str(told)
    assert store.counts() == before
    store.close()


def test_a_gigabyte_of_garbage_fills_no_memory(tmp_path, source):
    """The file is sparse: a gigabyte of zeros without a line end."""
    import subprocess
    import sys

    write(source)
    with (source / "customers.csv").open("r+b") as file:
        file.seek(0, 2)
        file.truncate(2**30)
    code = (
        "import re, sys\n"
        "from pathlib import Path\n"
        "from personalization.store.importing import import_shop\n"
        "from personalization.store.shop_store import ShopStore\n"
        "from personalization.store.sources import open_source\n"
        "store = ShopStore.make(sys.argv[1], 'Belmont', {})\n"
        "try:\n    import_shop(store, open_source(sys.argv[2]))\n"
        "except Exception as error:\n    print(type(error).__name__, error)\n"
        # Not ru_maxrss: a process inherits its parent's through exec.
        "print(int(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1]) // 1024)\n"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "shop.db"), str(source)]
    said, megabytes = subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip().splitlines()
    assert said.startswith("CatalogueError") and "customers.csv" in said
    assert int(megabytes) < 400


def test_sources_that_are_not_there(tmp_path):
    with pytest.raises(NoShop, match="no such folder"):
        open_source(str(tmp_path / "nowhere"))
    with pytest.raises(NoShop, match="sqlite or postgresql"):
        open_source("mysql://localhost/theirs")


def test_a_recall_and_a_spelling_by_sound_come_in_and_go_again(empty, source):
    things = THINGS.splitlines()
    marked = f"{things[0]},recalled,said_fr\n{things[1]},yes,té vèr\n{things[2]},,\n"
    bring(empty, write(source, products=marked))
    found = empty.catalogue()
    assert found.products["green"].recalled and not found.products["black"].recalled
    assert found.said("fr") == {"thé vert": "té vèr"} and found.said("en") == {}
    bring(empty, write(source, products=marked.replace("yes", "no")))
    assert not empty.catalogue().products["green"].recalled
    with pytest.raises(ImportRefused) as refused:
        bring(empty, write(source, products=marked.replace("yes", "perhaps")))
    assert "recalled is 'perhaps': write yes" in str(refused.value.problems[0])
