"""The cluster: speed, gear, power and regeneration, range and charge."""

import math

from carpilot.dashboard.layout import Box
from carpilot.dashboard.model import GEARS
from carpilot.dashboard.painter import Painter
from carpilot.dashboard.shapes import RING_START_RADIANS, RING_SWEEP_RADIANS, Ring
from carpilot.dashboard.theme import PRIMARY, SECONDARY, SPEED
from carpilot.dashboard.view import DIAL_KPH
from carpilot.dashboard.widgets.parts import Card, Cell, bar, card, value_line

DIAL, THICKNESS = 448.0, 20.0
REGENERATION_SHARE = 0.3
"""How much of the power bar lies left of zero."""


class Dial:
    """The speed dial. Its ring keeps the picture of what lies under it and repaints only what moved."""

    def __init__(self, box: Box) -> None:
        self.box = box
        self._ring: Ring | None = None

    def prepare(self, painter: Painter) -> None:
        """Draw the numbers and cut the ring's ground out of the static layer."""
        radius = self.box.w / 2 - THICKNESS - 30
        for kph in range(0, DIAL_KPH + 1, 20):
            angle = RING_START_RADIANS + RING_SWEEP_RADIANS * kph / DIAL_KPH
            x, y = self.box.cx + radius * math.cos(angle), self.box.cy + radius * math.sin(angle)
            painter.text(str(kph), x, y, 22, "text2", "bg1", align=0.5)
        painter.text("km/h", self.box.cx, self.box.cy + 84, SECONDARY, "text2", "bg1", align=0.5)
        rect = painter.rect(self.box)
        rect.h = rect.w
        theme = painter.theme
        ground = painter.surface.subsurface(rect).copy()
        self._ring = Ring(ground, THICKNESS * painter.scale, theme["track"], theme["accent"])

    def draw(self, painter: Painter, box: Box, look: tuple[float, str, bool, str]) -> None:
        """Draw ring, speed and gear."""
        value, speed, is_known, gear = look
        if self._ring is None:
            return
        self._ring.show(value)
        painter.surface.blit(self._ring.surface, painter.rect(box))
        painter.text(
            speed, box.cx, box.cy - 4, SPEED, "text1" if is_known else "text3", "bg1", weight="medium", align=0.5
        )
        for number, (letter, _) in enumerate(GEARS):
            x = box.cx + (number - 1.5) * 62
            chosen = letter == gear
            ink = "accent" if chosen else "text3"
            weight = "bold" if chosen else "medium"
            painter.text(letter, x, box.cy + 156, 38 if chosen else PRIMARY, ink, "bg1", weight=weight, align=0.5)
            if chosen:
                painter.panel(Box(x - 16, box.cy + 182, 32, 5), "accent", 2.5)


def cluster(box: Box) -> Card:
    """Return the cluster."""
    dial = Dial(Box(box.cx - DIAL / 2, box.y + 30, DIAL, DIAL))
    inner = Box(box.x + 36, dial.box.bottom, box.w - 72, box.bottom - dial.box.bottom)
    free = (inner.h - 2 * 76) / 3
    power, charge = inner.below(free * 0.8, 76), inner.below(inner.h - free * 1.1 - 76, 76)

    def still(painter: Painter) -> None:
        card(painter, box)
        dial.prepare(painter)

    def draw_power(painter: Painter, box: Box, look: tuple[float, str, bool]) -> None:
        share, text, is_known = look
        label = "Recuperation" if share < -0.01 else "Power"
        value_line(painter, box.top_part(44), label, text, is_known)
        track = Box(box.x, box.bottom - 20, box.w, 12)
        painter.panel(track, "track", 6)
        zero = track.x + track.w * REGENERATION_SHARE
        if share > 0:
            painter.panel(Box(zero, track.y, max(6, round((track.right - zero) * share)), track.h), "accent", 6)
        elif share < 0:
            width = max(6, round((zero - track.x) * -share))
            painter.panel(Box(zero - width, track.y, width, track.h), "green", 6)
        painter.panel(Box(zero - 2, track.y - 6, 4, track.h + 12), "text2", 2)

    def draw_charge(painter: Painter, box: Box, look: tuple[str, bool, float, str, str]) -> None:
        distance, is_known, share, text, role = look
        top = box.top_part(44)
        value_line(painter, top, "Range", distance, is_known)
        x = top.x + painter.width_of("Range", 24) + 36
        painter.icon("bolt", x, top.cy, 26, role, "bg1")
        painter.text(text, x + 20, top.cy, SECONDARY, "text1" if share else "text3", "bg1", weight="medium")
        bar(painter, Box(box.x, box.bottom - 20, box.w, 14), share, role)

    return Card(
        still,
        (
            Cell(
                dial.box,
                lambda view: (view.cluster.dial, view.cluster.speed, view.cluster.speed_is_known, view.cluster.gear),
                dial.draw,
            ),
            Cell(
                power,
                lambda view: (view.cluster.power, view.cluster.power_text, view.cluster.power_is_known),
                draw_power,
            ),
            Cell(
                charge,
                lambda view: (
                    view.cluster.range,
                    view.cluster.range_is_known,
                    view.cluster.charge,
                    view.cluster.charge_text,
                    view.cluster.charge_role,
                ),
                draw_charge,
            ),
        ),
    )
