"""Longitudinal motion: what the road asks, what the motor gives, what the pedals mean.

The car is a battery-electric compact. Published figures of one such car, the Volkswagen ID.3 Pro Performance (maker's data
sheet, 2020): 150 kW, 310 Nm, drag coefficient 0.267, about 1,800 kg unladen, 0 to 100 km/h in 7.3 s.

- Road load as in Gillespie, Fundamentals of Vehicle Dynamics, chapter 4: air drag, rolling resistance and slope.
  Frontal area 2.36 m^2, so 0.63 m^2 of drag area; mass with a driver 1,900 kg; rolling coefficient 0.010 (Gillespie gives
  0.010 to 0.015 for car tyres on asphalt; labelled tyres of EU 2020/740 class C reach 0.0078 to 0.009 on the drum).
- Losses between the battery and the wheel: 9 % of the power and 250 W while turning (own figure; together about 90 %).
- Lifting the pedal slows by 0, 0.7, 1.3 or 2.0 m/s^2. UN R13-H, 5.2.22.4: no stop lamp need light below 0.7, it must above
  1.3 m/s^2. Friction brakes give what the motor may not (brake by wire), so that a full battery changes no stopping distance.
- Pedal maps of the drive modes: own figures. The last 2 % of the pedal are a kick-down: all there is, in every mode.
- Longitudinal slip grows in proportion to the acceleration; Pacejka, Tyre and Vehicle Dynamics, chapter 1, puts the peak of
  a dry road at about a tenth of slip.
"""

import math
from typing import NamedTuple

PARK, REVERSE, NEUTRAL, DRIVE = 126, -1, 0, 127
"""VSS: Transmission.CurrentGear."""

GRAVITY_MPS2 = 9.81
AIR_KG_M3 = 1.2
MASS_KG = 1900.0
DRAG_AREA_M2 = 0.63
ROLLING = 0.010
DRAG_N_PER_MPS2 = 0.5 * AIR_KG_M3 * DRAG_AREA_M2
ROLLING_N = ROLLING * MASS_KG * GRAVITY_MPS2
WEIGHT_N = MASS_KG * GRAVITY_MPS2

MOTOR_POWER_W = 150_000.0
"""At the motor's shaft; nine tenths and a bit reach the wheels."""
MAX_TRACTION_N = 7_700.0
"""310 Nm through a gear of 8.5 on wheels of 0.34 m (own figure: 4.05 m/s^2)."""
DRIVELINE_LOSS = 0.09
IDLE_LOSS_W = 250.0
MAX_BRAKE_MPS2 = 8.0
PARKING_BRAKE_MPS2 = 2.0
"""UN R13-H asks a parking brake for at least 1.5 m/s^2 when it is applied on the move."""
LIFT_MPS2 = (0.0, 0.7, 1.3, 2.0)
REGENERATION_FADES_BELOW_MPS = 2.0
MAX_SPEED_MPS = 180 / 3.6
REVERSE_SPEED_MPS = 20 / 3.6
KICK_DOWN = 0.98
SLIP_PER_MPS2 = 0.012

PEDAL_MAPS = {"ECO": (1.4, 0.70), "COMFORT": (1.0, 1.0), "SPORT": (0.75, 1.0)}
"""Drive mode: exponent on the pedal, and the most of the traction it asks for short of the kick-down."""


def resistance_n(speed_mps: float, slope: float = 0.0) -> float:
    """Return drag, rolling resistance and slope force at a speed, in N; a slope of 0.05 rises 5 m on 100 m.

    The sine of the slope's angle is taken as the slope itself, 0.7 % too much at 12 %.
    """
    rolling = ROLLING_N if speed_mps > 0 else 0.0
    return DRAG_N_PER_MPS2 * speed_mps * speed_mps + rolling + WEIGHT_N * slope


def pedal_share(throttle: float, drive_mode: str) -> float:
    """Return the share of the traction that a pedal position (0 to 1) asks for in a drive mode."""
    if throttle >= KICK_DOWN:
        return 1.0
    exponent, most = PEDAL_MAPS.get(drive_mode, PEDAL_MAPS["COMFORT"])
    return float(throttle if exponent == 1.0 else throttle**exponent) * most


def traction_limit_n(speed_mps: float, power_limit_w: float) -> float:
    """Return the force the motor can put on the wheels, in N, with `power_limit_w` at its shaft."""
    at_wheels_w = (1 - DRIVELINE_LOSS / 2) * power_limit_w
    return min(MAX_TRACTION_N, at_wheels_w / max(speed_mps, 1.0))


def electric_w(wheel_w: float) -> float:
    """Return the power the drive takes from the battery (negative: gives) for a power at the wheels, in W."""
    if wheel_w == 0:
        return 0.0
    return wheel_w + DRIVELINE_LOSS * abs(wheel_w) + IDLE_LOSS_W


def wheel_speeds_mps(speed_mps: float, acceleration_mps2: float) -> tuple[float, float, float, float]:
    """Return the rim speed of the wheels, front left, front right, rear left, rear right, on a straight road.

    The rear axle drives and so turns a little faster under power; braked wheels turn slower, the front ones more.
    """
    slip = SLIP_PER_MPS2 * acceleration_mps2
    front, rear = (1.2 * slip, 0.8 * slip) if slip < 0 else (0.0, slip)
    front_mps, rear_mps = speed_mps * (1 + front), speed_mps * (1 + rear)
    return front_mps, front_mps, rear_mps, rear_mps


class CruisePedals(NamedTuple):
    """What the cruise control presses: throttle and brake, 0 to 1, and its integral to be handed back next time.

    `lift_share` is how much of the lifted pedal's deceleration it wants while it presses nothing (1: all).
    """

    throttle: float
    brake: float
    lift_share: float
    integral: float


LEAST_PEDAL = 0.001
"""Keeps the pedal from being lifted where the car just rolls."""


CRUISE_P_PER_S = 0.9
CRUISE_I_PER_S2 = 0.12
CRUISE_MOST_MPS2 = 1.6
CRUISE_HARDEST_BRAKE_MPS2 = -3.0
"""ISO 15622 lets an adaptive cruise control accelerate by 2.0 and brake by 3.5 m/s^2 at speed; this one stays inside."""


def cruise_throttle(
    target_mps: float, speed_mps: float, integral: float, dt_s: float, regen_level: int = 1, drive_mode: str = "COMFORT"
) -> CruisePedals:
    """Return the pedals that bring the car to a target speed: a PI controller on the acceleration wanted.

    `integral` is 0 when the cruise control is switched on, afterwards what the last call returned; it holds while an output
    is at its limit (no wind-up). The road load on the flat is known to the controller, so that the integral carries slope only.
    """
    error = target_mps - speed_mps
    wanted = CRUISE_P_PER_S * error + integral
    limited = min(CRUISE_MOST_MPS2, max(CRUISE_HARDEST_BRAKE_MPS2, wanted))
    if wanted == limited:
        integral += CRUISE_I_PER_S2 * error * dt_s
    force_n = MASS_KG * limited + resistance_n(speed_mps)
    if force_n >= 0:
        share = force_n / traction_limit_n(speed_mps, MOTOR_POWER_W)
        exponent, most = PEDAL_MAPS.get(drive_mode, PEDAL_MAPS["COMFORT"])
        pedal = math.pow(min(1.0, share / most), 1 / exponent)
        return CruisePedals(max(LEAST_PEDAL, min(1.0, pedal)), 0.0, 1.0, integral)
    slowing, lift = -force_n / MASS_KG, LIFT_MPS2[regen_level]
    if slowing < lift:
        return CruisePedals(0.0, 0.0, slowing / lift, integral)
    return CruisePedals(0.0, min(1.0, (slowing - lift) / MAX_BRAKE_MPS2), 1.0, integral)
