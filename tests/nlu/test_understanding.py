"""What callers want, in both languages: typed as the recogniser writes it, with its mistakes, answers, corrections."""

from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlu.features import sounds
from nlu.human import asks_for_human
from nlu.meaning import INTENTS
from nlu.understanding import Understanding, as_json, understand_lines
from tests.nlu.scripted import TODAY, understanding

SAID = {
    "recommend": ["vous me conseillez quoi comme cafetière", "what would you recommend for a small kitchen"],
    "product_info": ["est-ce que la bouilloire Alto est bruyante", "tell me more about the Alto kettle"],
    "price": ["ça coûte combien le grille-pain Alto", "how much is the Alto toaster"],
    "availability": ["vous avez encore des filtres en stock", "do you have any filters left"],
    "order_status": ["ou et ma commande", "where's my parcel"],
    "return_item": ["je voudrais me faire rembourser", "i'd like to send this back"],
    "reorder": ["remettez-moi la même chose que d'habitude", "same again please"],
    "store_info": ["vous fermez à quelle heure ce soir", "what time do you close tonight"],
    "complaint": ["l'aspirateur que j'ai acheté est tombé en panne", "the vacuum i bought broke down"],
    "why": ["pourquoi vous me proposez ça", "why are you suggesting that"],
    "what_data": ["qu'est-ce que vous savez sur moi", "what do you know about me"],
    "who_sees": ["qui voit mes données", "who can see my data"],
    "how_long": ["combien de temps vous gardez mes données", "how long do you keep my data"],
    "consent_give": ["vous pouvez utiliser mes achats", "you may use my purchases"],
    "consent_withdraw": ["arrêtez d'utiliser mes achats", "stop using my purchases"],
    "erase": ["effacez toutes mes données", "delete all my data"],
    "export": ["envoyez-moi une copie de mes données", "send me a copy of my data"],
    "less_like_this": ["ne me proposez plus de vin", "stop suggesting wine to me"],
    "human": ["passez-moi un conseiller", "i want to talk to a real person"],
    "callback": ["rappelez-moi demain à dix heures", "call me back tomorrow at ten"],
    "repeat": ["vous pouvez répéter", "could you repeat that"],
    "adjust_speech": ["parlez moins vite", "speak more slowly"],
    "change_language": ["on peut parler anglais", "can we speak french"],
    "are_you_human": ["vous êtes un robot", "are you a robot"],
    "help": ["qu'est-ce que vous pouvez faire", "what can you do"],
    "affirm": ["oui bien sûr", "yes of course"],
    "deny": ["non merci", "no thanks"],
    "greet": ["bonjour", "hello"],
    "goodbye": ["au revoir bonne journée", "goodbye"],
    "thanks": ["merci beaucoup", "thank you very much"],
    "out_of_scope": ["quel temps fait-il à Marseille", "what's the capital of Peru"],
}


def understood(said: str, expecting: str | None = None, language: str = "fr"):
    return understanding().understand(said, language, expecting, TODAY)


def test_every_intent_is_in_the_table():
    assert set(SAID) == set(INTENTS)


@pytest.mark.parametrize(("intent", "language", "said"), [
    (intent, language, said) for intent, pair in SAID.items() for language, said in zip(("fr", "en"), pair, strict=True)
])  # fmt: skip
def test_intents(intent, language, said):
    meaning = understood(said, language=language)
    assert meaning.intent == intent
    assert meaning.confidence > 0.5


@pytest.mark.parametrize(
    ("language", "clean", "heard"),
    [
        ("fr", "où est ma commande", "Ou et ma commande ?"),
        ("fr", "quatre filtres à café", "4 filtre à café."),
        ("fr", "c'est combien les filtres à café Brunelle", "C'est combien, les filtres à café brunel ?"),
        ("fr", "je cherche une bouilloire", "euh je je cherche euh une bouilloire"),
        ("fr", "pourquoi celui-là", "Pourquoi celui là..."),
        ("en", "where is my order", "Wear is my order?"),
        ("en", "i'd like to return my kettle", "I'd like too return my kettle."),
        ("en", "i'm looking for a kettle", "um i'm i'm looking for uh a kettle"),
        ("en", "how much are the Brunelle coffee filters", "How much are the brunel coffee filters?"),
    ],
)
def test_what_the_recogniser_gets_wrong_changes_nothing(language, clean, heard):
    one, other = understood(clean, language=language), understood(heard, language=language)
    assert (one.intent, one.slots) == (other.intent, other.slots)


@pytest.mark.parametrize(
    ("language", "said", "first", "second"),
    [
        ("fr", "non merci, passez-moi quelqu'un", "human", "deny"),
        ("fr", "c'est combien et vous l'avez en stock", "price", "availability"),
        ("fr", "arrêtez d'utiliser mes achats et effacez tout", "consent_withdraw", "erase"),
        ("fr", "où est ma commande et je voudrais parler à un conseiller", "human", "order_status"),
        ("fr", "je ne suis pas satisfait, je veux être remboursé", "return_item", "complaint"),
        ("fr", "bonjour, je cherche une cafetière", "recommend", None),
        ("fr", "je cherche une cafetière et une bouilloire", "recommend", None),
        ("fr", "ok merci", "thanks", None),
        ("en", "no thanks, get me a person", "human", "deny"),
        ("en", "how much is it and do you have it in stock", "price", "availability"),
        ("en", "stop using my purchases and delete everything", "consent_withdraw", "erase"),
        ("en", "hi, i'm looking for a coffee maker", "recommend", None),
        ("en", "ok thanks", "thanks", None),
    ],
)
def test_two_intents_in_one_turn(language, said, first, second):
    meaning = understood(said, language=language)
    assert (meaning.intent, meaning.also.intent if meaning.also else None) == (first, second)


@pytest.mark.parametrize(
    ("language", "asked", "said", "intent", "slots"),
    [
        ("fr", "budget", "trente euros", "recommend", {"budget": 30}),
        ("fr", "budget", "30", "recommend", {"budget": 30}),
        ("fr", "budget", "une trentaine d'euros", "recommend", {"budget": 30}),
        ("fr", "recipient", "pour ma mère", "recommend", {"recipient": "ma mère"}),
        ("fr", "category", "une bouilloire", "recommend", {"category": "bouilloire"}),
        ("fr", "quantity", "deux", "reorder", {"quantity": 2}),
        ("fr", "order", "CM 4821", "order_status", {"order": "CM4821"}),
        ("fr", "date", "demain matin à dix heures", "callback", {"date": "2026-11-25", "time": "10:00"}),
        ("fr", "store", "Lyon", "store_info", {"store": "Lyon Bellecour"}),
        ("fr", "language", "anglais", "change_language", {"language": "en"}),
        ("fr", "choice", "le deuxième", "affirm", {"suggestion": "2"}),
        ("fr", "choice", "la 2ème", "affirm", {"suggestion": "2"}),
        ("fr", "choice", "l'autre", "affirm", {"suggestion": "other"}),
        ("fr", "choice", "celui-là", "affirm", {"suggestion": "this"}),
        ("fr", "yes_no", "bof", "deny", {}),
        ("fr", "confirm", "oui", "affirm", {}),
        ("en", "budget", "thirty euros", "recommend", {"budget": 30}),
        ("en", "budget", "thirty", "recommend", {"budget": 30}),
        ("en", "recipient", "for my mum", "recommend", {"recipient": "my mum"}),
        ("en", "date", "tomorrow at ten", "callback", {"date": "2026-11-25", "time": "10:00"}),
        ("en", "choice", "the second one", "affirm", {"suggestion": "2"}),
        ("en", "choice", "the other one", "affirm", {"suggestion": "other"}),
        ("en", "yes_no", "not really", "deny", {}),
        ("en", "yes_no", "yeah go on", "affirm", {}),
        ("fr", "yes_no", "oui s'il vous plaît", "affirm", {}),
        ("fr", "recipient", "ma femme", "recommend", {"recipient": "ma femme"}),
        ("en", "recipient", "my wife", "recommend", {"recipient": "my wife"}),
        ("en", "recipient", "for myself", "recommend", {"recipient": "myself"}),
        ("en", "budget", "no more than forty", "recommend", {"budget": 40}),
        ("fr", "choice", "le 2", "affirm", {"suggestion": "2"}),
        ("fr", "choice", "ni l'un ni l'autre", "deny", {}),
        ("en", "choice", "neither of those", "deny", {}),
        ("en", "choice", "is the first one in stock", "availability", {"suggestion": "1"}),
        ("fr", "choice", "il coûte combien le deuxième", "price", {"suggestion": "2"}),
        ("en", "choice", "the second", "affirm", {"suggestion": "2"}),
        ("en", "date", "the second", "callback", {"date": "2026-12-02"}),
        ("fr", None, "rappelez-moi dans une demi-heure", "callback", {"time": "PT30M"}),
        ("en", None, "call me back in two hours", "callback", {"time": "PT2H"}),
    ],
)
def test_a_bare_answer_is_read_in_the_light_of_the_question(language, asked, said, intent, slots):
    meaning = understood(said, asked, language)
    assert meaning.intent == intent
    assert slots.items() <= meaning.slots.items()


@pytest.mark.parametrize(
    ("language", "said", "yes", "scope"),
    [
        ("fr", "oui", True, None),
        ("fr", "oui, juste cette fois", True, "once"),
        ("fr", "juste cette fois", True, "once"),
        ("fr", "oui pour cet appel", True, "conversation"),
        ("fr", "oui toujours", True, "lasting"),
        ("fr", "non", False, None),
        ("fr", "je préfère pas", False, None),
        ("fr", "euh... oui, enfin non", False, None),
        ("en", "yes", True, None),
        ("en", "yes just this once", True, "once"),
        ("en", "only for this call", True, "conversation"),
        ("en", "no", False, None),
        ("en", "i'd rather not", False, None),
    ],
)
def test_consent_with_its_scope(language, said, yes, scope):
    meaning = understood(said, "consent:purchases", language)
    assert meaning.intent in (("affirm", "consent_give") if yes else ("deny", "consent_withdraw"))
    assert meaning.slots.get("scope") == scope


@pytest.mark.parametrize(
    ("language", "said", "intents"),
    [
        ("fr", "non, la rouge", {"deny", "recommend"}),
        ("fr", "non, pas celui-là, l'autre", {"deny", "recommend", "less_like_this"}),
        ("en", "no, the red one", {"deny", "recommend"}),
        ("en", "no not that one, the other one", {"deny", "recommend", "less_like_this"}),
    ],
)
def test_a_correction_is_no_consent(language, said, intents):
    assert understood(said, "yes_no", language).intent in intents


@pytest.mark.parametrize("said", ["", "   ", "...", "?!", "\u200b", "—"])
def test_nothing_said_is_nothing_understood(said):
    meaning = understood(said)
    assert (meaning.intent, meaning.confidence) == ("out_of_scope", 0.0)


@settings(max_examples=150, deadline=None)
@given(
    text=st.text(max_size=120)
    | st.lists(st.sampled_from("oui non euh et mais le 2 € 10h CM l' ²".split())).map(" ".join),
    language=st.sampled_from(["fr", "en"]),
    expecting=st.sampled_from([None, "budget", "order", "choice", "confirm", "consent:purchases", "date", "nonsense"]),
)
def test_odd_input_never_raises(text, language, expecting):
    meaning = understanding().understand(text, language, expecting, date(2028, 2, 29))
    assert meaning.intent in INTENTS
    assert 0.0 <= meaning.confidence <= 1.0
    assert meaning.text == text
    assert all(each.said in text for each in meaning.entities)


@pytest.mark.parametrize("text", ["bla " * 3000, "9" * 6000, "a" * 20_000, "oui et non, " * 800])
def test_very_long_input_is_understood_or_not_but_never_raises(text):
    assert understood(text).intent in INTENTS


def test_the_words_that_decided_are_words_that_were_said():
    for intent, (french, english) in SAID.items():
        for language, said in (("fr", french), ("en", english)):
            decided = understood(said, language=language).decided_by
            assert intent in ("affirm", "human", "deny") or decided, said
            assert all(word.split()[0] in said.lower().replace("é", "e").replace("ê", "e").replace("à", "a")
                       .replace("ù", "u").replace("û", "u").replace("ç", "c").replace("ô", "o").replace("è", "e")
                       or word in said for word in decided), (said, decided)  # fmt: skip


def test_the_word_that_matters_comes_first():
    assert understood("combien ça coûte s'il vous plaît").decided_by[0] in ("combien", "coute")
    assert "refund" in understood("could i please get a refund", language="en").decided_by


def test_another_language_is_refused_with_a_sentence():
    with pytest.raises(ValueError, match="fr, en"):
        understanding().understand("hallo", "de")


def test_as_json_and_lines():
    found = list(understand_lines(["bonjour", "", "c'est combien et vous l'avez en stock"], "fr"))
    assert [each["intent"] for each in found] == ["greet", "out_of_scope", "price"]
    assert found[2]["also"]["intent"] == "availability"
    assert set(as_json(understood("bonjour"))) == {
        "text", "language", "intent", "confidence", "slots", "decided_by", "entities", "runner_up", "also",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("language", "yes", "no"),
    [
        ("fr", "ça ne me gêne pas que vous utilisiez mes achats", "ça me gêne que vous utilisiez mes achats"),
        ("fr", "vous avez le droit de voir mes commandes", "vous n'avez plus le droit de voir mes commandes"),
        ("en", "i don't mind you using my purchases", "i do mind you using my purchases"),
        ("en", "you're allowed to look at my orders", "you're not allowed to look at my orders"),
    ],
)
def test_a_negation_turns_a_consent_round(language, yes, no):
    assert understood(yes, language=language).intent == "consent_give"
    assert understood(no, language=language).intent == "consent_withdraw"


@pytest.mark.parametrize("said", ["passe-moi le sel", "il faut que je rappelle ma tante", "et donc si je"])
def test_what_is_no_request_is_out_of_scope(said):
    assert understood(said).intent == "out_of_scope"


def test_slots_told_are_those_of_the_intent():
    assert "kind" not in as_json(understood("où sont mes commandes"))["slots"]
    assert as_json(understood("effacez mes commandes"))["slots"]["kind"] == "orders"


def test_what_sounds_the_same_is_written_the_same():
    assert sounds("l' effacement", "fr") == sounds("les fassements", "fr") != ""


@pytest.mark.parametrize("expecting", [None, "confirm", "consent:purchases"])
def test_a_letter_alone_is_no_yes(expecting):
    assert understanding().understand("Y", "en", expecting).intent == "why"
    for letter in "abcdefghijklmnopqrstuvwxz":
        for language in ("fr", "en"):
            assert understanding().understand(letter, language, expecting).intent == "out_of_scope"


@pytest.mark.parametrize(
    ("language", "said", "erase"),
    [
        ("fr", "n'effacez pas mes données", False),
        ("fr", "non n'effacez rien", False),
        ("fr", "surtout ne supprimez pas mon compte", False),
        ("fr", "ne gardez pas mes données, effacez-les", True),
        ("fr", "pourquoi vous n'effacez pas mes données", True),
        ("fr", "non, effacez tout", True),
        ("en", "no, don't delete", False),
        ("en", "please don't erase anything", False),
        ("en", "i don't want you to delete anything", False),
        ("en", "don't keep my data, delete it", True),
        ("en", "no, delete everything", True),
    ],
)
@pytest.mark.parametrize("expecting", [None, "confirm"])
def test_an_erasure_denied_is_none(language, said, erase, expecting):
    meaning = understanding().understand(said, language, expecting)
    intents = {part.intent for part in (meaning, meaning.also) if part is not None}
    assert ("erase" in intents) == erase
    assert erase or "deny" in intents


@pytest.mark.parametrize(
    ("language", "said"),
    [
        ("fr", "n'effacez pas mes données mais arrêtez d'utiliser mes achats"),
        ("en", "don't delete my data but stop using my purchases"),
    ],
)
def test_a_consent_taken_back_beside_an_erasure_denied_is_taken_back(language, said):
    meaning = understanding().understand(said, language)
    intents = {part.intent for part in (meaning, meaning.also) if part is not None}
    assert "consent_withdraw" in intents and "erase" not in intents


@pytest.mark.parametrize(
    ("heard", "asked"),
    [
        ("Un conseillé, s'il vous plaît.", "ask"),
        ("Conseillez.", "ask"),
        ("alors pas si moins conseillé.", "word"),
        ("Quel aspirateur vous me conseillez ?", None),
        ("C'est quoi, le prix conseillé ?", None),
        ("Lequel est le plus conseillé ?", None),
    ],
)
def test_a_person_is_asked_for_however_the_word_was_written(heard, asked):
    assert asks_for_human(heard, "fr") == asked
    if asked:
        meaning = understanding().understand(heard, "fr")
        assert meaning.intent == "human" and meaning.also is None, "no unsure guess is acted on beside it"


def test_two_objects_share_what_was_trained():
    assert Understanding().understand("bonjour", "fr").intent == "greet"
