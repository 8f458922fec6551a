from collections.abc import Callable
from pathlib import Path
from typing import Any

import pygame
import pytest

from carpilot.dashboard.app import FRAMES_PER_SECOND, run
from carpilot.dashboard.benchmark import measure
from carpilot.dashboard.controls import Pedals
from carpilot.dashboard.window import Dashboard, followed
from carpilot.errors import InputError
from carpilot.request import Seat

from .cabin import DeskCabin

FRAME_S = 1 / FRAMES_PER_SECOND
HVAC = "Vehicle.Cabin.HVAC"
STATION = f"{HVAC}.Station.Row1"
SEAT = "Vehicle.Cabin.Seat.Row1.DriverSide.HeatingCooling"


class Desk:
    """A dashboard on a desk cabin, with hands."""

    def __init__(self, surface: Any, folder: Path) -> None:
        self.cabin = DeskCabin()
        self.dashboard = Dashboard(self.cabin, surface, "night", lambda: folder / "carpilot-1.png")
        self.wait(FRAME_S)

    def wait(self, seconds: float) -> None:
        for _ in range(max(1, round(seconds / FRAME_S))):
            self.dashboard.step(FRAME_S)

    def event(self, kind: int, **values: Any) -> None:
        self.dashboard.handle(pygame.event.Event(kind, **values))

    def press(self, key: int, mod: int = 0, seconds: float = FRAME_S) -> None:
        self.event(pygame.KEYDOWN, key=key, mod=mod)
        self.wait(seconds)
        self.event(pygame.KEYUP, key=key, mod=mod)
        self.wait(FRAME_S)

    def type(self, text: str) -> None:
        for character in text:
            self.event(pygame.TEXTINPUT, text=character)
        self.wait(FRAME_S)

    def click(self, name: str, seconds: float = FRAME_S) -> None:
        hit = next(hit for hit in self.dashboard.screen.hits if hit.name == name)
        scale = self.dashboard.screen.layout.scale
        self.event(pygame.MOUSEBUTTONDOWN, button=1, pos=(round(hit.box.cx * scale), round(hit.box.cy * scale)))
        self.wait(seconds)
        self.event(pygame.MOUSEBUTTONUP, button=1, pos=(0, 0))
        self.wait(FRAME_S)

    def calls(self, kind: str) -> list[tuple[object, ...]]:
        return [call[1:] for call in self.cabin.calls if call[0] == kind]


@pytest.fixture
def desk(surface: Any, tmp_path: Path) -> Desk:
    return Desk(surface, tmp_path)


@pytest.mark.parametrize(
    ("name", "touched"),
    [
        ("temperature driver +", [(f"{STATION}.Driver.Temperature", 21.5)]),
        ("temperature driver -", [(f"{STATION}.Driver.Temperature", 20.5)]),
        ("temperature passenger +", [(f"{STATION}.Passenger.Temperature", 21.5)]),
        ("temperature passenger -", [(f"{STATION}.Passenger.Temperature", 20.5)]),
        ("climate 0", [(SEAT, 33)]),
        ("climate 1", [(SEAT, -33)]),
        ("climate 2", [("Vehicle.Chassis.SteeringWheel.HeatingCooling", 50)]),
        ("climate 3", [(f"{STATION}.Driver.FanSpeed", 60), (f"{STATION}.Passenger.FanSpeed", 60)]),
        (
            "climate 4",
            [(f"{STATION}.Driver.AirDistribution", "DOWN"), (f"{STATION}.Passenger.AirDistribution", "DOWN")],
        ),
        ("climate 5", [("Vehicle.Private.Climate.IsAutoOn", True)]),
        ("climate 6", [(f"{HVAC}.IsFrontDefrosterActive", True)]),
        ("climate 7", [(f"{HVAC}.IsRearDefrosterActive", True)]),
        ("climate 8", [(f"{HVAC}.IsAirConditioningActive", True)]),
        ("climate 9", [(f"{HVAC}.IsRecirculationActive", True)]),
        ("cabin 5", [("Vehicle.Body.Trunk.Rear.IsOpen", True)]),
        ("window 3", [("Vehicle.Cabin.Door.Row2.PassengerSide.Window.Position", 100)]),
        ("lock 0", [("Vehicle.Cabin.Door.Row1.DriverSide.IsLocked", True)]),
        ("seat 1", [("Vehicle.Cabin.Seat.Row1.PassengerSide.HeatingCooling", 33)]),
    ],
)
def test_a_click_touches_its_signal(desk: Desk, name: str, touched: list[tuple[object, ...]]) -> None:
    desk.click(name)
    assert desk.calls("touch") == touched


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("rain +", ("Vehicle.Body.Raindetection.Intensity", 10)),
        ("light -", ("Vehicle.Exterior.LightIntensity", 70)),
        ("outside -", ("Vehicle.Exterior.AirTemperature", 14)),
        ("occupant 0", ("Vehicle.Cabin.Seat.Row1.PassengerSide.IsOccupied", True)),
    ],
)
def test_the_simulation_changes_the_world_and_touches_nothing(
    desk: Desk, name: str, changed: tuple[object, ...]
) -> None:
    desk.click(name)
    assert desk.calls("world") == [changed] and desk.calls("touch") == []


def test_a_held_plus_repeats(desk: Desk) -> None:
    desk.click("temperature driver +", seconds=1.0)
    assert len(desk.calls("touch")) >= 4


def test_typing_and_enter_submits_once(desk: Desk) -> None:
    desk.type("I'm cold")
    assert desk.dashboard.view.assistant.entry == "I'm cold"
    desk.press(pygame.K_RETURN)
    assert desk.calls("submit") == [("I'm cold", Seat.DRIVER)]
    assert desk.dashboard.view.assistant.entry == ""


@pytest.mark.parametrize(
    ("words", "calls", "notice"),
    [
        ("jam path=Row1.DriverSide.Window.Position", [("jam path=Row1.DriverSide.Window.Position",)], "Fault: jam"),
        ("earthquake", [], "no fault 'earthquake'"),
    ],
)
def test_a_fault_is_let_loose_by_words_for_the_simulation(
    desk: Desk, words: str, calls: list[tuple[object, ...]], notice: str
) -> None:
    desk.press(pygame.K_RETURN)
    desk.type(f"/fault {words}")
    desk.press(pygame.K_RETURN)
    assert desk.calls("fault") == calls
    assert desk.calls("submit") == []
    assert desk.dashboard.interface.notice.startswith(notice)


def test_an_empty_line_is_not_submitted(desk: Desk) -> None:
    desk.type("   ")
    desk.press(pygame.K_RETURN)
    desk.press(pygame.K_RETURN)
    assert desk.calls("submit") == []


def test_the_speaker_changes_with_f4(desk: Desk) -> None:
    desk.press(pygame.K_F4)
    desk.type("warmer")
    desk.press(pygame.K_RETURN)
    assert desk.calls("submit") == [("warmer", Seat.PASSENGER)]


def test_up_recalls_while_typing_and_drives_otherwise(desk: Desk) -> None:
    desk.type("warmer")
    desk.press(pygame.K_RETURN)
    desk.press(pygame.K_UP, seconds=0.5)
    driven = desk.calls("drive")
    assert max(float(str(call[0])) for call in driven) > 0.5 and driven[-1][1] == 0.0
    desk.wait(0.5)
    desk.cabin.calls.clear()
    desk.click("entry")
    desk.press(pygame.K_UP)
    assert desk.dashboard.view.assistant.entry == "warmer" and desk.calls("drive") == []


def test_down_brakes_and_the_pedal_comes_up_again(desk: Desk) -> None:
    desk.press(pygame.K_DOWN, seconds=0.5)
    desk.wait(0.5)
    assert desk.calls("drive")[-1] == (0.0, 0.0)
    assert max(float(str(call[1])) for call in desk.calls("drive")) > 0.5


def test_a_finger_on_the_pedal_drives(desk: Desk) -> None:
    desk.click("throttle", seconds=0.4)
    desk.wait(0.5)
    assert desk.calls("drive")[0][0] != 0.0 and desk.calls("drive")[-1] == (0.0, 0.0)


@pytest.mark.parametrize(("key", "gear"), [(pygame.K_F5, 126), (pygame.K_F6, -1), (pygame.K_F7, 0), (pygame.K_F8, 127)])
def test_function_keys_shift(desk: Desk, key: int, gear: int) -> None:
    desk.press(key)
    assert desk.calls("shift") == [(gear,)]


def ask(desk: Desk) -> None:
    from dataclasses import replace

    desk.cabin.shown = replace(desk.cabin.shown, confirmation="Open the boot?")
    desk.wait(FRAME_S)


@pytest.mark.parametrize(
    ("answer", "expected"),
    [
        (lambda desk: desk.click("yes"), True),
        (lambda desk: desk.click("no"), False),
        (lambda desk: desk.press(pygame.K_y, pygame.KMOD_CTRL), True),
        (lambda desk: desk.press(pygame.K_n, pygame.KMOD_CTRL), False),
        (lambda desk: (desk.type("Yes."), desk.press(pygame.K_RETURN)), True),
    ],
)
def test_an_open_question_is_answered(desk: Desk, answer: Callable[[Desk], object], expected: bool) -> None:
    ask(desk)
    answer(desk)
    assert desk.calls("answer") == [(expected,)] and desk.calls("submit") == []


def test_without_a_question_there_is_nothing_to_answer(desk: Desk) -> None:
    desk.click("yes")
    desk.press(pygame.K_y, pygame.KMOD_CTRL)
    assert desk.calls("answer") == []


def test_strip_opens_into_the_trace_then_hides(desk: Desk) -> None:
    names = []
    for _ in range(3):
        desk.press(pygame.K_F3)
        layout = desk.dashboard.screen.layout
        names.append((layout.strip is not None, any(hit.name == "window 0" for hit in desk.dashboard.screen.hits)))
    assert names == [(True, False), (False, True), (True, True)]


def test_help_opens_and_any_click_closes_it_without_touching(desk: Desk) -> None:
    desk.press(pygame.K_F1)
    desk.click("climate 6")
    assert desk.calls("touch") == []
    desk.click("climate 6")
    assert len(desk.calls("touch")) == 1


def test_the_theme_follows_the_light_when_it_is_auto(surface: Any, tmp_path: Path) -> None:
    desk = Desk(surface, tmp_path)
    assert desk.dashboard.screen._painter.theme.name == "night"
    desk.press(pygame.K_F2)
    assert desk.dashboard.screen._painter.theme.name == "day"
    desk.cabin.values["Vehicle.Exterior.LightIntensity"] = 5.0
    desk.wait(FRAME_S)
    assert desk.dashboard.screen._painter.theme.name == "night"


def test_a_car_at_rest_that_nobody_touches_needs_fewer_frames(desk: Desk) -> None:
    desk.wait(12.0)
    assert not desk.dashboard.is_lively
    desk.press(pygame.K_F4)
    assert desk.dashboard.is_lively
    desk.wait(12.0)
    desk.cabin.values["Vehicle.Speed"] = 20.0
    desk.wait(FRAME_S)
    assert desk.dashboard.is_lively


def test_a_screenshot_says_where_it_went(desk: Desk, tmp_path: Path) -> None:
    desk.press(pygame.K_F12)
    (path,) = tmp_path.glob("carpilot-*.png")
    assert desk.dashboard.view.top.notice == f"Saved {path.name}"
    desk.wait(4.0)
    assert desk.dashboard.view.top.notice == ""


def test_losing_the_keyboard_releases_the_pedals(desk: Desk) -> None:
    desk.event(pygame.KEYDOWN, key=pygame.K_UP, mod=0)
    desk.wait(0.3)
    desk.event(pygame.WINDOWFOCUSLOST)
    desk.wait(0.5)
    assert desk.calls("drive")[-1] == (0.0, 0.0)


def test_what_the_cabin_does_not_take_is_told_and_the_window_stays(desk: Desk) -> None:
    def refuse(gear: int) -> None:
        raise InputError("the selector is locked")

    desk.cabin.shift = refuse  # type: ignore[method-assign] # a cabin that refuses
    desk.press(pygame.K_F8)
    assert desk.dashboard.view.top.notice == "the selector is locked" and desk.dashboard.is_open


def test_resizing_makes_the_picture_again(desk: Desk) -> None:
    pygame.display.set_mode((1920, 720), pygame.RESIZABLE)
    desk.event(pygame.VIDEORESIZE, size=(1920, 720), w=1920, h=720)
    desk.wait(FRAME_S)
    assert desk.dashboard.screen.layout.window.w == pytest.approx(2880)


def test_a_needle_is_nearly_there_after_150_ms_and_then_rests() -> None:
    value = 0.0
    for _ in range(round(0.15 / FRAME_S)):
        value = followed(value, 1.0, FRAME_S)
    assert 0.9 < value < 1.0
    for _ in range(60):
        value = followed(value, 1.0, FRAME_S)
    assert value == 1.0


def test_two_holders_of_a_pedal_do_not_release_each_other() -> None:
    pedals = Pedals()
    pedals.hold("brake", "finger")
    pedals.hold("brake", "key")
    pedals.release("key")
    pedals.move(2.0)
    assert (pedals.throttle, pedals.brake) == (0.0, 1.0)


def test_a_run_ends_by_itself_and_leaves_a_picture(tmp_path: Path) -> None:
    picture = tmp_path / "end.png"
    cabin = DeskCabin()
    run(cabin, (1280, 720), "day", seconds=0.2, screenshot=picture)
    assert picture.stat().st_size > 10_000 and cabin.time_ns > 0


def test_an_unknown_theme_is_refused() -> None:
    with pytest.raises(InputError, match="dusk"):
        run(DeskCabin(), theme="dusk")


def test_the_benchmark_measures() -> None:
    row = measure(5)
    assert row["frames"] == 5 and row["mean_ms"] > 0 and row["pixels_per_frame"] < 1280 * 720 / 3


def test_pasting_without_a_clipboard_pastes_nothing(desk: Desk) -> None:
    desk.press(pygame.K_v, pygame.KMOD_CTRL)
    assert desk.dashboard.view.assistant.entry == ""
