"""A car of this process, for python-can: no socket, and simulated time.

Two ways for time to pass. Either the script that listens lets it pass: `recv(timeout)` runs the car until a frame comes or
`timeout` seconds of simulated time are over, as fast as the machine can, or beside the wall clock if a `speed` is given
(1.0: a second a second; clients with threads and timeouts of their own, such as udsoncan over can-isotp, need it). Or the
car is driven: a loop elsewhere, a cabin's, lets time pass, and `recv` waits or looks. Then what a script does from its own
thread is queued and done by the car's thread, at most a millisecond of simulated time later.

A script is a node like any other: what it sends takes part in arbitration, and every frame carries simulation time.
"""

import itertools
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any

from carpilot.bus.bus import Bus, Port
from carpilot.bus.controller import ErrorKind
from carpilot.bus.frame import Frame
from carpilot.bus.message import Heard, heard_error
from carpilot.errors import UnknownNameError
from carpilot.sim.scheduler import Scheduler
from carpilot.units import NS_PER_MS, NS_PER_S, NS_PER_US, seconds_to_ns

STEP_NS = 100 * NS_PER_US
"""Time passes in steps this long while a script waits, so that it hears a frame before the next can be complete."""
TURN_NS = NS_PER_MS
WALL_WAIT_S = 0.0005
Advance = Callable[[int], None]

_shares: list["SharedCar"] = []
_numbers = itertools.count(1)


class SharedCar:
    """Segments, clock and lock that all scripts of one car share; made by `offer` or by opening a bus with `car=`."""

    def __init__(self, buses: Mapping[str, Bus], scheduler: Scheduler, advance: Advance, speed: float | None) -> None:
        self.buses = buses
        self.scheduler = scheduler
        self.lock = threading.RLock()
        self.is_offered = self.is_driven = False
        self.links = 0
        self._advance = advance
        self.set_speed(speed)
        self._waiting: deque[Callable[[], None]] = deque()

    def set_speed(self, speed: float | None) -> None:
        """Tie simulated time to the wall clock from now on, `speed` times as fast; None unties it."""
        self._speed = speed
        self._start_wall_ns, self._start_ns = time.monotonic_ns(), self.scheduler.now_ns

    def do(self, action: Callable[[], None]) -> None:
        """Do something to the car: now, or in its own thread's next turn if it is driven."""
        if self.is_driven:
            self._waiting.append(action)
        else:
            with self.lock:
                action()

    def turn(self) -> None:
        """Do what scripts have asked for, each millisecond while a driven car is offered or in use."""
        while self._waiting:
            self._waiting.popleft()()
        if self.is_offered or self.links:
            self.scheduler.after(TURN_NS, self.turn)

    def step(self, limit_ns: int) -> None:
        """Let a little time pass, or wait a little if the wall clock is behind."""
        if self._speed is not None:
            due_ns = self._start_ns + round((time.monotonic_ns() - self._start_wall_ns) * self._speed)
            if self.scheduler.now_ns >= due_ns:
                time.sleep(WALL_WAIT_S)
                return
        with self.lock:
            left_ns = limit_ns - self.scheduler.now_ns
            if left_ns > 0:
                self._advance(min(STEP_NS, left_ns))

    def close(self) -> None:
        """Take the offer back. Buses that are open stay open."""
        self.is_offered = False
        _forget_unused()


def _forget_unused() -> None:
    _shares[:] = [share for share in _shares if share.is_offered or share.links]


def _parts(car: Any) -> tuple[Mapping[str, Bus], Scheduler, Advance]:
    """Return segments, clock and the function that lets nanoseconds pass, of a Cabin or a Car."""
    if hasattr(car, "advance_ns"):  # a Cabin, whose own time includes the copilot's
        return car.car.buses, car.car.scheduler, car.advance_ns
    return car.buses, car.scheduler, car.advance


def _share(buses: Mapping[str, Bus], scheduler: Scheduler, advance: Advance, speed: float | None = None) -> SharedCar:
    for share in _shares:
        if share.scheduler is scheduler:
            if speed is not None:
                share.set_speed(speed)
            return share
    share = SharedCar(buses, scheduler, advance, speed)
    _shares.append(share)
    return share


def offer(car: Any, is_driven: bool = False, speed: float | None = None) -> SharedCar:
    """Let `can.Bus(interface="carpilot", channel=...)` of this process find a Car or Cabin, until `close`.

    `is_driven` says that a loop elsewhere lets time pass; call it from that loop's thread. A `speed` ties time to the wall
    clock while scripts wait.
    """
    share = _share(*_parts(car), speed=speed)
    share.is_offered = True
    if is_driven and not share.is_driven:
        share.is_driven = True
        share.turn()
    return share


def find_share(car: Any = None, bus: Bus | None = None, speed: float | None = None) -> SharedCar | None:
    """Return the car that a script means: one it names, or the last one offered; None if there is none in this process."""
    if car is not None:
        return _share(*_parts(car), speed=speed)
    if bus is not None:
        clock = bus.scheduler
        return _share({bus.name: bus}, clock, lambda duration: clock.run_until(clock.now_ns + duration), speed)
    return next((share for share in reversed(_shares) if share.is_offered), None)


class InProcessLink:
    """One script's node on one segment of a shared car."""

    def __init__(self, share: SharedCar, segment: str, hears_itself: bool = False) -> None:
        if segment not in share.buses:
            raise UnknownNameError("segment", segment, share.buses)
        self.share = share
        self.node = f"SCRIPT_{next(_numbers)}"
        self._bus = share.buses[segment]
        self._inbox: deque[Heard] = deque()
        self._has_come = threading.Event()
        self._hears_itself = hears_itself
        self._port: Port | None = None
        share.links += 1
        share.do(self._enter)

    def _enter(self) -> None:
        self._port = self._bus.attach(self.node, self._hear)
        self._bus.error_taps.append(self._hear_error)
        if self._hears_itself:
            self._bus.taps.append(self._hear_itself)

    def _hear(self, frame: Frame) -> None:
        self._take(Heard(self.share.scheduler.now_ns, frame))

    def _hear_error(self, time_ns: int, segment: str, kind: ErrorKind, sender: str) -> None:
        del segment, sender
        self._take(heard_error(time_ns, kind))

    def _take(self, heard: Heard) -> None:
        self._inbox.append(heard)
        self._has_come.set()

    def _hear_itself(self, time_ns: int, segment: str, frame: Frame, sender: str) -> None:
        del time_ns, segment
        if sender == self.node:
            self._hear(frame)

    def clock_ns(self) -> int:
        """Return the time that a timeout is counted in: simulated, unless a loop elsewhere lets it pass."""
        return time.monotonic_ns() if self.share.is_driven else self.share.scheduler.now_ns

    def send(self, frame: Frame, timeout_s: float | None = None) -> None:
        """Queue a frame at the segment."""
        del timeout_s  # a queue takes every frame at once
        self.share.do(lambda: self.put(frame))

    def put(self, frame: Frame) -> None:
        """Queue a frame, from the car's own thread. A script that has left sends nothing."""
        if self._port is not None:
            self._port.send(frame)

    def receive(self, timeout_s: float | None) -> Heard | None:
        """Return the next frame, or None if none comes within a time; None waits for ever."""
        if self.share.is_driven:
            self._has_come.clear()
            if not self._inbox and timeout_s != 0:
                self._has_come.wait(timeout_s)
        else:
            self._let_time_pass(timeout_s)
        try:
            return self._inbox.popleft()
        except IndexError:
            return None

    def _let_time_pass(self, timeout_s: float | None) -> None:
        scheduler = self.share.scheduler
        limit_ns = scheduler.now_ns + (3600 * NS_PER_S if timeout_s is None else seconds_to_ns(timeout_s))
        while not self._inbox and scheduler.now_ns < limit_ns:
            self.share.step(limit_ns)

    def close(self) -> None:
        """Leave the segment."""
        self.share.do(self._leave)

    def _leave(self) -> None:
        if self._port is not None:
            self._bus.detach(self._port)
            self._bus.error_taps.remove(self._hear_error)
            self._port = None
            if self._hears_itself:
                self._bus.taps.remove(self._hear_itself)
        self.share.links -= 1
        _forget_unused()
