"""What is composed of phrases: its calls follow from the phrases, and the catalogue admits them."""

import re
from dataclasses import replace
from random import Random

import pytest

from carpilot.reasoning.history import Turn
from carpilot.reasoning.phrases import Template, read_phrase_book
from carpilot.reasoning.tools import Call, default_tools
from carpilot.request import Request, Seat
from carpilot.training.composing import Composer
from carpilot.training.corpus import Corpus
from carpilot.training.said import NOT_WANTED, Said
from carpilot.vehicle.catalogue import default_catalogue
from carpilot.vehicle.state import state_of

BOOK, TOOLS = read_phrase_book(), default_tools()
STATE = state_of(default_catalogue().initial())
WINDOW = Template("open the window by {tens} percent", "open window", "set_window(window=driver, change={tens})", 1)
LAMP = Template("turn on the dome light", "light inside", "set_dome_light(on=true)", 2)


def composer(template: Template, seed: int = 1) -> Composer:
    return Composer(BOOK, TOOLS, Random(seed), lambda tool: template)


def many(template: Template, way: str, count: int = 300, **given: str) -> list[Said]:
    made = composer(template)
    return [getattr(made, way)(**given) for _ in range(count)]


def test_given_a_request_when_made_conditional_then_a_condition_of_the_catalogue_stands_before_its_calls() -> None:
    beside = 0
    for said in many(LAMP, "conditional"):
        condition, *deeds = said.calls
        assert condition.name in ("only_if", "only_if_number")
        if "turn on the dome light" in said.text:
            assert deeds[0] == Call("set_dome_light", {"on": True})
            beside += 1
        TOOLS.decide(said.calls, STATE, Seat.DRIVER)
    assert 180 < beside < 240  # the others are about the very thing that the condition names


def test_given_a_condition_about_a_thing_when_it_is_called_it_then_the_call_is_about_that_thing() -> None:
    said = [said for said in many(LAMP, "conditional", 4000) if said.calls[0].arguments.get("fact") == "boot_open"]
    about = [one.calls for one in said if "dome" not in one.text]
    assert {condition.arguments["is"] for condition, _ in about} == {True, False}
    for condition, deed in about:
        assert deed == Call("set_boot", {"open": not condition.arguments["is"]})


def test_given_a_compared_value_when_another_is_asked_for_then_it_is_of_the_same_kind() -> None:
    said = [said for said in many(LAMP, "conditional", 4000) if said.calls[0].arguments.get("what") == "volume"]
    names = {one.calls[1].name for one in said if "dome" not in one.text}
    assert names == {"set_volume"}


def test_given_the_contrary_when_said_with_unless_or_as_what_is_not_so_then_the_condition_is_the_same() -> None:
    dark = [said for said in many(LAMP, "conditional", 6000) if said.calls[0].arguments.get("fact") == "dark"]
    facts = BOOK.conditions["facts"]["dark"]
    assert {said.calls[0].arguments["is"] for said in dark} == {True, False}
    for said in dark:
        if said.text.startswith("should "):  # the words of the fact stand in another order
            continue
        is_told_so = any(re.search(rf"{re.escape(words)}\b", said.text) for words in facts["is"].split("|"))
        is_contrary = bool(re.search(r"unless|not if|not when|don't if|except|isn't the case|not true", said.text))
        assert said.calls[0].arguments["is"] is (is_told_so != is_contrary), said.text


def test_given_a_turn_when_followed_up_then_it_is_about_that_turn() -> None:
    names = set()
    for said in many(WINDOW, "follow_up", seat="driver"):
        assert said.seat == "driver"
        if said.after.startswith("told "):
            continue
        assert said.after.removeprefix("undo last done; before ").startswith("window driver up ")
        names |= {call.name for call in said.calls}
        TOOLS.decide(said.calls, STATE, Seat.DRIVER)
    assert names == {"set_window", "undo", "refuse"}


@pytest.mark.parametrize(
    ("seat", "other"), [("driver", "passenger"), ("passenger", "driver"), ("rear_left", "rear_right")]
)
def test_given_who_speaks_when_the_other_side_is_meant_then_it_is_the_other_of_his_row(seat: str, other: str) -> None:
    mine = Template("open my window", "open window", "set_window(percent=100)", 1)
    frames = BOOK.follow_ups["other_side"].split("|")
    found = [said.calls for said in many(mine, "follow_up", seat=seat) if said.text in frames]
    assert found and all(calls == (Call("set_window", {"window": other, "percent": 100}),) for calls in found)


def test_given_a_complaint_when_it_follows_then_the_same_thing_goes_the_way_that_helps() -> None:
    heat = Template("{celsius} degrees", "a set temperature", "set_temperature(zone=passenger, celsius={celsius})", 1)
    rows = BOOK.follow_ups["too"]["set_temperature"]
    found = {said.text: said.calls for said in many(heat, "follow_up", 2000, seat="driver") if "told" not in said.after}
    for side, change in (("up", 2.0), ("down", -2.0)):
        calls = [found[text] for text in rows[side].split("|") if text in found]
        assert calls and all(
            one == (Call("set_temperature", {"zone": "passenger", "change": change}),) for one in calls
        )


def test_given_a_choice_when_another_is_said_then_only_that_differs() -> None:
    air = Template("air at my feet", "air", "set_air_direction(zone=rear, direction=feet)", 1)
    said = [one for one in many(air, "follow_up", 600, seat="driver") if "windscreen" in one.text]
    there = (Call("set_air_direction", {"zone": "rear", "direction": "windscreen"}),)
    assert said and all(one.calls == there for one in said)


def test_given_something_told_when_followed_up_then_that_is_set() -> None:
    said = [one for one in many(LAMP, "follow_up", 3000, seat="driver") if one.after == "told volume"]
    assert said and {one.calls[0].name for one in said} == {"set_volume"}
    said = [one for one in many(LAMP, "follow_up", 3000, seat="driver") if one.after == "told boot"]
    assert said and {one.calls[0].name for one in said} == {"set_boot"}


def test_given_a_value_when_corrected_inside_then_the_second_counts() -> None:
    found = [
        said
        for said in many(WINDOW, "corrected")
        if said.calls[0].name == "set_window" and said.text.count("open") == 1
    ]
    assert found
    for said in found:
        numbers = [int(number) for number in re.findall(r"\d+", said.text)]
        if len(numbers) == 2:  # the others are in words
            assert said.calls[0].arguments["change"] == numbers[1] != numbers[0]


def test_given_a_request_when_it_is_not_wanted_or_dropped_then_nothing_is_done() -> None:
    assert all(said.calls == (NOT_WANTED,) for said in many(LAMP, "negated", 50))
    ends = tuple(BOOK.follow_ups["corrections"]["dropped"].split("|"))
    dropped = [said for said in many(LAMP, "corrected") if said.text.endswith(ends)]
    assert dropped and all(said.calls == (NOT_WANTED,) for said in dropped)


def test_given_a_reason_when_a_request_stands_beside_it_then_only_the_request_is_done() -> None:
    cold = Template("it is freezing in here", "warmer", "set_temperature(change=2)", 1)
    heat = Template("turn on the heated wheel", "warm wheel", "set_steering_wheel_heating(level=2)", 2)
    made = Composer(BOOK, TOOLS, Random(1), lambda tool: heat if tool == "set_steering_wheel_heating" else cold)
    both = [said for said in (made.reasoned() for _ in range(200)) if cold.text in said.text and heat.text in said.text]
    assert len(both) > 20
    assert all(said.calls == (Call("set_steering_wheel_heating", {"level": 2}),) for said in both)


def test_given_nothing_before_when_only_a_value_or_direction_is_said_then_it_asks() -> None:
    said = many(LAMP, "bare", 100)
    assert all(one.calls == (Call("ask", {"about": "what"}),) and not one.after for one in said)
    assert len({one.text for one in said}) > 50


def test_given_a_place_when_corrected_then_the_second_counts() -> None:
    found = [one for one in many(WINDOW, "corrected", 1500) if one.text.endswith(" rear left")]
    assert found and all(one.calls[0].arguments["window"] == "rear_left" for one in found)


def test_given_a_question_back_when_answered_with_the_thing_then_what_was_asked_for_is_done_to_it() -> None:
    for said in many(LAMP, "answered", 100):
        assert said.after.startswith("asked on: ")
        TOOLS.decide(said.calls, STATE, Seat.DRIVER)


def test_given_words_when_misheard_then_at_most_one_is_another() -> None:
    made = composer(LAMP)
    assert made.misheard("nothing of this is in the list") == "nothing of this is in the list"
    found = {made.misheard("turn on the heater") for _ in range(30)}
    assert found == {f"turn on the {word}" for word in str(BOOK.follow_ups["misheard"]["heater"]).split("|")}


def test_given_an_undo_when_composed_then_the_history_of_a_cabin_admits_it() -> None:
    undo = next(said for said in many(LAMP, "follow_up", seat="driver") if said.calls[0].name == "undo")
    done = TOOLS.decide([Call("set_dome_light", {"on": True})], STATE, Seat.DRIVER)
    path = "Vehicle.Cabin.Light.IsDomeOn"
    history = [Turn(Request(1, "x", Seat.DRIVER, 0), done, "done", {path: False})]
    decision = TOOLS.decide(undo.calls, STATE, Seat.DRIVER, history=history)
    assert [(command.path, command.target) for command in decision.commands] == [(path, False)]


@pytest.mark.parametrize(
    ("seat", "place", "words"),
    [("passenger", "driver", "his"), ("rear_left", "rear_right", "my brother's"), ("driver", "passenger", "her")],
)
def test_given_a_table_of_words_when_a_place_is_pointed_at_then_words_and_call_agree(
    seat: str, place: str, words: str
) -> None:
    only = replace(BOOK, pointing={seat: {place: {"of": words, "for": words}}})
    template = Template("warm the {place} seat", "warm seat", "set_seat_heating(seat={place}, level=2)", 1)
    sayings = Composer(only, TOOLS, Random(2), lambda tool: template)
    said = [sayings.spoken() for _ in range(60)]
    pointed = [each for each in said if each.seat]
    assert pointed and len(pointed) < len(said)
    assert {each.text for each in pointed} == {f"warm {words} seat"}
    assert {(each.seat, each.calls[0].arguments["seat"]) for each in pointed} == {(seat, place)}


def test_given_a_group_with_a_seat_when_said_then_it_is_said_from_there_and_joined_with_nobody_elses() -> None:
    template = Template(
        "warm my brother's seat", "warm seat", "set_seat_heating(seat=rear_right, level=2)", 1, seat="rear_left"
    )
    book = replace(BOOK, templates=(template,))
    example = Corpus(book, (), frozenset(), Random(3)).plain()
    assert example.context.startswith("rear left")
