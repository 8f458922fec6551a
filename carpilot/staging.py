"""What a scenario or a hand can set beside actuators: the sensors that follow from nothing else, by path.

Each setter changes the world or the unit that measures it; the next status frames tell.
"""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeVar

from carpilot.ecu.assistance import Assistance
from carpilot.ecu.body import Body
from carpilot.ecu.phone import Phone
from carpilot.ecu.seat import Seats
from carpilot.ecu.stability import WHEELS
from carpilot.ecu.vehicle_control import PARKING_BRAKE
from carpilot.errors import InputError
from carpilot.units import kph_to_mps
from carpilot.vehicle.catalogue import Value
from carpilot.vehicle.physics import DRIVE, PARK
from carpilot.vehicle.physics.charging import Plug

if TYPE_CHECKING:
    from carpilot.car import Car

Setter = Callable[["Car", Value], None]
D = TypeVar("D")


def stage(car: "Car", path: str, value: Value) -> None:
    """Set a sensor's cause. Raises InputError for one that follows from others."""
    if path.endswith("IsOccupied"):
        car.world.occupied[path] = value is True
    elif path.endswith("IsBelted"):
        _device(car, "SEAT", Seats).belted[path] = value is True
    elif path.startswith("Vehicle.Cabin.Door.") and path.endswith(".IsOpen"):
        car.world.open_doors[path] = value is True
    elif path in _SETTERS:
        _SETTERS[path](car, value)
    else:
        raise InputError(f"{path} follows from other signals and cannot be set")


def _device(car: "Car", name: str, kind: type[D]) -> D:
    device = car.nodes[name].device
    assert isinstance(device, kind)
    return device


def _world(attribute: str) -> Setter:
    return lambda car, value: setattr(car.world, attribute, value)


def _number(attribute: str) -> Setter:
    return lambda car, value: setattr(car.world, attribute, float(value))


def _assistance(attribute: str) -> Setter:
    return lambda car, value: setattr(_device(car, "ADAS", Assistance), attribute, value)


def _engage_parking_brake(car: "Car", is_engaged: bool) -> None:
    car.world.is_parking_brake_engaged = is_engaged
    car.nodes["VCU"].device.set_by_hand(PARKING_BRAKE, is_engaged)


def _set_speed(car: "Car", value: Value) -> None:
    world = car.world
    world.speed_mps = kph_to_mps(float(value))
    world.is_speed_held = world.speed_mps > 0
    if world.speed_mps > 0:
        _engage_parking_brake(car, False)
        if world.gear == PARK:
            world.gear = DRIVE


def _set_gear(car: "Car", value: Value) -> None:
    car.world.gear = int(value)
    _engage_parking_brake(car, car.world.gear == PARK)


def _set_range(car: "Car", value: Value) -> None:
    car.world.range_m, car.world.is_range_fixed = float(value), True


def _set_cabin(car: "Car", value: Value) -> None:
    car.world.cabin_celsius[:] = [float(value), float(value)]


def _set_cable(car: "Car", value: Value) -> None:
    charging = car.world.charging
    if value is True:
        charging.is_port_open = True
        charging.connect(Plug.AC)
    else:
        charging.is_plug_locked = False
        charging.disconnect()


def _fill(wheel: int) -> Setter:
    def fill(car: "Car", value: Value) -> None:
        car.world.tyres.wheels[wheel].fill(float(value))

    return fill


def _set_odometer(car: "Car", value: Value) -> None:
    car.world.odometer_m = float(value) * 1000


def _set_battery_temperature(car: "Car", value: Value) -> None:
    car.world.battery.temperature_celsius = float(value)


def _set_voltage(car: "Car", value: Value) -> None:
    car.world.low_voltage.forced_v = float(value)


BATTERY = "Vehicle.Powertrain.TractionBattery."
_SETTERS: Mapping[str, Setter] = {
    "Vehicle.Speed": _set_speed,
    "Vehicle.Chassis.Axle.Row1.Wheel.Left.Speed": _set_speed,
    "Vehicle.Powertrain.Transmission.CurrentGear": _set_gear,
    "Vehicle.LowVoltageSystemState": _world("ignition"),
    f"{BATTERY}StateOfCharge.Displayed": _number("charge_percent"),
    "Vehicle.Powertrain.Range": _set_range,
    f"{BATTERY}Temperature.Average": _set_battery_temperature,
    f"{BATTERY}Charging.ChargingPort.AnyPosition.IsChargingCableConnected": _set_cable,
    "Vehicle.Exterior.AirTemperature": _number("outside_celsius"),
    "Vehicle.Body.Raindetection.Intensity": _number("rain_percent"),
    "Vehicle.Exterior.LightIntensity": _number("light_percent"),
    "Vehicle.Cabin.HVAC.AmbientAirTemperature": _set_cabin,
    "Vehicle.Private.Windshield.Front.FogLevel": _number("fog_percent"),
    "Vehicle.Driver.FatigueLevel": _assistance("fatigue_percent"),
    "Vehicle.Driver.DistractionLevel": _assistance("distraction_percent"),
    "Vehicle.Driver.IsHandsOnWheel": _assistance("are_hands_on_wheel"),
    "Vehicle.Body.Windshield.Front.WasherFluid.Level": lambda car, value: setattr(
        _device(car, "BCM", Body), "washer_percent", float(value)
    ),
    "Vehicle.LowVoltageBattery.CurrentVoltage": _set_voltage,
    "Vehicle.Private.Messages.UnreadCount": lambda car, value: setattr(
        _device(car, "PHONE", Phone), "unread", int(value)
    ),
    "Vehicle.TraveledDistance": _set_odometer,
    **{f"Vehicle.Chassis.Axle.{wheel}.Tire.Pressure": _fill(index) for index, wheel in enumerate(WHEELS)},
}
