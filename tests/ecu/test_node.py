"""Devices on the bus: commands in, status out, silence and restarts."""

from collections.abc import Mapping
from random import Random

import pytest

from carpilot.bus.authentication import Authenticator
from carpilot.bus.bus import Port
from carpilot.bus.commander import Order
from carpilot.bus.database import default_database
from carpilot.bus.e2e import Protector
from carpilot.bus.frame import Frame
from carpilot.car import KEY, Car
from carpilot.ecu.device import Response
from carpilot.errors import InputError, UnknownNameError
from carpilot.faults import Fault, inject
from carpilot.vehicle.catalogue import Value, default_catalogue
from carpilot.vehicle.state import Quality

MS = 1_000_000
S = 1000 * MS
DATABASE = default_database()
WINDOW = "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position"
BOOT = "Vehicle.Body.Trunk.Rear.IsOpen"
HEAT = "Vehicle.Cabin.Seat.Row1.DriverSide.HeatingCooling"
WHEEL_HEAT = "Vehicle.Chassis.SteeringWheel.HeatingCooling"


class Garage:
    """A car, and a tester clipped on its body segment, behind the gateway."""

    def __init__(self, start: Mapping[str, Value] | None = None) -> None:
        self.heard: list[Frame] = []
        self.car = Car(start)
        self.tester: Port = self.car.buses["body"].attach("TESTER", self.heard.append)
        self.protectors = {info.name: Protector(info.data_id, info.profile) for info in DATABASE.info.values()}
        self.authenticator = Authenticator(KEY, DATABASE.info["DOOR_AccessCmd"].data_id)

    def frame(self, message: str, values: dict[str, int | float | str]) -> Frame:
        info, data = DATABASE.info[message], DATABASE.encode(message, values).data
        if info.is_authenticated:
            data = self.authenticator.sign(data)
        return DATABASE.frame(info, self.protectors[message].protect(data))

    def send(self, frame: Frame, wait_ns: int = 300 * MS) -> None:
        self.tester.send(frame)
        self.car.advance(wait_ns)

    def actual(self) -> dict[str, Value]:
        return {path: value for node in self.car.nodes.values() for path, value in node.device.actual.items()}

    def response(self, node: str) -> Response:
        return self.car.nodes[node].device.response


def test_given_a_new_car_when_it_has_warmed_up_then_every_reading_is_valid_and_it_stands() -> None:
    state = Car().state()
    for path, signal in default_catalogue().items():
        assert state.reading(path).quality is Quality.VALID, path
        if signal.is_actuator:
            assert state.actual(path) == signal.initial
    assert state.standing_since_ns is not None
    assert state.time_ns - state.standing_since_ns >= S


def test_given_a_command_when_it_has_crossed_the_gateway_then_the_device_moves_and_reports() -> None:
    car = Car()
    car.commander.send(1, [Order(0, WINDOW, 40, "allow", 255)])
    car.advance(300 * MS)
    assert 0 < int(car.state().actual(WINDOW) or 0) < 40
    car.advance(3 * S)
    assert car.state().actual(WINDOW) == 40
    assert car.observer.answers["DOOR"].response == "Done"


def _flip(frame: Frame) -> Frame:
    return Frame(frame.arbitration_id, frame.data[:-1] + bytes([frame.data[-1] ^ 0x80]))


@pytest.mark.parametrize("change", ["wrong CRC", "cut off", "extended", "misaddressed"])
def test_given_a_damaged_command_when_heard_then_nothing_moves(change: str) -> None:
    garage = Garage()
    good = garage.frame("SEAT_Cmd", {"ThermalFrontLeft": 66})
    bad = {
        "wrong CRC": _flip(good),
        "cut off": Frame(good.arbitration_id, Protector(DATABASE.info["SEAT_Cmd"].data_id).protect(good.data[:7])),
        "extended": Frame(good.arbitration_id, good.data, is_extended=True),
        "misaddressed": Frame(0x230, good.data),
    }[change]
    before = garage.actual()
    garage.send(bad, 2 * S)
    assert garage.actual() == before
    blamed = {"extended": Response.IDLE, "misaddressed": Response.IDLE}.get(change, Response.REFUSED_INTEGRITY)
    assert garage.response("SEAT") is blamed


def test_given_a_command_when_it_is_repeated_then_the_second_is_not_taken() -> None:
    garage = Garage()
    frame = garage.frame("SEAT_Cmd", {"ThermalFrontLeft": 66})
    garage.send(frame)
    garage.car.set(HEAT, 0)
    garage.send(frame)
    assert garage.actual()[HEAT] == 0
    assert garage.response("SEAT") is Response.DONE  # the first was taken


def test_given_one_value_out_of_range_on_the_bus_when_heard_then_the_rest_of_the_frame_is_not_taken() -> None:
    garage = Garage()
    before = garage.actual()
    garage.send(garage.frame("SEAT_Cmd", {"ThermalFrontLeft": 66, "ThermalWheel": 120}))
    assert garage.actual() == before
    assert garage.car.observer.answers["SEAT"].response == "RefusedRange"
    garage.send(garage.frame("SEAT_Cmd", {"ThermalFrontLeft": 66, "ThermalWheel": 50}))
    assert (garage.actual()[HEAT], garage.actual()[WHEEL_HEAT]) == (66, 50)


def test_given_an_empty_command_when_heard_then_nothing_moves() -> None:
    garage = Garage()
    before = garage.actual()
    for name, info in DATABASE.info.items():
        if info.sender == "COPILOT" and DATABASE.home[name] == "body":
            garage.send(garage.frame(name, {}))
    assert garage.actual() == before


def test_given_a_frame_behind_the_gateway_when_the_car_moves_then_the_ecu_itself_keeps_the_boot_shut() -> None:
    garage = Garage({"Vehicle.Speed": 30.0})
    garage.send(garage.frame("DOOR_AccessCmd", {"Boot": 1}), 7 * S)
    assert garage.actual()[BOOT] is False
    assert garage.response("DOOR") is Response.REFUSED_STATE


@pytest.mark.parametrize("forgery", ["no code", "wrong key", "replayed"])
def test_given_an_access_command_that_is_not_authentic_when_heard_then_nothing_opens(forgery: str) -> None:
    garage = Garage()
    if forgery == "wrong key":
        garage.authenticator = Authenticator(bytes(16), DATABASE.info["DOOR_AccessCmd"].data_id)
    frame = garage.frame("DOOR_AccessCmd", {"Boot": 1})
    if forgery == "no code":
        info = DATABASE.info["DOOR_AccessCmd"]
        plain = DATABASE.encode("DOOR_AccessCmd", {"Boot": 1}).data
        frame = DATABASE.frame(info, garage.protectors["DOOR_AccessCmd"].protect(plain))
    if forgery == "replayed":
        garage.send(frame, 6 * S)
        assert garage.actual()[BOOT] is True
        garage.car.set(BOOT, False)
        for _ in range(256):  # until the counter of its end-to-end protection fits again
            garage.protectors["DOOR_AccessCmd"].protect(frame.data)
        frame = DATABASE.frame(DATABASE.info["DOOR_AccessCmd"], garage.protectors["DOOR_AccessCmd"].protect(frame.data))
    garage.send(frame, 6 * S)
    assert garage.actual()[BOOT] is False
    assert garage.response("DOOR") is Response.REFUSED_INTEGRITY


def test_given_a_command_sent_past_the_gate_when_the_car_moves_then_the_gateway_drops_it() -> None:
    car = Car({"Vehicle.Speed": 30.0, "Vehicle.Cabin.Door.Row1.DriverSide.IsLocked": True})
    car.commander.send(1, [Order(0, "Vehicle.Cabin.Door.Row1.DriverSide.IsLocked", False, "allow", 255)])
    car.advance(S)
    assert car.gateway.dropped == {0x231: 1}
    assert car.nodes["DOOR"].device.actual["Vehicle.Cabin.Door.Row1.DriverSide.IsLocked"] is True


def test_given_a_silent_ecu_when_it_is_commanded_then_it_neither_hears_nor_sends_until_it_is_back() -> None:
    garage = Garage()
    inject(garage.car, Fault("ecu_silent", 4.0, node="SEAT"), Random(1))
    garage.heard.clear()
    garage.send(garage.frame("SEAT_Cmd", {"ThermalFrontLeft": 66}), 2 * S)
    assert 0x320 not in {frame.arbitration_id for frame in garage.heard}
    assert garage.car.state().reading(HEAT).quality is Quality.STALE
    garage.car.advance(4 * S)
    assert garage.car.state().actual(HEAT) == 0
    garage.send(garage.frame("SEAT_Cmd", {"ThermalFrontLeft": 66}))
    assert garage.car.state().actual(HEAT) == 66


def test_given_a_moving_pane_when_its_ecu_restarts_then_it_stays_and_hears_commands_again() -> None:
    garage = Garage()
    garage.send(garage.frame("DOOR_WindowCmd", {"WindowFrontLeft": 100}), 2 * S)
    inject(garage.car, Fault("ecu_reset", 0.5, node="DOOR"), Random(1))
    stopped = garage.actual()[WINDOW]
    assert 40 < int(stopped) < 60
    garage.car.advance(5 * S)
    assert garage.car.state().actual(WINDOW) == stopped
    assert garage.car.observer.answers["DOOR"].response == "Idle"
    for _ in range(5):
        garage.frame("DOOR_WindowCmd", {})
    garage.send(garage.frame("DOOR_WindowCmd", {"WindowFrontLeft": 10}), 3 * S)
    assert garage.car.state().actual(WINDOW) == 10


def test_given_status_messages_when_the_bus_is_heard_for_a_second_then_each_comes_in_its_cycle() -> None:
    heard: list[tuple[str, int]] = []
    car = Car(taps=(lambda time_ns, segment, frame, sender: heard.append((segment, frame.arbitration_id)),))
    heard.clear()
    car.advance(10 * S)
    for name, info in DATABASE.info.items():
        if info.cycle_ns:
            for segment in {DATABASE.home[name], "infotainment"}:
                count = heard.count((segment, info.arbitration_id))
                assert count == pytest.approx(10 * S / info.cycle_ns, abs=1), (segment, name)


@pytest.mark.parametrize(
    ("kind", "node", "path", "error"),
    [
        ("earthquake", "DOOR", None, UnknownNameError),
        ("jam", "ATTIC", WINDOW, InputError),
        ("jam", "ROOF", WINDOW, InputError),
        ("jam", "DOOR", None, InputError),
        ("jam", "DOOR", HEAT, InputError),
        ("jam", "VCU", "Vehicle.Speed", InputError),
    ],
)
def test_given_a_fault_that_cannot_be_when_asked_for_then_input_error(
    kind: str, node: str, path: str | None, error: type[InputError]
) -> None:
    with pytest.raises(error):
        inject(Car(), Fault(kind, 1.0, node=node, path=path), Random(1))


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("Vehicle.Powertrain.ElectricMotor.Power", 10.0),
        ("Vehicle.Body.Lights.Beam.Low.IsOn", True),
        ("Vehicle.Speed", -1.0),
        ("Vehicle.Speed", 301.0),
        ("Vehicle.Cabin.Door.Row1.DriverSide.Window.Position", 101),
        ("Vehicle.LowVoltageSystemState", "MAYBE"),
        ("Vehicle.Wings", 2),
    ],
)
def test_given_what_no_hand_can_set_when_set_then_input_error(path: str, value: Value) -> None:
    with pytest.raises(InputError):
        Car().set(path, value)


SET = [
    ("Vehicle.Speed", 50.0),
    ("Vehicle.Powertrain.Transmission.CurrentGear", -1),
    ("Vehicle.Chassis.ParkingBrake.IsEngaged", False),
    ("Vehicle.LowVoltageSystemState", "ACC"),
    ("Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed", 15.0),
    ("Vehicle.Powertrain.Range", 42_000),
    ("Vehicle.Exterior.AirTemperature", -12.0),
    ("Vehicle.Body.Raindetection.Intensity", 70),
    ("Vehicle.Exterior.LightIntensity", 3.0),
    ("Vehicle.Private.Windshield.Front.FogLevel", 60),
    ("Vehicle.Cabin.Seat.Row2.DriverSide.IsOccupied", True),
    ("Vehicle.Cabin.Door.Row2.DriverSide.IsOpen", True),
    (WINDOW, 35),
    ("Vehicle.Body.Lights.LightSwitch", "POSITION"),
]


@pytest.mark.parametrize(("path", "value"), SET)
def test_given_a_start_value_when_the_car_has_warmed_up_then_the_bus_reports_it(path: str, value: Value) -> None:
    reported = Car({path: value}).state().actual(path)
    if isinstance(value, bool | str):
        assert reported == value
    else:
        assert reported == pytest.approx(value, abs=3)
