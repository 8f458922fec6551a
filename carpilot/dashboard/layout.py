"""Where everything stands, in design pixels: at 1080 lines one design pixel is one pixel, elsewhere it scales."""

from dataclasses import dataclass
from typing import NamedTuple

MARGIN, GAP = 24.0, 16.0
DESIGN_WIDTH, DESIGN_HEIGHT = 1920.0, 1080.0
TOP_HEIGHT, CLIMATE_HEIGHT, STRIP_HEIGHT, WORLD_HEIGHT = 64.0, 128.0, 108.0, 246.0
CLUSTER_WIDTH, CABIN_WIDTH, RIGHT_WIDTH = 500.0, 540.0, 800.0


class Box(NamedTuple):
    """A rectangle in design pixels."""

    x: float
    y: float
    w: float
    h: float

    @property
    def right(self) -> float:
        """The x just outside."""
        return self.x + self.w

    @property
    def bottom(self) -> float:
        """The y just outside."""
        return self.y + self.h

    @property
    def cx(self) -> float:
        """The x of the middle."""
        return self.x + self.w / 2

    @property
    def cy(self) -> float:
        """The y of the middle."""
        return self.y + self.h / 2

    def inset(self, dx: float, dy: float | None = None) -> "Box":
        """Return the box with its sides moved in."""
        dy = dx if dy is None else dy
        return Box(self.x + dx, self.y + dy, self.w - 2 * dx, self.h - 2 * dy)

    def top_part(self, height: float) -> "Box":
        """Return the upper part of that height."""
        return Box(self.x, self.y, self.w, height)

    def below(self, offset: float, height: float | None = None) -> "Box":
        """Return what lies `offset` under the upper edge, down to the lower edge or of that height."""
        return Box(self.x, self.y + offset, self.w, self.h - offset if height is None else height)

    def columns(self, count: int, gap: float) -> tuple["Box", ...]:
        """Return that many boxes side by side."""
        width = (self.w - gap * (count - 1)) / count
        return tuple(Box(self.x + i * (width + gap), self.y, width, self.h) for i in range(count))

    def rows(self, count: int, gap: float) -> tuple["Box", ...]:
        """Return that many boxes one under the other."""
        height = (self.h - gap * (count - 1)) / count
        return tuple(Box(self.x, self.y + i * (height + gap), self.w, height) for i in range(count))

    def contains(self, x: float, y: float) -> bool:
        """Whether a point lies inside."""
        return self.x <= x < self.right and self.y <= y < self.bottom

    def meets(self, other: "Box") -> bool:
        """Whether two boxes share more than an edge."""
        slack = 0.01
        return (
            self.x < other.right - slack
            and other.x < self.right - slack
            and self.y < other.bottom - slack
            and other.y < self.bottom - slack
        )

    def holds(self, other: "Box", slack: float = 0.01) -> bool:
        """Whether the other box lies inside."""
        return (
            other.x >= self.x - slack
            and other.y >= self.y - slack
            and other.right <= self.right + slack
            and other.bottom <= self.bottom + slack
        )


@dataclass(frozen=True, slots=True)
class Layout:
    """The cards of the window and the pixels in one design pixel. `strip` is None while the CAN strip is hidden."""

    scale: float
    window: Box
    top: Box
    cluster: Box
    cabin: Box
    world: Box
    assistant: Box
    climate: Box
    strip: Box | None


def lay_out(size: tuple[int, int], has_strip: bool = True) -> Layout:
    """Return the layout for a window of that many pixels. Room beyond 16:9 goes to the cards; nothing else moves."""
    scale = min(size[0] / DESIGN_WIDTH, size[1] / DESIGN_HEIGHT)
    width, height = size[0] / scale, size[1] / scale
    inner = width - 2 * MARGIN
    bottom = height - MARGIN
    strip = Box(MARGIN, bottom - STRIP_HEIGHT, inner, STRIP_HEIGHT) if has_strip else None
    if strip:
        bottom = strip.y - GAP
    climate = Box(MARGIN, bottom - CLIMATE_HEIGHT, inner, CLIMATE_HEIGHT)
    main_height = climate.y - GAP - TOP_HEIGHT
    extra = inner - 2 * GAP - CLUSTER_WIDTH - CABIN_WIDTH - RIGHT_WIDTH
    cluster = Box(MARGIN, TOP_HEIGHT, CLUSTER_WIDTH + extra * 0.3, main_height)
    cabin = Box(cluster.right + GAP, TOP_HEIGHT, CABIN_WIDTH + extra * 0.3, main_height)
    right = Box(cabin.right + GAP, TOP_HEIGHT, MARGIN + inner - cabin.right - GAP, main_height)
    return Layout(
        scale=scale,
        window=Box(0, 0, width, height),
        top=Box(MARGIN, 0, inner, TOP_HEIGHT),
        cluster=cluster,
        cabin=cabin,
        world=right.top_part(WORLD_HEIGHT),
        assistant=right.below(WORLD_HEIGHT + GAP),
        climate=climate,
        strip=strip,
    )
