"""Names are found by how they sound, however the recogniser spells them; sentences without a name give none."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlu.entities.by_sound import SoundIndex
from nlu.entities.catalogue_match import CatalogueMatcher
from nlu.entities.confusions import align, confusions, learn, read, write
from nlu.entities.phonemes import ALPHABET, INDEL, SUBSTITUTION, phonemes
from nlu.examples import expand, load_examples
from nlu.normalise import tokenise
from personalization.shop import Shop

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")


def sounds(word: str, language: str) -> str:
    return "".join(ALPHABET[place] for place in phonemes(word, language))


@pytest.mark.parametrize(
    ("one", "other", "language"),
    [
        ("eau", "haut", "fr"),
        ("sans", "cent", "fr"),
        ("brunel", "brunelle", "fr"),
        ("knight", "night", "en"),
        ("4", "quatre", "fr"),
        ("300", "three hundred", "en"),
    ],
)
def test_words_that_sound_the_same_have_the_same_phonemes(one, other, language):
    assert phonemes(one, language) == phonemes(other, language) != ()


def test_what_is_no_word_has_no_sound():
    assert phonemes("...", "fr") == ()


def test_the_same_letters_sound_otherwise_in_the_other_language():
    assert sounds("table", "fr") != sounds("table", "en")


def test_a_phoneme_is_nearest_to_itself_and_costs_are_the_same_both_ways():
    assert np.allclose(np.diag(SUBSTITUTION), 0)
    assert np.allclose(SUBSTITUTION, SUBSTITUTION.T)
    assert (SUBSTITUTION + np.eye(len(ALPHABET)) > 0).all()
    assert SUBSTITUTION.max() <= 1
    assert (INDEL > 0).all()


@pytest.mark.parametrize(("near", "far"), [("pb", "pm"), ("sz", "sk"), ("ie", "ia"), ("wu", "wi"), ("ʁɹ", "ʁp")])
def test_what_the_mouth_does_alike_costs_less(near, far):
    at = {phoneme: place for place, phoneme in enumerate(ALPHABET)}
    assert SUBSTITUTION[at[near[0]], at[near[1]]] < SUBSTITUTION[at[far[0]], at[far[1]]]


@pytest.fixture(scope="module")
def shop():
    return Shop.load()


def index(shop, language: str) -> tuple[SoundIndex, list[str]]:
    products = list(shop.catalogue.products.values())
    names = [str(product.names[language]) for product in products]
    return SoundIndex([[token.text for token in tokenise(name, language)] for name in names], language), names


@pytest.mark.parametrize(
    ("heard", "language", "name", "said"),
    [
        ("je voudrais la cafetière brune elle matin", "fr", "cafetière Brunelle Matin", "cafetière brune elle matin"),
        ("le café moulu tauréa classique", "fr", "café moulu Toréa Classique", "café moulu tauréa classique"),
        ("combien coûte la machine à capsules torrea mini", "fr", "machine à capsules Toréa Mini", None),
        ("un café d'étiopie alba", "fr", "café d'Éthiopie Alba", "café d'étiopie alba"),
        ("do you have the brunell matin coffee maker", "en", "Brunelle Matin coffee maker", None),
        ("I want the nor vic french press", "en", "Norvik French press", "nor vic french press"),
    ],
)
def test_a_misheard_name_is_found_where_it_was_said(shop, heard, language, name, said):
    sound, names = index(shop, language)
    tokens = tokenise(heard, language)
    best = sound.find([token.text for token in tokens])[0]
    assert names[best.name] == name
    if said:
        assert heard[tokens[best.first].start : tokens[best.last - 1].end] == said


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("où en est ma commande", "fr"),
        ("bonjour je voudrais parler à un conseiller s'il vous plaît", "fr"),
        ("oui", "fr"),
        ("", "fr"),
        ("where is my order please", "en"),
        ("I would like you to forget everything about me", "en"),
    ],
)
def test_a_sentence_without_a_name_gives_none(shop, text, language):
    assert index(shop, language)[0].find(text.split()) == []


def test_no_name_at_all_is_no_error():
    assert SoundIndex([], "fr").find(["bonjour", "madame"]) == []


def test_a_name_that_is_too_short_is_never_found_by_sound():
    assert SoundIndex([["Io"], ["Ea"]], "fr").find("il y a un rideau".split()) == []


@pytest.fixture(scope="module")
def french(shop):
    return index(shop, "fr")


@given(place=st.integers(0, 199), around=st.lists(st.sampled_from("euh alors bonjour donc voilà".split()), max_size=4))
def test_a_name_said_as_written_is_found_whatever_stands_around_it(french, place, around):
    sound, names = french
    words = [token.text for token in tokenise(names[place % len(names)], "fr")]
    assert sound.find([*around, *words, *around])[0].score > 0.99


def test_the_catalogue_is_matched_by_sound_and_a_name_read_right_stands(shop):
    matcher = CatalogueMatcher(shop.catalogue, "fr")
    deaf = CatalogueMatcher(shop.catalogue, "fr", by_sound=False)

    def products(which, text):
        return [match.id for match in which.find(tokenise(text, "fr")) if match.slot == "product"]

    assert products(matcher, "la cafetière brune elle matin") == ["brunelle-matin"]
    assert products(deaf, "la cafetière brune elle matin") != ["brunelle-matin"]
    assert products(matcher, "la cafetière Brunelle Matin") == ["brunelle-matin"]
    assert products(matcher, "je cherche une cafetière") == products(deaf, "je cherche une cafetière") == []


def test_learnt_costs_are_costs_of_this_alphabet():
    costs, lost = confusions()
    assert costs.shape == SUBSTITUTION.shape and lost.shape == INDEL.shape
    assert (np.diag(costs) == 0).all() and (costs >= 0).all() and (costs <= 1).all()
    assert (lost > 0).all() and (lost <= 1).all()


def test_a_confusion_that_was_heard_often_costs_less_and_one_that_never_was_not():
    p, b, i = (ALPHABET.index(each) for each in "pbi")
    said, heard = [i, p, i, p], [i, b, i, b]
    costs, _ = learn([(said, heard)] * 30)
    before, _ = learn([(said, said)] * 30)
    assert costs[p, b] < before[p, b]
    assert costs[p, b] < costs[b, p]


def test_an_alignment_says_what_each_phoneme_was_heard_as():
    said = phonemes("brunelle", "fr")
    heard = [*phonemes("la", "fr"), *said[:-1], *phonemes("oui", "fr")]
    total, aligned = align(said, heard, SUBSTITUTION, INDEL)
    assert [one for one, _ in aligned] == list(said)
    assert [(one, other) for one, other in aligned[:-1] if one != other] == []
    assert 0 < total <= INDEL.max()


def test_a_file_of_confusions_is_read_as_it_was_written_and_another_alphabets_is_refused(tmp_path):
    costs, lost = learn([(phonemes("matin", "fr"), phonemes("satin", "fr"))] * 5)
    write(tmp_path / "heard.csv", costs, lost)
    again, without = read(tmp_path / "heard.csv")
    assert np.allclose(again, costs, atol=0.006) and np.allclose(without, lost, atol=0.006)
    (tmp_path / "other.csv").write_text("said,x,lost\nx,0,1\n", encoding="utf-8")
    with pytest.raises(ValueError, match="other phonemes"):
        read(tmp_path / "other.csv")


@pytest.mark.parametrize(
    ("language", "heard", "meant"),
    [
        ("fr", "je cherche la brounelle matin", "Brunelle Matin"),
        ("fr", "combien coûte la brou nelle matain", "Brunelle Matin"),
        ("en", "do you have the brew nell matin coffee maker", "Brunelle Matin"),
    ],
)
def test_a_second_hearing_listens_for_what_the_text_sounds_like(language, heard, meant):
    found = _shop_with_stores(language).misheard(heard)
    assert any(meant in each.name for each in found)
    assert 1 <= len(found) <= 8
    assert all(each.name in each.said and 0 < each.likeness <= 1 and not each.usual for each in found)
    name, said, *_ = found[0]  # what comes before the name stays as it was heard
    assert meant in name and said.split()[:2] == heard.split()[:2] and said.count("Matin") == 1


def _shop_with_stores(language):
    shop = Shop.load()
    return CatalogueMatcher(shop.catalogue, language, {store.id: store.name for store in shop.stores})


@pytest.mark.parametrize(
    ("language", "heard", "meant", "everyday"),
    [
        ("fr", "je cherche un gris pain pour ma mère", "je cherche un grille-pain pour ma mère", True),
        ("fr", "vous avez un réfugiérateur", "vous avez un réfrigérateur", False),
        ("fr", "vous êtes ouverts à lion belle court ?", "vous êtes ouverts à Lyon Bellecour ?", False),
        ("en", "how much is the cattle?", "how much is the kettle?", False),
        ("en", "I'm looking for the scaler.", "I'm looking for the descaler.", False),
    ],
)
def test_a_category_or_a_store_may_have_been_misheard_too(language, heard, meant, everyday):
    found = [each for each in _shop_with_stores(language).misheard(heard) if each.usual]
    assert 1 <= len(found) <= 3
    assert (found[0].said, found[0].everyday) == (meant, everyday)


@pytest.mark.parametrize(
    ("language", "heard"),
    [
        ("fr", "je cherche un grille-pain pour ma mère"),
        ("fr", "mon numéro de téléphone a changé"),
        ("fr", "le magasin de Lyon est ouvert ?"),
        ("en", "how much is a washing machine at your place?"),
    ],
)
def test_where_a_category_or_a_store_was_read_no_other_is_looked_for(language, heard):
    found = _shop_with_stores(language).misheard(heard)
    # A product of that category would take nothing but everyday words' place: it must be likelier.
    assert all(each.everyday and not each.usual for each in found)


@pytest.mark.parametrize("language", ["fr", "en"])
def test_few_requests_without_a_product_sound_like_one(language):
    matcher = _shop_with_stores(language)
    texts = [next(iter(expand([each]))).text for each in load_examples(language)[::20]]
    named = {
        text for text in texts
        if any(name.slot in ("product", "category") for name in matcher.find(tokenise(text, language)))
    }  # fmt: skip
    without = [text for text in texts if text not in named]
    assert len(without) > 100
    found = [matcher.misheard(each) for each in without]
    assert sum(any(not name.usual for name in each) for each in found) <= 0.08 * len(without)
    assert sum(map(bool, found)) <= 0.3 * len(without)
    assert matcher.misheard("") == []


@pytest.mark.parametrize("language", ["fr", "en"])
def test_nothing_is_listened_for_where_a_product_was_read_in_full(language):
    shop = Shop.load()
    matcher = CatalogueMatcher(shop.catalogue, language)
    names = [str(product.names[language]) for product in shop.catalogue.products.values()]
    read = [name for name in names if not matcher.misheard(name)]
    assert len(read) >= 0.95 * len(names)


def test_a_name_is_found_as_it_is_said_though_it_is_written_otherwise():
    shop = Shop.load()
    product = next(each for each in shop.catalogue if each.id == "brunelle-matin")
    product.said["fr"] = "cafetière Vroumaxe Souaré"
    try:
        matcher = CatalogueMatcher(shop.catalogue, "fr")
        heard = tokenise("je voudrais la cafetière vrou maxe soirée", "fr")
        found = [match.id for match in matcher.find(heard)]
        assert found[:1] == [product.id]
    finally:
        product.said.clear()


@pytest.mark.parametrize(
    ("language", "heard"),
    [
        ("en", "I'm calling about some discaler."),
        ("en", "I'm looking for a washing mashine."),
        ("fr", "je cherche une brosse à dans électrique"),
        ("fr", "il me faut un aspirateure"),
    ],
)
def test_a_category_that_was_misheard_is_no_product_of_it(language, heard):
    found = _shop_with_stores(language).find(tokenise(heard, language))
    assert not [match.id for match in found if match.slot == "product"]
