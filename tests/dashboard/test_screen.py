"""What the picture holds for every theme and size: nothing is cut, nothing overlaps, everything can be read and touched."""

import itertools
from dataclasses import replace
from typing import Any

import pygame
import pytest

from carpilot.dashboard.display import open_window
from carpilot.dashboard.layout import lay_out
from carpilot.dashboard.painter import Audit
from carpilot.dashboard.screen import Screen
from carpilot.dashboard.theme import SMALLEST_PIXELS, TARGET, THEMES, contrast
from carpilot.dashboard.view import Interface, Strip, build

from .conftest import SIZES
from .scenes import SCENES, busy, idle, silent, standing

STRIPS: tuple[Strip, ...] = ("strip", "trace", "hidden")
TYPING = Interface(entry="and open both rear windows halfway please, it is stuffy in here", caret=63, has_focus=True)
LOOKS: tuple[tuple[Strip, Interface], ...] = (("strip", Interface()), ("hidden", TYPING), ("trace", Interface()))


def audited(size: tuple[int, int], theme: str, strip: Strip, scene: str, interface: Interface) -> tuple[Screen, Audit]:
    audit = Audit()
    screen = Screen(open_window(size), THEMES[theme], strip, audit)
    screen.draw(build(SCENES[scene](), interface))
    return screen, audit


@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("scene", SCENES)
def test_text_is_whole_inside_its_cell_apart_and_readable(size: tuple[int, int], theme: str, scene: str) -> None:
    for strip, interface in LOOKS:
        _, audit = audited(size, theme, strip, scene, interface)
        colours = THEMES[theme]
        assert audit.texts
        for text, box, cell, pixels, ink, on, was_cut in audit.texts:
            assert not was_cut, f"{text!r} is cut"
            assert cell.holds(box, slack=1.0), f"{text!r} leaves its cell"
            assert pixels >= SMALLEST_PIXELS
            assert contrast(colours[ink], colours[on]) >= 4.5, f"{text!r}: {ink} on {on}"
        for name, box, cell, ink, on in audit.marks:
            assert cell.holds(box, slack=1.0), f"{name} leaves its cell"
            assert contrast(colours[ink], colours[on]) >= 4.5, f"{name}: {ink} on {on}"
        for (one, one_box, *_), (other, other_box, *_) in itertools.combinations(audit.texts, 2):
            assert not one_box.inset(0.5).meets(other_box.inset(0.5)), f"{one!r} overlaps {other!r}"
        for (icon, icon_box, *_), (text, text_box, *_) in itertools.product(audit.marks, audit.texts):
            assert not icon_box.inset(icon_box.w * 0.08).meets(text_box), f"{icon} overlaps {text!r}"


@pytest.mark.parametrize("size", [*SIZES, (1600, 1200), (2560, 1080)], ids=str)
def test_cards_cells_and_touch_areas_lie_apart_and_are_large_enough(size: tuple[int, int]) -> None:
    surface = open_window(size)
    for strip in STRIPS:
        layout = lay_out(size, has_strip=strip != "hidden")
        cards = [layout.top, layout.cluster, layout.cabin, layout.world, layout.assistant, layout.climate]
        cards += [layout.strip] if layout.strip else []
        screen = Screen(surface, THEMES["night"], strip)
        for boxes in (cards, [cell.box for cell in screen.cells], [hit.box for hit in screen.hits]):
            assert all(layout.window.holds(box) for box in boxes)
            for one, other in itertools.combinations(boxes, 2):
                assert not one.meets(other), f"{one} meets {other}"
        for hit in screen.hits:
            assert min(hit.box.w, hit.box.h) >= TARGET - 0.01, f"{hit.name} is {hit.box.w:.0f} x {hit.box.h:.0f}"


@pytest.mark.parametrize("theme", THEMES)
def test_what_is_chosen_stands_out_from_what_is_not(theme: str) -> None:
    colours = THEMES[theme]
    assert contrast(colours["accent"], colours["bg2"]) >= 3
    assert contrast(colours["accent"], colours["track"]) >= 3
    assert contrast(colours["text1"], colours["bg1"]) >= 7


def pixels(surface: Any) -> bytes:
    return bytes(pygame.image.tobytes(surface, "RGB"))


def test_drawing_only_what_changed_gives_the_same_picture_as_drawing_everything() -> None:
    surface = open_window((1280, 720))
    screen = Screen(surface, THEMES["day"])
    views = [build(each()) for each in SCENES.values()]
    views += [build(busy(), Interface(dial=share / 10)) for share in (3, 9, 1, 10, 0)]
    for view in (*views, *reversed(views)):
        screen.draw(view)
        changed = pixels(surface)
        Screen(surface, THEMES["day"]).draw(view)
        assert pixels(surface) == changed


def test_a_second_frame_of_the_same_view_draws_nothing() -> None:
    screen = Screen(open_window((1280, 720)), THEMES["night"])
    view = build(standing())
    assert screen.draw(view)
    assert screen.draw(view) == []


def test_what_is_drawn_stays_inside_the_rectangles_that_are_returned() -> None:
    surface = open_window((1280, 720))
    screen = Screen(surface, THEMES["night"])
    screen.draw(build(idle()))
    before = surface.copy()
    dirty = screen.draw(build(busy()))
    for rect in dirty:
        before.blit(surface, rect, rect)
    assert pixels(before) == pixels(surface)


def test_what_is_stale_is_drawn_in_grey() -> None:
    surface = open_window((1280, 720))
    screen = Screen(surface, THEMES["night"], "hidden")
    screen.draw(build(silent()))
    picture = pygame.surfarray.array3d(surface)
    saturation = picture.max(axis=2).astype(int) - picture.min(axis=2)
    cards = (screen.layout.cluster, screen.layout.cabin, screen.layout.climate)
    for card in cards:
        x, y, w, h = (round(value * screen.layout.scale) for value in card)
        assert saturation[x : x + w, y : y + h].max() < 60


def test_the_help_page_leaves_speed_and_telltales_in_sight_and_live() -> None:
    audit = Audit()
    screen = Screen(open_window((1280, 720)), THEMES["night"], "strip", audit)
    screen.show_help(True)
    screen.draw(build(standing()))
    assert "Keys" in [text for text, *_ in audit.texts]
    assert screen.touched(100, 680) is None
    snapshot = standing()
    dirty = screen.draw(replace(build(snapshot), top=replace(build(snapshot).top, clock="9:59:59")))
    assert len(dirty) == 1


def test_chinese_words_are_drawn_without_a_crash() -> None:
    screen = Screen(open_window((1280, 720)), THEMES["night"])
    snapshot = replace(standing(), request_text="我有点冷 and the window 起雾了", reply="好的 🙂")
    assert screen.draw(build(snapshot))
