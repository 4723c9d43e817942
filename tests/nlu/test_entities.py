"""Slots: the names of the demo shop's catalogue, money, quantities, orders and people, as they are said and heard."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from num2words import num2words

from nlu.entities import extract
from nlu.entities.catalogue_match import CatalogueMatcher
from nlu.examples import word_list
from personalization.shop import Shop

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

SHOP = Shop.load(today=date(2026, 11, 24))
STORES = {store.id: store.name for store in SHOP.stores}
MATCHERS = {language: CatalogueMatcher(SHOP.catalogue, language, STORES) for language in ("fr", "en")}
BOTH = pytest.mark.parametrize("language", ["fr", "en"])


def found(said: str, language: str, expecting: str | None = None) -> list:
    return [each for each, _, _ in extract(said, language, MATCHERS[language], expecting, date(2026, 11, 24))]


def named(said: str, language: str) -> list[tuple[str, str]]:
    return [(each.slot, each.id) for each in found(said, language) if each.id]


def value(said: str, language: str, slot: str, expecting: str | None = None):
    return next((each.value for each in found(said, language, expecting) if each.slot == slot), None)


@BOTH
def test_each_products_full_name_is_that_product(language):
    frame = {"fr": "combien coûte {} s'il vous plaît", "en": "how much is the {} please"}[language]
    for product in SHOP.catalogue.products.values():
        for name in (str(product.names[language]), str(product.names[language]).lower()):
            assert named(frame.format(name), language) == [("product", product.id)], name


@BOTH
def test_each_categorys_name_and_synonyms_are_that_category(language):
    frame = {"fr": "je cherche {} s'il vous plaît", "en": "i'm looking for a {} please"}[language]
    synonyms = word_list("synonyms", language)
    for category in SHOP.catalogue.categories.values():
        for name in (str(category.names[language]), *synonyms.get(category.id, ())):
            assert named(frame.format(name), language) == [("category", category.id)], name


@BOTH
def test_a_brand_with_its_category_is_a_product_of_both(language):
    for product in SHOP.catalogue.products.values():
        category = str(SHOP.catalogue.categories[product.category].names[language])
        for slot, id in named(f"{category} {product.brand}", language):
            if slot == "product":
                assert SHOP.catalogue.products[id].brand == product.brand


@pytest.mark.parametrize(
    ("language", "said", "expected"),
    [
        ("fr", "je voudrais un lave-linge", [("category", "washing_machines")]),
        ("fr", "je voudrais le lave-linge Alto", [("product", "alto-lave")]),
        ("fr", "deux paquets de filtre à café brunel", [("product", "brunelle-filtres")]),
        ("fr", "un téléphone Kalyo Plus", [("product", "kalyo-plus")]),
        ("fr", "des croquettes pour chat", [("category", "pet_food")]),
        ("fr", "votre numéro de téléphone", []),
        ("fr", "rappelez-moi par téléphone", []),
        ("fr", "le magasin de Lyon Bellecour", [("store", "lyon")]),
        ("en", "a washing machine", [("category", "washing_machines")]),
        ("en", "the Alto washing machine", [("product", "alto-lave")]),
        ("en", "brunel coffee filters", [("product", "brunelle-filtres")]),
        ("en", "your phone number", []),
        ("en", "just in case", []),
        ("en", "a vacuum cleaner and vacuum bags", [("category", "vacuums"), ("category", "vacuum_bags")]),
    ],
)
def test_names_in_sentences(language, said, expected):
    assert named(said, language) == expected


@pytest.mark.parametrize(
    ("language", "said", "amount"),
    [
        ("fr", "moins de trente euros", 30),
        ("fr", "moins de 30 €", 30),
        ("fr", "entre vingt et trente euros", 30),
        ("fr", "deux euros cinquante", 2.5),
        ("fr", "2 € 50", 2.5),
        ("fr", "2,50 euros", 2.5),
        ("fr", "une cinquantaine d'euros", 50),
        ("fr", "douze euros quatre-vingt-dix-neuf", 12.99),
        ("fr", "quinze cents euros", 1500),
        ("fr", "1 200 €", 1200),
        ("en", "€1,299.99", 1299.99),
        ("en", "twelve hundred euros", 1200),
        ("en", "one pound fifty", 1.5),
        ("fr", "cent cinquante balles", 150),
        ("en", "under thirty euros", 30),
        ("en", "under €30", 30),
        ("en", "twenty to thirty quid", 30),
        ("en", "a hundred and fifty pounds", 150),
        ("en", "two euros fifty", 2.5),
    ],
)
def test_budgets(language, said, amount):
    assert value(said, language, "budget") == amount
    assert value(said, language, "quantity") is None


@given(amount=st.integers(2, 5000), language=st.sampled_from(["fr", "en"]))
def test_a_budget_is_the_same_in_words_and_digits(amount, language):
    frame = {"fr": "pas plus de {} euros", "en": "no more than {} euros"}[language]
    words = num2words(amount, lang=language)
    assert value(frame.format(words), language, "budget") == value(frame.format(amount), language, "budget") == amount
    assert value(words, language, "budget", "budget") == amount


@pytest.mark.parametrize(
    ("language", "said", "count"),
    [
        ("fr", "quatre filtres", 4),
        ("fr", "quatre filtre", 4),
        ("fr", "4 filtres", 4),
        ("fr", "trois paquets de café", 3),
        ("fr", "j'en voudrais un", 1),
        ("fr", "une douzaine de piles", 12),
        ("en", "four filters", 4),
        ("en", "4 filters", 4),
        ("en", "just one", 1),
        ("en", "half a dozen bulbs", 6),
        ("fr", "je cherche une lampe", None),
        ("fr", "dans trois jours", None),
        ("fr", "zéro six double quatre", None),
        ("en", "a lamp", None),
        ("en", "in three days", None),
    ],
)
def test_quantities(language, said, count):
    assert value(said, language, "quantity") == count


@pytest.mark.parametrize(
    ("language", "said", "order"),
    [
        ("fr", "ma commande CM 4821", "CM4821"),
        ("fr", "ma commande c'est la quatre huit deux un", "4821"),
        ("fr", "la commande numéro 4821", "4821"),
        ("en", "order CM 4821", "CM4821"),
        ("en", "my order number is four eight two one", "4821"),
        ("en", "call me at 17:30", None),
        ("fr", "commandez-moi deux filtres", None),
    ],
)
def test_orders(language, said, order):
    assert value(said, language, "order") == order


@pytest.mark.parametrize(
    ("language", "said", "who"),
    [
        ("fr", "un cadeau pour ma fille de huit ans", "ma fille de huit ans"),
        ("fr", "c'est pour le grand-père", "le grand-père"),
        ("fr", "un truc pour ma belle-mère", "ma belle-mère"),
        ("en", "something for my eight year old daughter", "my eight year old daughter"),
        ("en", "a present for my mother-in-law", "my mother-in-law"),
        ("en", "for my grandad", "my grandad"),
    ],
)
def test_recipients(language, said, who):
    assert value(said, language, "recipient") == who


@pytest.mark.parametrize(
    ("language", "said", "slot", "expected"),
    [
        ("fr", "le deuxième", "suggestion", "2"),
        ("fr", "la 2ème", "suggestion", "2"),
        ("fr", "plutôt l'autre", "suggestion", "other"),
        ("fr", "celui-là", "suggestion", "this"),
        ("fr", "oui, juste cette fois", "scope", "once"),
        ("fr", "pour cet appel", "scope", "conversation"),
        ("fr", "toujours", "scope", "lasting"),
        ("fr", "parlez moins vite", "direction", "slower"),
        ("fr", "en anglais", "language", "en"),
        ("fr", "mes achats", "purpose", "purchases"),
        ("en", "the 2nd one", "suggestion", "2"),
        ("en", "the other one", "suggestion", "other"),
        ("en", "that one", "suggestion", "this"),
        ("en", "just this once", "scope", "once"),
        ("en", "for this call", "scope", "conversation"),
        ("en", "always", "scope", "lasting"),
        ("en", "just this call", "scope", "conversation"),
        ("fr", "oui, juste pour cette conversation", "kind", None),
        ("fr", "combien de temps gardez-vous cette conversation", "kind", "voice_cues"),
        ("en", "speak up", "direction", "louder"),
        ("en", "in french", "language", "fr"),
    ],
)
def test_listed_words(language, said, slot, expected):
    assert value(said, language, slot) == expected


@given(st.text(max_size=200), st.sampled_from(["fr", "en"]), st.sampled_from([None, "budget", "order"]))
def test_odd_text_never_raises_and_what_is_found_was_said(text, language, slot):
    for entity, first, last in extract(text, language, MATCHERS[language], slot):
        assert first < last
        assert entity.said and entity.said in text
