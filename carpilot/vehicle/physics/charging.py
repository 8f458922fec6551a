"""Charging: plug, port, timer, limit, and the power that comes in.

- AC: 11 kW, three phases of 16 A at 230 V (IEC 61851-1 mode 3); the charger on board keeps 90 % (own figure; the ADAC's
  measurements of such cars find 10 to 15 % lost). 60 kWh so take a little over six hours.
- DC: a curve by state of charge with a peak of 120 kW that falls from a third on and steeply above 80 %, in the shape that
  makers publish (Volkswagen gives 35 min from 5 to 80 % for the ID.3 with 58 kWh and 120 kW); limited when cold or hot.
- Plug states are those of IEC 61851-1: A unplugged, B plugged, C charging, F fault.
"""

from dataclasses import dataclass
from enum import Enum

from carpilot.vehicle.physics.battery import J_PER_PERCENT, Curve, on_curve

AC_MOST_W = 11_000.0
AC_EFFICIENCY = 0.90
DC_LIMIT_W_BY_PERCENT: Curve = (
    (0, 5, 10, 30, 40, 50, 60, 70, 80, 90, 95, 100),
    (80_000, 110_000, 120_000, 119_000, 104_000, 90_000, 78_000, 68_000, 56_000, 32_000, 16_000, 4_000),
)
DC_LIMIT_W_BY_CELSIUS: Curve = (
    (-25, -10, 0, 10, 20, 45, 52, 56),
    (3_000, 20_000, 45_000, 80_000, 120_000, 120_000, 50_000, 0),
)


class Plug(Enum):
    """What is plugged in."""

    NONE = "NONE"
    AC = "AC"
    DC = "DC"


class ChargingState(Enum):
    """What the charging does."""

    UNPLUGGED = "UNPLUGGED"
    STOPPED = "STOPPED"
    WAITING = "WAITING"
    CHARGING = "CHARGING"
    COMPLETE = "COMPLETE"
    FAULT = "FAULT"


def pack_limit_w(plug: Plug, charge_percent: float, battery_celsius: float) -> float:
    """Return the power the pack takes at most from a kind of plug, in W at its terminals."""
    if plug is Plug.NONE:
        return 0.0
    cold = on_curve(DC_LIMIT_W_BY_CELSIUS, battery_celsius)
    if plug is Plug.AC:
        return min(AC_MOST_W * AC_EFFICIENCY, cold)
    return min(on_curve(DC_LIMIT_W_BY_PERCENT, charge_percent), cold)


@dataclass(slots=True)
class Charging:
    """The charge port and what comes through it.

    `limit_percent` is where charging ends, `timer_s` how long it still waits (None: no timer), `station_w` what the station
    can give. `is_enabled` is the driver's start and stop. `has_fault` stops it until it is taken away. `power_w` is what the
    station delivers, `pack_w` what reaches the battery.
    """

    plug: Plug = Plug.NONE
    is_port_open: bool = False
    is_plug_locked: bool = False
    is_enabled: bool = True
    limit_percent: float = 100.0
    timer_s: float | None = None
    station_w: float = AC_MOST_W
    has_fault: bool = False
    state: ChargingState = ChargingState.UNPLUGGED
    power_w: float = 0.0
    pack_w: float = 0.0
    added_j: float = 0.0

    @property
    def is_plugged(self) -> bool:
        """Whether a cable is in."""
        return self.plug is not Plug.NONE

    def connect(self, plug: Plug, station_w: float | None = None) -> bool:
        """Plug in; the port must be open. Returns whether it was."""
        if not self.is_port_open or plug is Plug.NONE:
            return False
        self.plug, self.added_j = plug, 0.0
        self.station_w = station_w if station_w is not None else (AC_MOST_W if plug is Plug.AC else 150_000.0)
        return True

    def disconnect(self) -> bool:
        """Pull the plug; not while it is locked in. Returns whether it is out."""
        if self.is_plug_locked:
            return False
        self.plug, self.state, self.power_w, self.pack_w = Plug.NONE, ChargingState.UNPLUGGED, 0.0, 0.0
        return True

    def step(self, charge_percent: float, battery_celsius: float, is_parked: bool, dt_s: float) -> None:
        """Settle the state and the power for the next step, in W; the world adds it to the battery."""
        self._run_timer(dt_s)
        self.state = self._next_state(charge_percent, is_parked)
        self.is_plug_locked = self.state is ChargingState.CHARGING
        if self.state is not ChargingState.CHARGING:
            self.power_w = self.pack_w = 0.0
            return
        efficiency = AC_EFFICIENCY if self.plug is Plug.AC else 1.0
        self.pack_w = min(pack_limit_w(self.plug, charge_percent, battery_celsius), self.station_w * efficiency)
        self.power_w = self.pack_w / efficiency
        self.added_j += self.pack_w * dt_s

    def _run_timer(self, dt_s: float) -> None:
        if self.timer_s is not None and self.is_plugged:
            self.timer_s = self.timer_s - dt_s if self.timer_s > dt_s else None

    def _next_state(self, charge_percent: float, is_parked: bool) -> ChargingState:
        if not self.is_plugged:
            return ChargingState.UNPLUGGED
        if self.has_fault:
            return ChargingState.FAULT
        if charge_percent >= self.limit_percent - 1e-6:
            return ChargingState.COMPLETE
        if not self.is_enabled or not is_parked:
            return ChargingState.STOPPED
        return ChargingState.WAITING if self.timer_s is not None else ChargingState.CHARGING

    def seconds_left(self, charge_percent: float, battery_celsius: float, until_percent: float | None = None) -> float:
        """Return the time to a state of charge (the limit unless told) at the battery's present temperature, in s."""
        until = self.limit_percent if until_percent is None else until_percent
        return charge_seconds(self.plug, charge_percent, until, battery_celsius, self.station_w)


def charge_seconds(
    plug: Plug, from_percent: float, to_percent: float, battery_celsius: float, station_w: float
) -> float:
    """Return how long a charge takes, in s, in steps of one percent; infinite without a plug."""
    efficiency = AC_EFFICIENCY if plug is Plug.AC else 1.0
    seconds, at = 0.0, from_percent
    while at < to_percent:
        step = min(1.0, to_percent - at)
        power_w = min(pack_limit_w(plug, at + step / 2, battery_celsius), station_w * efficiency)
        if power_w <= 0:
            return float("inf")
        seconds += step * J_PER_PERCENT / power_w
        at += step
    return seconds
