"""Days and times as they are said, counted from a Tuesday; in words and in the digits a recogniser writes."""

from datetime import date, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from num2words import num2words

from nlu.entities import extract

settings.register_profile("unhurried", deadline=None)
settings.load_profile("unhurried")

TODAY = date(2026, 11, 24)
MONTHS = {
    "fr": "janvier février mars avril mai juin juillet août septembre octobre novembre décembre".split(),
    "en": "January February March April May June July August September October November December".split(),
}


def slots(said: str, language: str, today: date = TODAY) -> dict[str, str]:
    found: dict[str, str] = {}
    for entity, _, _ in extract(said, language, None, None, today):
        found.setdefault(entity.slot, entity.value)
    return found


@pytest.mark.parametrize(
    ("language", "said", "day"),
    [
        ("fr", "aujourd'hui", "2026-11-24"),
        ("fr", "demain", "2026-11-25"),
        ("fr", "après-demain", "2026-11-26"),
        ("fr", "avant-hier", "2026-11-22"),
        ("fr", "jeudi", "2026-11-26"),
        ("fr", "mardi prochain", "2026-12-01"),
        ("fr", "lundi dernier", "2026-11-23"),
        ("fr", "vendredi en huit", "2026-12-04"),
        ("fr", "vendredi en 8", "2026-12-04"),
        ("fr", "vendredi en quinze", "2026-12-11"),
        ("fr", "le lundi sept décembre", "2026-12-07"),
        ("fr", "lundi 7 décembre 2026", "2026-12-07"),
        ("fr", "mardi 8", "2026-12-08"),
        ("fr", "mardi à 8 heures", "2026-11-24"),
        ("fr", "le vingt et un octobre deux mille vingt-six", "2026-10-21"),
        ("fr", "je dis prochain", "2026-11-26"),
        ("fr", "fin mars", "2027-03-31"),
        ("fr", "mi-janvier", "2027-01-15"),
        ("fr", "dans une quinzaine", "2026-12-09"),
        ("fr", "dans quinze jours", "2026-12-09"),
        ("fr", "dans 15 jours", "2026-12-09"),
        ("fr", "il y a deux semaines", "2026-11-10"),
        ("fr", "il y a 2 semaines", "2026-11-10"),
        ("fr", "le 1er janvier", "2027-01-01"),
        ("fr", "le premier janvier", "2027-01-01"),
        ("fr", "le 12/12/2026", "2026-12-12"),
        ("fr", "ce week-end", "2026-11-28"),
        ("fr", "la semaine prochaine", "2026-11-30"),
        ("en", "tomorrow", "2026-11-25"),
        ("en", "the day after tomorrow", "2026-11-26"),
        ("en", "next tuesday", "2026-12-01"),
        ("en", "last monday", "2026-11-23"),
        ("en", "a week on friday", "2026-12-04"),
        ("en", "friday week", "2026-12-04"),
        ("en", "a week on tuesday", "2026-12-08"),
        ("en", "in a fortnight", "2026-12-08"),
        ("en", "in a week", "2026-12-01"),
        ("en", "Friday the fourth of December", "2026-12-04"),
        ("en", "Monday, December 7th", "2026-12-07"),
        ("en", "October the twenty-first twenty twenty-six", "2026-10-21"),
        ("en", "October 21, 2026", "2026-10-21"),
        ("en", "I bought it on October the 21st, 2026.", "2026-10-21"),
        ("en", "on December 2nd 2026", "2026-12-02"),
        ("en", "the thirty-first of March", "2027-03-31"),
        ("en", "in two weeks", "2026-12-08"),
        ("en", "in 2 weeks", "2026-12-08"),
        ("en", "two weeks ago", "2026-11-10"),
        ("en", "december the twelfth", "2026-12-12"),
        ("en", "the 12th of December", "2026-12-12"),
        ("en", "on the 3rd", "2026-12-03"),
    ],
)
def test_days(language, said, day):
    assert slots(said, language).get("date") == day


@pytest.mark.parametrize(
    ("language", "said", "time"),
    [
        ("fr", "à quatorze heures trente", "14:30"),
        ("fr", "à 14 h 30", "14:30"),
        ("fr", "à 14h30", "14:30"),
        ("fr", "à midi et quart", "12:15"),
        ("fr", "à huit heures moins le quart", "07:45"),
        ("fr", "à quatre heures et demie", "16:30"),
        ("fr", "à quatorze trente", "14:30"),
        ("fr", "à midi moins dix", "11:50"),
        ("fr", "huit heures moins le cas", "07:45"),
        ("fr", "à sept heures du soir", "19:00"),
        ("fr", "à trois heures de l'après-midi", "15:00"),
        ("fr", "entre quatorze heures et seize heures", "14:00/16:00"),
        ("fr", "entre 14 et 16 heures", "14:00/16:00"),
        ("fr", "entre dix heures et midi", "10:00/12:00"),
        ("fr", "entre vingt et trente euros", None),
        ("fr", "demain matin", "08:00/12:00"),
        ("fr", "demain matin à dix heures", "10:00"),
        ("fr", "demain soir à huit heures", "20:00"),
        ("en", "at half past two", "14:30"),
        ("en", "at 2:30 pm", "14:30"),
        ("en", "at 9.30 in the morning", "09:30"),
        ("en", "at 515 pm", "17:15"),
        ("en", "at 9.30 euros", None),
        ("en", "ten minutes to four", "15:50"),
        ("en", "between two and four o'clock", "14:00/16:00"),
        ("en", "from 10 to 2 pm", "10:00/14:00"),
        ("en", "between 9 and 11 am", "09:00/11:00"),
        ("en", "between twenty and thirty euros", None),
        ("en", "at 17:30", "17:30"),
        ("en", "quarter to eight", "07:45"),
        ("en", "at seven in the evening", "19:00"),
        ("en", "at noon", "12:00"),
        ("en", "in the afternoon", "12:00/18:00"),
        ("en", "tomorrow evening at eight", "20:00"),
    ],
)
def test_times(language, said, time):
    assert slots(said, language).get("time") == time


@given(day=st.dates(date(2026, 1, 1), date(2032, 12, 31)), language=st.sampled_from(["fr", "en"]))
def test_a_day_with_its_month_is_the_next_such_day(day, language):
    month = MONTHS[language][day.month - 1]
    number = {"fr": str(day.day), "en": num2words(day.day, to="ordinal_num", lang="en")}[language]
    said = f"le {number} {month}" if language == "fr" else f"the {number} of {month}"
    value = date.fromisoformat(slots(said, language)["date"])
    assert (value.month, value.day) == (day.month, day.day)
    assert value >= TODAY and (value - TODAY) < timedelta(366 * 4)
    assert slots(f"{said} {day.year}", language)["date"] == day.isoformat()


@given(days=st.integers(2, 300), language=st.sampled_from(["fr", "en"]))
def test_words_and_digits_give_the_same_day(days, language):
    words = num2words(days, lang=language)
    said = "dans {} jours" if language == "fr" else "in {} days"
    expected = (TODAY + timedelta(days)).isoformat()
    assert slots(said.format(words), language)["date"] == slots(said.format(days), language)["date"] == expected


@given(hour=st.integers(8, 20), minute=st.sampled_from([0, 5, 10, 15, 20, 30, 45, 50]))
def test_words_and_digits_give_the_same_hour(hour, minute):
    words = f"à {num2words(hour, lang='fr')} heures" + (f" {num2words(minute, lang='fr')}" if minute else "")
    digits = f"à {hour} h {minute or ''}"
    assert slots(words, "fr")["time"] == slots(digits, "fr")["time"] == f"{hour:02d}:{minute:02d}"


@given(hour=st.integers(8, 12), minute=st.sampled_from([5, 10, 15, 20, 25, 30, 35, 40, 45, 50, 55]))
def test_an_english_hour_past_or_to(hour, minute):
    words = {15: "quarter", 30: "half"}
    past = minute <= 30
    said = words.get(minute if past else 60 - minute) or num2words(minute if past else 60 - minute, lang="en")
    named = num2words(hour if past else hour % 12 + 1, lang="en")
    shown = {f"{hour:02d}:{minute:02d}", f"{hour % 12 + 12:02d}:{minute:02d}"}
    assert slots(f"at {said} {'past' if past else 'to'} {named}", "en")["time"] in shown


@given(day=st.dates(date(2026, 11, 24), date(2027, 11, 23)), language=st.sampled_from(["fr", "en"]))
def test_a_weekday_with_its_day_of_the_month_is_that_day(day, language):
    names = {"fr": "lundi mardi mercredi jeudi vendredi samedi dimanche".split(),
             "en": "Monday Tuesday Wednesday Thursday Friday Saturday Sunday".split()}[language]  # fmt: skip
    month, name = MONTHS[language][day.month - 1], names[day.weekday()]
    if language == "fr":
        number = "premier" if day.day == 1 else num2words(day.day, lang="fr")
        assert slots(f"{name} {number} {month}", "fr")["date"] == day.isoformat()
        assert slots(f"le {name} {day.day}", "fr")["date"] <= day.isoformat()
    else:
        number = num2words(day.day, to="ordinal", lang="en")
        assert slots(f"on {name} the {number} of {month}", "en")["date"] == day.isoformat()
        assert slots(f"{name}, {month} {day.day}", "en")["date"] == day.isoformat()


@given(today=st.dates(date(2024, 1, 1), date(2032, 12, 31)))
def test_a_weekday_is_within_the_week(today):
    for name in "lundi mardi mercredi jeudi vendredi samedi dimanche".split():
        value = date.fromisoformat(slots(f"{name}", "fr", today)["date"])
        assert 0 <= (value - today).days < 7
        assert 0 < (date.fromisoformat(slots(f"{name} prochain", "fr", today)["date"]) - today).days <= 7
        assert 0 < (today - date.fromisoformat(slots(f"{name} dernier", "fr", today)["date"])).days <= 7
