"""Small electric drives: windows, roof, shades, seats, mirrors, boot lid, charge flap.

- A drive runs at constant speed between its stops; its load is its current.
- Anti-pinch: FMVSS 118 S5 and UN R21 5.8.3 let a closing pane press with 100 N at most, on a gap of 4 to 200 mm, before it
  reverses. FMVSS 118 S5 lets it then go back by at least 125 mm, to where it started, or so far that a 200 mm rod passes.
  Ours reverses at 60 N by 150 mm (own figures). An obstacle is a spring of 10 N/mm, the test rod's stiffness of UN R21.
- A jammed drive draws its stall current and gives up after 0.3 s (own figure).
- Thermal protection: running fills a heat store within `rated_run_s`, stalling fifteen times as fast; it empties with two
  minutes. A full store stops the drive until it has fallen to 60 % (own figures; drives of windows are rated for short runs).
"""

import math
from dataclasses import dataclass
from enum import Enum

PINCH_LIMIT_N = 100.0
PINCH_REVERSES_N = 60.0
SMALLEST_GAP_MM = 4.0
REVERSES_BY_MM = 150.0
OBSTACLE_N_PER_MM = 10.0
STALL_GIVES_UP_S = 0.3
STALL_HEATS_TIMES = 15.0
COOLING_S = 120.0
RESTART_BELOW = 0.6


class MotorState(Enum):
    """What a drive does."""

    IDLE = "IDLE"
    MOVING = "MOVING"
    REVERSING = "REVERSING"
    BLOCKED = "BLOCKED"
    HOT = "HOT"


@dataclass(frozen=True, slots=True)
class MotorKind:
    """A drive's data: `travel_s` and `travel_mm` over the whole way from `low` to `high`, in the unit of its position.

    `closes_towards` is the end where fingers get caught, None if there is none. Currents are in A at 12 V.
    """

    travel_s: float
    travel_mm: float
    low: float = 0.0
    high: float = 100.0
    closes_towards: float | None = None
    run_a: float = 4.0
    stall_a: float = 18.0
    rated_run_s: float = 90.0

    @property
    def speed_per_s(self) -> float:
        """Units of position a second."""
        return (self.high - self.low) / self.travel_s

    @property
    def mm_per_unit(self) -> float:
        """Millimetres for a unit of position."""
        return self.travel_mm / (self.high - self.low)


KINDS = {
    "window": MotorKind(4.0, 450.0, closes_towards=0.0, run_a=7.0, stall_a=25.0),
    "roof": MotorKind(12.0, 900.0, low=-100.0, closes_towards=0.0, run_a=6.0, stall_a=22.0),
    "shade": MotorKind(8.0, 900.0, closes_towards=100.0, run_a=2.0, stall_a=8.0),
    "seat": MotorKind(14.0, 240.0, run_a=5.0, stall_a=20.0),
    "backrest": MotorKind(12.0, 500.0, run_a=5.0, stall_a=20.0),
    "mirror": MotorKind(4.0, 20.0, low=-100.0, run_a=0.3, stall_a=1.0),
    "mirror fold": MotorKind(3.0, 150.0, run_a=1.0, stall_a=4.0),
    "boot": MotorKind(5.0, 900.0, closes_towards=0.0, run_a=8.0, stall_a=30.0),
    "charge flap": MotorKind(1.5, 90.0, run_a=0.5, stall_a=2.0),
}
"""Times are own figures within makers' usual range; four seconds for a window, five for a powered boot lid."""


@dataclass(slots=True)
class Motor:
    """One drive. `obstacle_at` is where something stands in the way of closing (None: nothing).

    A drive that closes nothing meets it on the way to `high`. `is_jammed` lets it move nowhere. A drive that has reversed or
    given up is BLOCKED until its next target.
    """

    kind: MotorKind
    position: float = 0.0
    target: float = 0.0
    state: MotorState = MotorState.IDLE
    obstacle_at: float | None = None
    is_jammed: bool = False
    current_a: float = 0.0
    force_n: float = 0.0
    heat: float = 0.0
    pinches: int = 0
    _stalled_s: float = 0.0

    @property
    def is_moving(self) -> bool:
        """Whether it moves now."""
        return self.state in (MotorState.MOVING, MotorState.REVERSING)

    def move_to(self, target: float) -> None:
        """Take a new target within the stops; a blocked drive tries again, a hot one waits."""
        self.target = min(self.kind.high, max(self.kind.low, target))
        self._stalled_s = 0.0
        if self.state is not MotorState.HOT:
            self.state = MotorState.IDLE if self.target == self.position else MotorState.MOVING

    def stop(self) -> None:
        """Stand still where it is."""
        self.move_to(self.position)

    def step(self, dt_s: float) -> None:
        """Advance by a step of some 10 to 50 ms (a pinch is seen once a step)."""
        self.current_a = self.force_n = 0.0
        if self.state is MotorState.HOT:
            if self.heat < RESTART_BELOW:
                self.state = MotorState.IDLE
                self.target = self.position
        elif self.is_moving:
            self._stall(dt_s) if self.is_jammed else self._run(dt_s)
        self._warm(dt_s)

    def _stall(self, dt_s: float) -> None:
        self.current_a = self.kind.stall_a
        self._stalled_s += dt_s
        if self._stalled_s >= STALL_GIVES_UP_S:
            self.state, self.target = MotorState.BLOCKED, self.position

    def _run(self, dt_s: float) -> None:
        self.current_a = self.kind.run_a
        way = self.kind.speed_per_s * dt_s
        left = self.target - self.position
        reached = self.target if math.fabs(left) <= way else self.position + math.copysign(way, left)
        if self._meets_obstacle(reached):
            self._press(reached)
        else:
            self.position = reached
        if self.position == self.target and self.is_moving:
            self.state = MotorState.BLOCKED if self.state is MotorState.REVERSING else MotorState.IDLE

    def _pressing_way(self) -> float:
        """The direction in which an obstacle is met: towards where the drive closes, else towards `high`."""
        end = self.kind.high if self.kind.closes_towards is None else self.kind.closes_towards
        return math.copysign(1.0, end - self.position)

    def _meets_obstacle(self, reached: float) -> bool:
        """Whether the step would press on the obstacle: it lies ahead, or is being pressed already."""
        way = self._pressing_way()
        if self.obstacle_at is None or (reached - self.position) * way <= 0:
            return False
        deepest = PINCH_LIMIT_N / OBSTACLE_N_PER_MM / self.kind.mm_per_unit
        return (reached - self.obstacle_at) * way > 0 and (self.position - self.obstacle_at) * way <= deepest

    def _press(self, reached: float) -> None:
        """Press on the obstacle; reverse in time where the drive has anti-pinch, else stall."""
        obstacle_at = reached if self.obstacle_at is None else self.obstacle_at
        self.force_n = math.fabs(reached - obstacle_at) * self.kind.mm_per_unit * OBSTACLE_N_PER_MM
        self.current_a = self.kind.run_a + (self.kind.stall_a - self.kind.run_a) * min(1.0, self.force_n / 200)
        if self.force_n < PINCH_REVERSES_N:
            self.position = reached
        elif self._gap_mm(obstacle_at) >= SMALLEST_GAP_MM:
            self._reverse()
        else:
            self.state, self.target = MotorState.BLOCKED, self.position

    def _gap_mm(self, at: float) -> float:
        """The opening that is left at a position, in mm; 0 for a drive on which nothing gets caught."""
        end = self.kind.closes_towards
        return 0.0 if end is None else math.fabs(at - end) * self.kind.mm_per_unit

    def _reverse(self) -> None:
        away = -self._pressing_way() * REVERSES_BY_MM / self.kind.mm_per_unit
        self.pinches += 1
        self.state = MotorState.REVERSING
        self.target = min(self.kind.high, max(self.kind.low, self.position + away))

    def _warm(self, dt_s: float) -> None:
        kind = self.kind
        if self.current_a > 0:
            times = STALL_HEATS_TIMES if self.current_a >= kind.stall_a else 1.0
            self.heat += times * dt_s / kind.rated_run_s
        else:
            self.heat *= math.exp(-dt_s / COOLING_S)
        if self.heat >= 1.0 and self.state is not MotorState.HOT:
            self.heat, self.state, self.target = 1.0, MotorState.HOT, self.position
