"""The whole car's diagnosis: what goes wrong in the car is stored, lights a lamp, and can be read by real testers."""

from random import Random
from typing import Any

import can
import isotp
import pytest
import udsoncan
from udsoncan.client import Client
from udsoncan.connections import PythonIsoTpConnection

from carpilot.bus.frame import Frame
from carpilot.car import Car
from carpilot.ecu.diagnosis import SECRETS, VIN
from carpilot.ecu.security_access import key_for
from carpilot.ecu.trouble_codes import Lamp, conditions, lamp_of, trouble_codes
from carpilot.errors import UnknownNameError
from carpilot.faults import Fault, inject
from carpilot.units import seconds_to_ns
from carpilot.vehicle.catalogue import Value, default_catalogue

WINDOW = "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position"
LEFT_FRONT = "Vehicle.Chassis.Axle.Row1.Wheel.Left.Tire.Pressure"


class Bench:
    """A car with its diagnosis."""

    def __init__(self, start: dict[str, Value] | None = None) -> None:
        self.car = Car(start)
        self.diagnosis = self.car.diagnosis
        self.diagnosis.conditions.observer = self.car.observer

    def wait(self, seconds: float) -> None:
        self.car.advance(seconds_to_ns(seconds))

    @property
    def active(self) -> list[str]:
        return [code.code for code in self.diagnosis.active()]

    def can_bus(self, channel: str = "infotainment", **options: Any) -> can.BusABC:
        return can.Bus(interface="carpilot", channel=channel, car=self.car, **options)


def test_a_car_that_is_well_stores_nothing_and_has_tested_everything() -> None:
    bench = Bench()
    bench.wait(20)
    assert bench.active == [] and bench.diagnosis.lamps == frozenset()
    for memory in bench.diagnosis.memories.values():
        for record in memory.records.values():
            assert record.status == (0x00 if record.code.detects else 0x50), record.code.code


@pytest.mark.parametrize(
    "ecu", ["VCU", "BMS", "ESC", "ADAS", "BCM", "HVAC", "SEAT", "DOOR", "ROOF", "MEDIA", "PHONE", "NAV"]
)
def test_a_unit_that_falls_silent_is_missed_by_the_gateway_within_three_cycles_and_three_looks(ecu: str) -> None:
    bench = Bench()
    inject(bench.car, Fault("ecu_silent", 4.0, node=ecu), Random(1))
    bench.wait(2.5)
    lost = [code for code in bench.active if trouble_codes()[code].detects == (f"lost_communication:{ecu}",)]
    assert len(lost) == 1
    bench.wait(5.0)
    assert lost[0] not in bench.active
    assert bench.diagnosis.memories["GATEWAY"].record(lost[0]).status & 0x08  # stored, though cured


def test_why_the_lamp_is_on() -> None:
    bench = Bench()
    lamp = "Vehicle.Private.TellTale.IsBatteryOn"
    bench.wait(1.0)
    assert bench.diagnosis.why(Lamp.BATTERY) == [] and bench.car.state().actual(lamp) is False
    bench.car.world.low_voltage.forced_v = 10.5
    bench.car.world.battery.temperature_celsius = 70.0
    bench.wait(2.0)
    assert bench.car.state().actual(lamp) is True  # as the cluster's frame reports it
    assert lamp_of(lamp) is Lamp.BATTERY
    reasons = bench.diagnosis.why(Lamp.BATTERY)
    assert reasons[0].startswith("The traction battery is far too hot. (P0A7E-98) Stop as soon as it is safe")
    assert any("12 V supply is too low" in reason for reason in reasons)


def test_a_window_that_does_not_move_is_stored_only_once_it_should_move() -> None:
    bench = Bench()
    inject(bench.car, Fault("jam", 30.0, node="DOOR", path=WINDOW), Random(1))
    bench.wait(3.0)
    assert bench.active == []
    bench.car.nodes["DOOR"].device.accept({WINDOW: 50})
    bench.car.nodes["DOOR"].wake()
    bench.wait(5.0)
    assert bench.active == ["B1110-71"]


def test_a_tyre_that_loses_air_is_named() -> None:
    bench = Bench()
    bench.car.world.tyres.wheels[0].filled_kpa *= 0.6
    bench.wait(2.0)
    assert bench.active == ["C1A01-84"]
    assert bench.diagnosis.lamps == {Lamp.TYRE}


def test_a_forged_message_is_an_intrusion() -> None:
    bench = Bench()
    port = bench.car.buses["body"].attach("FORGER")
    for _ in range(20):
        port.send(Frame(0x231, bytes(32), is_fd=True))
        bench.wait(0.1)
    assert "U1021-68" in bench.active


def test_a_reset_is_stored_by_the_unit_itself() -> None:
    bench = Bench()
    inject(bench.car, Fault("ecu_reset", 0.3, node="BMS"), Random(1))
    bench.wait(3.0)
    bms = bench.diagnosis.memories["BMS"]
    assert [record.code.detects for record in bms.matching(0x08)] == [("ecu_reset:BMS",)]


@pytest.mark.parametrize(
    "fault, code",
    [
        (Fault("not_available", 3.0, path="Vehicle.Speed", message="VCU_Motion"), "U0415-86"),
        (Fault("not_available", 3.0, path="Vehicle.Cabin.HVAC.AmbientAirTemperature"), "B1506-29"),
        (Fault("spoofed_status", 3.0, path="Vehicle.Speed", message="VCU_Motion"), "U1022-94"),
        (Fault("wrong_length", 3.0, message="VCU_Motion"), "U0594-81"),
        (Fault("unknown_identifier", 3.0, node="BCM"), "U1021-68"),
        (Fault("missing_acknowledge", 3.0, node="BCM"), "U0001-08"),
        (Fault("brown_out", 3.0, node="BCM"), "P0562-16"),
        (Fault("bus_off", 3.0, node="BCM"), "U0140-87"),
    ],
)
def test_faults_on_the_wire_are_stored_and_heal(fault: Fault, code: str) -> None:
    bench = Bench()
    bench.wait(3.0)
    assert bench.active == []
    inject(bench.car, fault, Random(1))
    seen: set[str] = set()
    for _ in range(50):
        bench.wait(0.1)
        seen.update(bench.active)
    assert code in seen
    bench.wait(8.0)
    assert code not in bench.active
    assert any(
        code in memory.records and memory.record(code).status & 0x08 for memory in bench.diagnosis.memories.values()
    )


def test_every_condition_can_be_set_and_cured() -> None:
    bench = Bench()
    injectable = [name for name in conditions() if not name.startswith("lost_communication:")]
    for name in injectable:
        bench.diagnosis.conditions.inject(name)
    bench.wait(1.0)
    expected = {code.code for code in trouble_codes().values() if set(code.detects) & set(injectable)}
    assert set(bench.active) == expected
    for name in injectable:
        bench.diagnosis.conditions.release(name)
    bench.wait(3.0)
    assert bench.active == [] and bench.diagnosis.lamps == frozenset()


def test_a_condition_that_no_code_knows_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="battery_hot"):
        Bench().diagnosis.conditions.inject("battery_hott")


def test_every_path_of_the_table_is_one_of_the_car() -> None:
    catalogue = default_catalogue()
    for condition in conditions():
        if ":Vehicle." in condition:
            assert condition.split(":")[1] in catalogue, condition


def client(bench: Bench, bus: can.BusABC, response_id: int, request_id: int, secret: bytes) -> Client:
    """Return udsoncan over can-isotp."""
    address = isotp.Address(isotp.AddressingMode.Normal_11bits, rxid=response_id, txid=request_id)
    config: Any = dict(udsoncan.configs.default_client_config)
    config["data_identifiers"] = {0xF190: udsoncan.AsciiCodec(17), 0xFD00: ">H", 0xFD10: "B"}
    config["security_algo"] = lambda level, seed, params: key_for(secret, seed)
    stack = isotp.CanStack(bus, address=address, params={"tx_padding": 0})
    return Client(PythonIsoTpConnection(stack), config=config, request_timeout=20)


@pytest.mark.parametrize("channel", ["powertrain", "body", "infotainment"])
def test_udsoncan_reaches_both_units_from_every_segment_through_the_gateway(channel: str) -> None:
    bench = Bench()
    bench.car.world.battery.temperature_celsius = 70.0
    bench.wait(2.0)
    bus = bench.can_bus(channel, speed=2.0)
    for name, response_id, request_id in (("BCM", 0x748, 0x740), ("BMS", 0x7EC, 0x7E4)):
        with client(bench, bus, response_id, request_id, SECRETS[name]) as tester:
            assert tester.read_data_by_identifier_first(0xF190) == VIN
            millivolts = tester.read_data_by_identifier_first(0xFD00)[0]
            assert 12_000 < millivolts < 15_000
            found = tester.get_dtc_by_status_mask(0x01)
            assert found is not None
            assert [dtc.id for dtc in found.service_data.dtcs] == ([0x0A7E98] if name == "BMS" else [])
    bus.shutdown()


def test_a_written_value_acts_and_a_self_test_takes_its_time() -> None:
    bench = Bench()
    bus = bench.can_bus("infotainment", speed=5.0)
    with client(bench, bus, 0x7EC, 0x7E4, SECRETS["BMS"]) as tester:
        tester.change_session(3)
        tester.unlock_security_access(1)
        tester.write_data_by_identifier(0xFD10, 80)
        with pytest.raises(udsoncan.exceptions.NegativeResponseException) as refused:
            tester.write_data_by_identifier(0xFD10, 5)
        assert refused.value.response.code == 0x31
        result = tester.start_routine(0x0301)
        assert result is not None and result.service_data.routine_status_record == b"\x00"
    bus.shutdown()
    path = "Vehicle.Powertrain.TractionBattery.Charging.ChargeLimit"
    assert bench.car.nodes["BMS"].device.actual[path] == 80
    bench.wait(1.0)
    assert bench.car.state().actual(path) == 80


def test_normal_messages_stop_on_request_and_diagnosis_goes_on() -> None:
    bench = Bench()
    bus = bench.can_bus("infotainment", speed=5.0)
    with client(bench, bus, 0x748, 0x740, SECRETS["BCM"]) as tester:
        tester.change_session(3)
        tester.communication_control(1, 1)
        heard = {frame.arbitration_id for frame in (bus.recv(0.01) for _ in range(50)) if frame}
        tester.tester_present()
        assert bench.car.nodes["BCM"].port.is_muted
        tester.communication_control(0, 1)
        assert not bench.car.nodes["BCM"].port.is_muted
    assert heard
    bus.shutdown()


def test_a_moving_car_refuses_a_reset_and_clearing() -> None:
    bench = Bench({"Vehicle.Speed": 50})
    bus = bench.can_bus("infotainment", speed=5.0)
    with client(bench, bus, 0x748, 0x740, SECRETS["BCM"]) as tester:
        for attempt in (lambda: tester.ecu_reset(1), tester.clear_dtc):
            with pytest.raises(udsoncan.exceptions.NegativeResponseException) as refused:
                attempt()
            assert refused.value.response.code == 0x22
    bus.shutdown()
    assert not bench.car.nodes["BCM"].is_silent


def test_a_scan_tool_reads_speed_and_codes_from_the_powertrain() -> None:
    bench = Bench({"Vehicle.Speed": 50})
    inject(bench.car, Fault("ecu_silent", 19.0, node="PHONE"), Random(1))
    bench.wait(2.5)
    bus = bench.can_bus("powertrain", can_filters=[{"can_id": 0x7E8, "can_mask": 0x7FF, "extended": False}])
    answers = []
    for request in ("02 01 0D", "02 01 5B", "01 03", "01 04"):
        data = bytes.fromhex(request).ljust(8, b"\0")
        bus.send(can.Message(arbitration_id=0x7DF, is_extended_id=False, data=data))
        answer = bus.recv(0.2)
        assert answer is not None, request
        answers.append(bytes(answer.data[1 : 1 + answer.data[0]]))
    bus.shutdown()
    assert answers[0][:2] == b"\x41\x0d" and 45 <= answers[0][2] <= 51
    assert answers[1][:2] == b"\x41\x5b" and 100 < answers[1][2] < 255
    assert answers[2] == b"\x43\x01\xc1\x97"
    assert answers[3] == b"\x7f\x04\x22"


def test_a_second_diagnosis_of_the_same_run_gives_the_same_bytes() -> None:
    def run() -> list[tuple[int, bytes]]:
        bench = Bench()
        frames: list[tuple[int, bytes]] = []
        bench.car.buses["powertrain"].taps.append(lambda time_ns, *rest: frames.append((time_ns, rest[1].data)))
        inject(bench.car, Fault("ecu_reset", 0.3, node="BMS"), Random(1))
        with bench.can_bus("body") as bus:
            for request in ("02 10 03", "02 27 01", "03 19 02 08"):
                bus.send(
                    can.Message(arbitration_id=0x7E4, is_extended_id=False, data=bytes.fromhex(request).ljust(8, b"\0"))
                )
                bus.recv(0.5)
        bench.wait(2)
        return frames

    assert run() == run()
