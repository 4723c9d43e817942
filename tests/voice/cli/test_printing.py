"""What the commands print is JSON to every reader."""

import contextlib
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.cli.printing import print_json

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda each: st.lists(each) | st.dictionaries(st.text(), each) | st.tuples(each, each),
)


def strict(text: str):
    return json.loads(text, parse_constant=lambda word: pytest.fail(f"{word} is no JSON"))


def test_a_figure_that_cannot_be_had_is_null(capsys):
    print_json({"recall": float("nan"), "ratio": [float("inf"), 0.5]})
    assert strict(capsys.readouterr().out) == {"recall": None, "ratio": [None, 0.5]}


@given(value=VALUES)
def test_whatever_is_printed_is_one_line_of_strict_json(value):
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        print_json(value)
    assert out.getvalue().count("\n") == 1
    strict(out.getvalue())
