"""OBD-II, byte for byte after SAE J1979 (ISO 15031-5), on the bus."""

import dataclasses

import pytest

from carpilot.bus.bus import Bus
from carpilot.bus.frame import Frame
from carpilot.ecu.fault_memory import FaultMemory
from carpilot.ecu.obd import ObdReadings, ObdServer, supported
from carpilot.sim.scheduler import Scheduler
from carpilot.units import NS_PER_MS

VIN = "WCPZZZ00000000042"


class Bench:
    """A gateway with a scan tool beside it, which confirms long answers by a flow control of its own."""

    def __init__(self) -> None:
        self.scheduler = Scheduler()
        self.bus = Bus("infotainment", self.scheduler)
        self.is_moving = False
        self.now = ObdReadings(50.4, 12.345, -7.0, 80.0, 1234.5, 600.0)
        self.gateway = FaultMemory("GATEWAY", lambda: 0)
        self.bms = FaultMemory("BMS", lambda: 0)
        ObdServer(
            self.bus,
            self.scheduler,
            "GATEWAY",
            [self.gateway, self.bms],
            lambda: self.now,
            lambda: VIN,
            lambda: self.is_moving,
        )
        self.heard: list[bytes] = []
        self.port = self.bus.attach("TOOL", self._hear)

    def _hear(self, frame: Frame) -> None:
        if frame.arbitration_id == 0x7E8:
            self.heard.append(frame.data)
            if frame.data[0] >> 4 == 1:
                self.port.send(Frame(0x7E0, bytes.fromhex("30 00 00 00 00 00 00 00")))

    def ask(self, text: str, identifier: int = 0x7DF) -> str:
        """Return the answer's payload in hex; empty if there is none."""
        self.heard.clear()
        data = bytes.fromhex(text)
        self.port.send(Frame(identifier, (bytes((len(data),)) + data).ljust(8, b"\0")))
        self.scheduler.run_until(self.scheduler.now_ns + 100 * NS_PER_MS)
        if not self.heard:
            return ""
        first = self.heard[0]
        if first[0] >> 4 == 0:
            return first[1 : 1 + first[0]].hex(" ")
        length = (first[0] & 15) << 8 | first[1]
        return (first[2:] + b"".join(frame[1:] for frame in self.heard[1:]))[:length].hex(" ")


@pytest.mark.parametrize("identifier", [0x7DF, 0x7E0])
@pytest.mark.parametrize(
    "request_text, answer",
    [
        ("01 0D", "41 0d 32"),  # 50 km/h
        ("01 42", "41 42 30 39"),  # 12.345 V in mV
        ("01 46", "41 46 21"),  # -7 degrees, offset 40
        ("01 5B", "41 5b cc"),  # 80 % of 255
        ("01 31", "41 31 04 d2"),  # 1234 km since codes were cleared
        ("01 1F", "41 1f 02 58"),  # 600 s
        ("01 1C", "41 1c 06"),  # EOBD
        ("01 51", "41 51 08"),  # electric
        ("01 A6", "41 a6 00 00 30 39"),  # 1234.5 km in 0.1 km
        ("01 01", "41 01 00 04 00 00"),
        ("01 0D 5B 0C", "41 0d 32 5b cc"),  # what is not there is left out
        ("09 02", "49 02 01 " + VIN.encode().hex(" ")),
        ("09 0A", "49 0a 01 " + b"GTW\0-Gateway".ljust(20, b"\0").hex(" ")),
        ("09 00", "49 00 40 40 00 00"),
        ("03", "43 00"),
        ("07", "47 00"),
    ],
)
def test_answers(request_text: str, answer: str, identifier: int) -> None:
    assert Bench().ask(request_text, identifier) == answer


def test_the_masks_name_every_pid_and_no_engine() -> None:
    """Walk the masks as a scan tool does; bit 7 of the first byte is the first PID after the base."""
    bench = Bench()
    found, base = set(), 0
    while True:
        answer = bytes.fromhex(bench.ask(f"01 {base:02X}"))
        mask = int.from_bytes(answer[2:], "big")
        numbers = {base + offset + 1 for offset in range(32) if mask >> (31 - offset) & 1}
        found |= {number for number in numbers if number % 32}
        base += 32
        if base not in numbers:
            break
    assert found == {0x01, 0x0D, 0x1C, 0x1F, 0x31, 0x42, 0x46, 0x51, 0x5B, 0xA6}
    for pid in found:
        assert bench.ask(f"01 {pid:02X}").startswith(f"41 {pid:02x}")
    assert bench.ask("01 C0") == ""


def test_a_mask_of_the_standard() -> None:
    """The mask BE 1F A8 13, which the literature on J1979 takes apart into these PIDs."""
    pids = [0x01, 0x03, 0x04, 0x05, 0x06, 0x07, 0x0C, 0x0D, 0x0E, 0x0F, 0x10, 0x11, 0x13, 0x15, 0x1C, 0x1F, 0x20]
    assert supported(pids, 0).hex(" ") == "be 1f a8 13"


@pytest.mark.parametrize("request_text", ["01 0C", "01", "09", "09 7F", "03 00", "02 0D 00"])
def test_what_is_not_there_is_not_answered(request_text: str) -> None:
    assert Bench().ask(request_text) == ""


def test_an_unknown_service_is_refused_only_to_the_one_who_asks_this_unit() -> None:
    assert Bench().ask("22 F1 90", 0x7E0) == "7f 22 11"
    assert Bench().ask("22 F1 90") == ""


def test_codes_of_all_units_stored_and_pending() -> None:
    bench = Bench()
    bench.bms.set("P0AA6-1A")
    bench.bms.set("P1A7D-00")
    bench.gateway.set("U0140-87")
    bench.bms.heal("P1A7D-00")
    assert bench.ask("03") == "43 03 c1 40 0a a6 1a 7d"
    assert bench.ask("07") == "47 03 c1 40 0a a6 1a 7d"
    assert bench.ask("01 01") == "41 01 83 04 00 00"
    bench.bms.start_cycle()
    bench.bms.heal("P1A7D-00")
    bench.bms.start_cycle()
    assert bench.ask("07") == "47 02 c1 40 0a a6"


def test_clearing_is_refused_while_moving_and_nothing_changes() -> None:
    bench = Bench()
    bench.gateway.set("U0140-87")
    bench.is_moving = True
    assert bench.ask("04") == "7f 04 22"
    assert bench.ask("03") == "43 01 c1 40"
    assert bench.ask("01 31") == "41 31 04 d2"


def test_clearing_forgets_the_codes_and_starts_the_distance() -> None:
    bench = Bench()
    bench.gateway.set("U0140-87")
    bench.bms.set("P0AA6-1A")
    assert bench.ask("04") == "44"
    assert bench.ask("03") == "43 00"
    assert bench.ask("01 01") == "41 01 00 04 00 00"
    bench.now = dataclasses.replace(bench.now, odometer_km=1244.5)
    assert bench.ask("01 31") == "41 31 00 0a"


@pytest.mark.parametrize(
    "field, value, pid, answer",
    [
        ("speed_kph", 300.0, "0D", "ff"),
        ("speed_kph", -1.0, "0D", "00"),
        ("ambient_celsius", -60.0, "46", "00"),
        ("charge_percent", 100.0, "5B", "ff"),
        ("charge_percent", 0.0, "5B", "00"),
        ("run_time_s", 1e6, "1F", "ff ff"),
    ],
)
def test_a_value_beyond_its_range_is_the_last_one_in_it(field: str, value: float, pid: str, answer: str) -> None:
    bench = Bench()
    bench.now = dataclasses.replace(bench.now, **{field: value})
    assert bench.ask(f"01 {pid}") == f"41 {pid.lower()} {answer}"
