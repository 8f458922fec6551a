"""Turns as they are kept, and what an undo restores of them, in a running cabin."""

from collections.abc import Sequence

import pytest

from carpilot.cabin import Cabin
from carpilot.decision import Decision
from carpilot.exchange import Result
from carpilot.reasoning.history import NOTHING_TO_UNDO, Turn, former
from carpilot.reasoning.prompt import prompt, told_before
from carpilot.reasoning.reasoner import Control
from carpilot.reasoning.tools import Call, ToolCatalogue
from carpilot.request import Request
from carpilot.vehicle.catalogue import Value
from carpilot.vehicle.state import VehicleState

WINDOW = "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position"
DOME = "Vehicle.Cabin.Light.IsDomeOn"
BOOT = "Vehicle.Body.Trunk.Rear.IsOpen"
OPEN, LIGHT = Call("set_window", {"window": "driver", "percent": 40}), Call("set_dome_light", {"on": True})
UNDO, UNDO_ALL = Call("undo", {"what": "last"}), Call("undo", {"what": "all"})
QUESTION = Call("answer", {"about": "gear"})


class InTurn:
    """Answers one request after the other, and keeps what the prompt told of the turns before."""

    name = "in turn"

    def __init__(self, *turns: Sequence[Call]) -> None:
        self.turns = list(turns)
        self.told: list[str] = []

    def propose(
        self, request: Request, state: VehicleState, tools: ToolCatalogue, history: Sequence[Turn], control: Control
    ) -> Decision:
        del control
        self.told.append(told_before(prompt(request, state, history)[1]))
        return tools.decide(self.turns.pop(0), state, request.seat, history=history)


def run(*turns: Sequence[Call], **start: Value) -> tuple[Cabin, InTurn]:
    reasoner = InTurn(*turns)
    cabin = Cabin(reasoner, {"Vehicle.Cabin.Seat.Row1.DriverSide.IsOccupied": True, **start})
    for _ in turns:
        cabin.ask("go on")
        cabin.advance(1.0)
    return cabin, reasoner


def actual(cabin: Cabin, path: str) -> Value | None:
    return cabin.car.state().actual(path)


def test_given_a_deed_when_undone_then_it_is_as_before() -> None:
    cabin, _ = run([OPEN], [UNDO])
    assert actual(cabin, WINDOW) == 0


def test_given_a_question_between_when_undone_then_the_deed_before_it_is() -> None:
    cabin, _ = run([OPEN], [QUESTION], [UNDO])
    assert actual(cabin, WINDOW) == 0


def test_given_two_deeds_when_undone_once_then_only_the_second_and_when_twice_then_both() -> None:
    cabin, _ = run([OPEN], [LIGHT], [UNDO])
    assert (actual(cabin, WINDOW), actual(cabin, DOME)) == (40, False)
    cabin, _ = run([OPEN], [LIGHT], [UNDO], [UNDO])
    assert (actual(cabin, WINDOW), actual(cabin, DOME)) == (0, False)


@pytest.mark.parametrize("last", [[UNDO], [UNDO_ALL]])
def test_given_several_things_at_once_when_undone_then_all_of_them(last: Sequence[Call]) -> None:
    cabin, _ = run([OPEN, LIGHT], last)
    assert (actual(cabin, WINDOW), actual(cabin, DOME)) == (0, False)


def test_given_several_turns_when_all_is_undone_then_it_is_as_at_the_start_and_nothing_is_left_to_undo() -> None:
    cabin, _ = run([OPEN], [LIGHT], [UNDO_ALL], [UNDO])
    assert (actual(cabin, WINDOW), actual(cabin, DOME)) == (0, False)
    assert (cabin.exchanges[-1].result, cabin.exchanges[-1].reply) == (Result.REFUSED, NOTHING_TO_UNDO)


def test_given_nothing_done_when_undone_then_it_says_so() -> None:
    cabin, _ = run([UNDO])
    assert cabin.exchanges[-1].reply == NOTHING_TO_UNDO


def test_given_what_was_done_only_after_a_yes_when_undone_then_it_belongs_to_the_turn_that_asked() -> None:
    cabin = Cabin(InTurn([Call("set_boot", {"open": True})], [UNDO]), {})
    cabin.advance(3.0)
    assert cabin.ask("open it").result is Result.CONFIRM
    cabin.ask("yes")
    assert actual(cabin, BOOT) is True
    cabin.ask("undo that")
    cabin.advance(8.0)
    assert actual(cabin, BOOT) is False


def test_given_turns_when_prompted_then_the_last_ones_are_told_with_their_outcomes() -> None:
    _, reasoner = run([OPEN], [Call("set_boot", {"open": True})], [LIGHT], [QUESTION], **{"Vehicle.Speed": 60.0})
    assert reasoner.told == [
        "",
        "window driver 40 done",
        "boot open denied; before window driver 40 done",
        "dome light on done; before boot open denied",
    ]


def test_given_a_question_back_when_prompted_then_the_words_that_it_was_about_are_told() -> None:
    _, reasoner = run([Call("ask", {"about": "which_one"})], [LIGHT])
    assert reasoner.told[1] == "asked on: go on"


def test_given_no_history_when_asked_for_what_was_before_then_nothing() -> None:
    assert former(()) == {}
