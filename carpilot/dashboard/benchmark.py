"""What a frame costs in CPU time, with everything that can move moving."""

import argparse
import time
from dataclasses import replace

import pygame

from carpilot.dashboard.display import open_window
from carpilot.dashboard.screen import Screen
from carpilot.dashboard.theme import THEMES
from carpilot.dashboard.view import Interface, build, dial_fraction, power_fraction
from carpilot.snapshot import FrameRow, Snapshot
from carpilot.units import NS_PER_S
from carpilot.vehicle.catalogue import default_catalogue
from carpilot.vehicle.state import state_of

_FRAMES_PER_SECOND = 40
_WARM_UP = 40


def _snapshot(number: int, is_animating: bool) -> Snapshot:
    time_ns = number * NS_PER_S // _FRAMES_PER_SECOND
    moved = number if is_animating else 0
    values = {
        **default_catalogue().initial(),
        "Vehicle.Speed": (moved * 0.35) % 180,
        "Vehicle.Powertrain.ElectricMotor.Power": (moved * 1.7) % 200 - 60,
        "Vehicle.Body.Lights.Hazard.IsSignaling": is_animating,
        "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position": moved // 4 % 101,
    }
    frames = tuple(
        FrameRow(time_ns - k * 1_000_000, "body", 0x310 + k, "HVAC_Status", bytes([number % 256, k] * 4))
        for k in range(40)
    )
    return Snapshot(time_ns, state_of(values, time_ns), frames=frames if is_animating else ())


def measure(
    frames: int, size: tuple[int, int] = (1280, 720), theme: str = "night", is_animating: bool = True
) -> dict[str, float]:
    """Return mean and 99th percentile of the CPU milliseconds of a frame, from snapshot to updated display.

    Animating, the speed, the power, a window and the hazard lights move, and the CAN strip runs. Set SDL_VIDEODRIVER=dummy to
    leave the display server out. What the making of the snapshots costs is left out too.
    """
    surface = open_window(size)
    screen = Screen(surface, THEMES[theme])
    interface = Interface()
    costs: list[float] = []
    pixels = 0
    try:
        for number in range(frames + _WARM_UP):
            snapshot = _snapshot(number, is_animating)
            began = time.thread_time_ns()
            speed, power = (
                snapshot.state.number(path) for path in ("Vehicle.Speed", "Vehicle.Powertrain.ElectricMotor.Power")
            )
            interface = replace(
                interface,
                blink=number * 1.5 / _FRAMES_PER_SECOND % 1 < 0.5,
                dial=dial_fraction(speed),
                power=power_fraction(power),
            )
            view = build(snapshot, interface)
            interface = replace(interface, trace=view.trace)
            dirty = screen.draw(view)
            pygame.display.update(dirty)
            if number >= _WARM_UP:
                costs.append((time.thread_time_ns() - began) / 1e6)
                pixels += sum(rect.w * rect.h for rect in dirty)
    finally:
        pygame.display.quit()
    costs.sort()
    return {
        "frames": float(frames),
        "mean_ms": sum(costs) / len(costs),
        "p99_ms": costs[min(len(costs) - 1, int(len(costs) * 0.99))],
        "pixels_per_frame": pixels / frames,
    }


def main() -> None:
    """Print the cost of a frame at two sizes, animating and idle."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=600, help="frames to measure at each size")
    frames = max(1, parser.parse_args().frames)
    for size in ((1280, 720), (1920, 1080)):
        for is_animating in (True, False):
            row = measure(frames, size, is_animating=is_animating)
            state = "animating" if is_animating else "idle"
            print(f"{size[0]}x{size[1]} {state}: mean {row['mean_ms']:.2f} ms, p99 {row['p99_ms']:.2f} ms")


if __name__ == "__main__":
    main()
