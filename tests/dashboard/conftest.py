"""No window of these tests is seen, except by those that start a display server of their own."""

import os
from collections.abc import Iterator
from typing import Any

import pytest

os.environ["SDL_VIDEODRIVER"] = "dummy"

SIZES = ((1280, 720), (1920, 720), (1920, 1080))


@pytest.fixture
def surface(request: pytest.FixtureRequest) -> Iterator[Any]:
    import pygame

    from carpilot.dashboard.display import open_window

    yield open_window(getattr(request, "param", (1280, 720)))
    pygame.display.quit()
