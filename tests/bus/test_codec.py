"""The codec beside cantools, over every message of the shipped databases."""

from collections.abc import Mapping
from typing import Any

import cantools
import pytest
from cantools.database.can import Database as CantoolsDatabase
from cantools.database.can import Message as CantoolsMessage
from hypothesis import given
from hypothesis import strategies as st

from carpilot.bus.codec import MessageCodec
from carpilot.bus.database import DECISION_MESSAGE, default_database
from carpilot.errors import InputError, UnknownNameError
from carpilot.files import asset

LOADED = cantools.database.load_file(asset("vehicle", "infotainment.dbc"))
assert isinstance(LOADED, CantoolsDatabase)
MESSAGES = [pytest.param(message, id=message.name) for message in LOADED.messages]
UNREADABLE = {"Mac"}
"""64 bits do not fit a float; both read it, neither needs it."""


def as_text(values: Mapping[str, object]) -> dict[str, object]:
    return {name: value if isinstance(value, int | float) else str(value) for name, value in values.items()}


@pytest.mark.parametrize("message", MESSAGES)
@given(data=st.data())
def test_given_any_bytes_when_unpacked_then_cantools_reads_the_same(
    message: CantoolsMessage, data: st.DataObject
) -> None:
    raw = data.draw(st.binary(min_size=message.length, max_size=message.length))
    theirs = message.decode(raw)
    assert isinstance(theirs, dict)
    ours = MessageCodec(message).unpack(raw)
    for name, value in as_text(theirs).items():
        if name not in UNREADABLE:
            wanted = None if value == "NotAvailable" else value
            assert ours[name] == (pytest.approx(wanted) if isinstance(wanted, float) else wanted)


@pytest.mark.parametrize("message", MESSAGES)
@given(data=st.data())
def test_given_values_in_range_when_packed_then_cantools_packs_the_same(
    message: CantoolsMessage, data: st.DataObject
) -> None:
    codec = MessageCodec(message)
    raws = {field.name: data.draw(st.integers(0, (1 << field.bits) - 1)) for field in codec.fields.values()}
    values = {name: field.physical(raws[name]) for name, field in codec.fields.items() if name not in UNREADABLE}
    given_to_cantools: dict[str, Any] = {
        name: codec.fields[name].names.get(raws[name], value) for name, value in values.items()
    } | dict.fromkeys(UNREADABLE & codec.fields.keys(), 0)
    assert codec.pack(values) == message.encode(given_to_cantools, strict=False)


def test_given_a_number_out_of_range_when_packed_then_it_is_cut_off_below_not_available() -> None:
    codec = default_database().codecs["MEDIA_Status"]
    for value, read in ((1000, 126), (-5, 0)):
        assert codec.unpack(codec.pack({"Volume": value}))["Volume"] == read


def test_given_a_word_that_is_no_choice_when_packed_then_the_choices_are_named() -> None:
    with pytest.raises(UnknownNameError, match="no choice 'Perhaps'; there is"):
        default_database().codecs[DECISION_MESSAGE].pack({"Verdict": "Perhaps"})


@pytest.mark.parametrize("layout", ["7|8@0+ (1,0)", "0|8@1- (1,0)"])
def test_given_a_signal_of_another_kind_when_read_then_input_error(layout: str) -> None:
    text = f'VERSION ""\nBU_: A\nBO_ 1 M: 8 A\n SG_ S : {layout} [0|0] "" A\n'
    loaded = cantools.database.load_string(text, "dbc")
    assert isinstance(loaded, CantoolsDatabase)
    with pytest.raises(InputError, match=r"M\.S must be unsigned"):
        MessageCodec(loaded.messages[0])
