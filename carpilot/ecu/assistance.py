"""ADAS: cruise control, lane keeping, parking, and a watch on the driver."""

from collections.abc import Callable
from typing import ClassVar

from carpilot.ecu.device import Device, Motion
from carpilot.units import kph_to_mps
from carpilot.vehicle.catalogue import Value
from carpilot.vehicle.physics import DRIVE
from carpilot.vehicle.physics.motion import cruise_throttle

CRUISE = "Vehicle.ADAS.CruiseControl.IsActive"
CRUISE_SPEED = "Vehicle.ADAS.CruiseControl.SpeedSet"
LANE = "Vehicle.Private.Assist.LaneKeepState"
PARK_ASSIST = "Vehicle.Private.Assist.ParkAssistState"
FROM_KPH, LANE_FROM_KPH, PARK_BELOW_KPH = 30.0, 60.0, 20.0
LANE_READY_S = 0.5
SEARCH_S, PARK_S = 4.0, 12.0
TIRED_PERCENT_PER_HOUR = 18.0


class Assistance(Device):
    """The assistance unit. The cruise control needs 30 km/h and D, and ends when the driver brakes.

    Lane keeping waits below 60 km/h. Driver state is modelled simply: tiredness grows with the time at the wheel.
    """

    name = "ADAS"
    slow_step_s = 0.1
    motions: ClassVar = {"LaneKeepState": Motion(delay_s=0.4), "IsActive": Motion(delay_s=0.2)}
    fatigue_percent = 10.0
    distraction_percent = 5.0
    are_hands_on_wheel = True
    read_signs: Callable[[], float] = staticmethod(lambda: 0.0)
    """Returns the speed limit that the camera reads, in km/h; 0 for none."""
    _integral = 0.0
    _park_s = 0.0
    _waited_s = 0.0

    def refuses(self, path: str, target: Value) -> bool:
        """Refuse what the unit cannot do at this speed."""
        world = self.world
        if path == CRUISE:
            return target is True and (world.gear != DRIVE or world.speed_mps < kph_to_mps(FROM_KPH))
        if path == PARK_ASSIST:
            return target != "OFF" and world.speed_mps > kph_to_mps(PARK_BELOW_KPH)
        return path == LANE and target == "ACTIVE"

    def on_target(self, path: str, target: Value) -> None:
        """Start the control from rest, and the parking from its search."""
        if path == CRUISE and target is True:
            self._integral = 0.0
        if path == PARK_ASSIST:
            self._park_s = 0.0

    def live(self, dt_s: float) -> bool:
        """Hold the speed, keep the lane, park, and watch."""
        before = (self.actual[CRUISE], self.actual[LANE], self.actual[PARK_ASSIST])
        world = self.world
        if self.actual[CRUISE] is True:
            self._cruise(dt_s)
        self._keep_lane(dt_s)
        self._park(dt_s)
        if world.speed_mps > 0:
            self.fatigue_percent = min(100.0, self.fatigue_percent + TIRED_PERCENT_PER_HOUR * dt_s / 3600)
        return before != (self.actual[CRUISE], self.actual[LANE], self.actual[PARK_ASSIST])

    def _keep_lane(self, dt_s: float) -> None:
        """Go from waiting to steering when the car is fast enough, after having reported that it waits."""
        if LANE in self._moving or self.actual[LANE] == "OFF":
            self._waited_s = 0.0
            return
        is_fast = self.world.speed_mps >= kph_to_mps(LANE_FROM_KPH)
        self._waited_s += dt_s
        if not is_fast or self._waited_s >= LANE_READY_S:
            self.set_by_hand(LANE, "ACTIVE" if is_fast else "STANDBY")

    def _cruise(self, dt_s: float) -> None:
        world = self.world
        if world.brake > 0 and not self._is_braking:
            self.set_by_hand(CRUISE, False)
            world.throttle, world.lift_share, self._is_braking = 0.0, 1.0, False
            return
        if world.is_speed_held:
            return
        target_mps = kph_to_mps(float(self.actual[CRUISE_SPEED]))
        pedals = cruise_throttle(target_mps, world.speed_mps, self._integral, dt_s, world.regen_level, world.drive_mode)
        self._integral = pedals.integral
        world.throttle, world.brake, world.lift_share = pedals.throttle, pedals.brake, pedals.lift_share
        self._is_braking = pedals.brake > 0

    _is_braking = False

    def _park(self, dt_s: float) -> None:
        state = self.actual[PARK_ASSIST]
        if state in ("SEARCHING", "PARKING") and PARK_ASSIST not in self._moving:
            self._park_s += dt_s
            if state == "PARKING" and self._park_s >= PARK_S:
                self.set_by_hand(PARK_ASSIST, "DONE")

    def sensed(self, path: str) -> Value | None:
        """Return the driver's state, or the speed limit of the road."""
        if path == "Vehicle.Driver.FatigueLevel":
            return self.fatigue_percent
        if path == "Vehicle.Driver.DistractionLevel":
            return self.distraction_percent
        if path == "Vehicle.Driver.AttentiveProbability":
            return max(0.0, 100.0 - 0.6 * self.fatigue_percent - 0.8 * self.distraction_percent)
        if path == "Vehicle.Driver.IsHandsOnWheel":
            return self.are_hands_on_wheel
        return round(self.read_signs())
