"""What models write is read right, whatever the family, and nothing that they write breaks the reader."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carpilot.decision import Call
from carpilot.files import load_yaml
from carpilot.reasoning.parse import coerced, read_reply, split_thought
from carpilot.reasoning.tools import default_tools

NAMES = tuple(default_tools())
TRANSCRIPTS: list[dict[str, Any]] = load_yaml(Path(__file__).with_name("transcripts.yaml"))
PIECES = [
    *(
        "<think>",
        "</think>",
        "<tool_call>",
        "</tool_call>",
        "<function=set_fan>",
        "<parameter=level>",
        "[",
        "]",
        "{",
        "}",
    ),
    *(
        '"name":',
        '"set_fan"',
        '"arguments":',
        ",",
        "3",
        "set_fan(level=3)",
        "```json",
        "<｜tool▁call▁begin｜>",
        "\n",
        "ü",
    ),
]


@pytest.mark.parametrize("row", TRANSCRIPTS, ids=lambda row: str(row["case"]))
def test_each_familys_format_is_read(row: dict[str, Any]) -> None:
    reply = read_reply(row["content"], NAMES, row.get("reasoning", ""), row.get("tool_calls", ()))
    assert [{call.name: dict(call.arguments)} for call in reply.calls] == row["calls"]
    for part in ("thought", "text"):
        assert getattr(reply, part) == row.get(part, getattr(reply, part))


@given(st.lists(st.sampled_from(PIECES), max_size=40).map("".join))
@settings(max_examples=300, deadline=None)
def test_whatever_is_written_the_reader_returns(content: str) -> None:
    reply = read_reply(content, NAMES)
    assert all(isinstance(call.name, str) and call.name for call in reply.calls)
    assert len(reply.thought) + len(reply.text) <= len(content)


@pytest.mark.parametrize(
    "content, thought, rest",
    [
        ("<think>a</think>b", "a", "b"),
        ("a</think>b", "a", "b"),
        ("b", "", "b"),
        ("<think>a", "a", ""),
        ("x <think>a</think> b", "a", "x  b"),
        ("<think>a</think>b</think>c", "ab", "c"),
        ("b </think", "", "b </think"),
    ],
)
def test_a_thought_is_parted_from_what_is_said(content: str, thought: str, rest: str) -> None:
    assert split_thought(content) == (thought, rest)


def test_values_take_the_type_of_the_schema_and_only_where_they_read_as_one() -> None:
    schema = default_tools()["set_temperature"].schema()
    texts = {"zone": "Rear Left", "celsius": "21.5"}
    assert coerced(Call("set_temperature", texts), schema).arguments == {"zone": "rear_left", "celsius": 21.5}
    wrong = {"zone": "moon", "celsius": "warm", "more": "1"}
    assert coerced(Call("set_temperature", wrong), schema).arguments == wrong
    light = default_tools()["set_dome_light"].schema()
    assert coerced(Call("set_dome_light", {"on": "True"}), light).arguments == {"on": True}


def test_a_deeply_nested_answer_is_no_call() -> None:
    assert read_reply("[" * 100_000, NAMES).calls == ()
    assert read_reply("(" * 3_000 + "set_fan(level=3)", NAMES).calls == ()
