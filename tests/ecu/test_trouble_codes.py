"""The table of codes and the memory of faults, after ISO 14229-1 annex D.2 and SAE J2012."""

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from carpilot.ecu.fault_memory import AGEING_CYCLES, FaultMemory, Readings, Snapshot, Status, lit, why
from carpilot.ecu.trouble_codes import (
    Lamp,
    Urgency,
    by_urgency,
    codes_for,
    codes_of,
    explain,
    read_table,
    to_code,
    to_number,
    trouble_codes,
)
from carpilot.errors import InputError, UnknownNameError

LOST_BCM = "U0140-87"


def test_the_table_has_enough_codes_of_every_kind() -> None:
    kinds = Counter(code[0] for code in trouble_codes())
    assert sum(kinds.values()) >= 150
    assert set(kinds) == set("PBCU") and min(kinds.values()) >= 30


@pytest.mark.parametrize(
    "code, number",
    [
        ("P0562-16", 0x056216),
        ("C0035-31", 0x403531),  # SAE J2012: P is 00, C 01, B 10, U 11 in the two highest bits
        ("B0081-64", 0x808164),
        ("U0140-87", 0xC14087),
        ("P2138-62", 0x213862),
        ("U3003-16", 0xF00316),
    ],
)
def test_three_bytes_and_words_mean_the_same(code: str, number: int) -> None:
    assert to_number(code) == number
    assert to_code(number) == code
    assert explain(number) is explain(code) is explain(code.lower())


@given(st.integers(0, 0xFFFFFF))
def test_every_number_can_be_written_and_read(number: int) -> None:
    assert to_number(to_code(number)) == number


@pytest.mark.parametrize("written", ["P0562", "X0562-16", "P4562-16", "P0562-G6", "p0562-16 ", ""])
def test_what_is_no_code_is_refused(written: str) -> None:
    with pytest.raises(InputError):
        to_number(written)


def test_an_unknown_code_names_its_neighbours() -> None:
    with pytest.raises(UnknownNameError, match="U0140-87"):
        explain("U0140-88")


def test_every_row_says_something_and_no_two_say_the_same() -> None:
    rows = trouble_codes().values()
    assert len({row.meaning for row in rows}) == len(rows)
    for row in rows:
        assert row.meaning.endswith(".") and row.advice.endswith("."), row.code
        assert row.ecu.isupper() and row.failure_type, row.code
        if row.urgency is Urgency.STOP_NOW:
            assert row.lamp is not Lamp.NONE, row.code


def test_each_lamp_has_codes_and_each_ecu_a_code_for_its_silence() -> None:
    assert {row.lamp for row in trouble_codes().values()} == set(Lamp)
    for ecu in ("VCU", "BMS", "ESC", "ADAS", "BCM", "HVAC", "SEAT", "DOOR", "ROOF", "MEDIA", "PHONE", "NAV", "CLUSTER"):
        assert [code.failure_type for code in codes_for(f"lost_communication:{ecu}")] == ["missing message"], ecu
        assert codes_of(ecu), ecu


def test_a_condition_finds_its_codes() -> None:
    assert [code.code for code in codes_for("low_voltage")] == ["P0562-16"]
    assert codes_for("jam:Vehicle.Cabin.Door.Row1.DriverSide.Window.Position")[0].ecu == "DOOR"
    assert codes_for("jam:Vehicle.No.Such.Path") == ()


@pytest.mark.parametrize(
    "row, message",
    [
        ("{ecu: BCM, urgency: later, lamp: none, advice: a, meaning: M.}", "LATER"),
        ("{ecu: BCM, urgency: soon, lamp: green, advice: a, meaning: M.}", "green"),
        ("{ecu: BCM, urgency: soon, lamp: none, advice: b, meaning: M.}", "'b'"),
        ("{ecu: BCM, urgency: soon, lamp: none, advice: a}", "meaning"),
        ("{ecu: BCM, urgency: soon, lamp: none, advice: a, meaning: M., color: red}", "color"),
    ],
)
def test_a_row_that_cannot_be_is_named(tmp_path: Path, row: str, message: str) -> None:
    path = tmp_path / "codes.yaml"
    path.write_text(f"failure_types: {{0x87: missing message}}\nadvice: {{a: Stop.}}\ncodes:\n  U0140-87: {row}\n")
    with pytest.raises(InputError, match=f"U0140-87.*{message}"):
        read_table(path)


class Clock:
    """A clock to set, and a car that moves with it: 1 km/h a second."""

    now_ns = 0

    def memory(self, confirm_after: int = 1) -> FaultMemory:
        return FaultMemory("GATEWAY", lambda: self.now_ns, self.readings, confirm_after=confirm_after)

    def readings(self) -> Readings:
        return Readings(speed_kph=self.now_ns / 1e9, supply_volt=12.1, odometer_km=1234.0)


def status(memory: FaultMemory, code: str = LOST_BCM) -> int:
    return int(memory.record(code).status)


def test_the_life_of_a_status_byte() -> None:
    """The values are ISO 14229-1 annex D.2's, for a code that is confirmed in its first cycle."""
    memory = Clock().memory()
    assert status(memory) == 0x50
    memory.set(LOST_BCM)
    assert status(memory) == 0xAF
    memory.heal(LOST_BCM)
    assert status(memory) == 0x2E
    memory.start_cycle()
    assert status(memory) == 0x6C
    memory.heal(LOST_BCM)
    assert status(memory) == 0x2C
    memory.start_cycle()
    assert status(memory) == 0x68
    memory.clear()
    assert status(memory) == 0x50


def test_the_bits_are_those_of_annex_d() -> None:
    assert [f"{bit:02X}" for bit in Status] == ["01", "02", "04", "08", "10", "20", "40", "80"]


@pytest.mark.parametrize("group, letter", [(0x000000, "P"), (0x400000, "C"), (0x800000, "B"), (0xC00000, "U")])
def test_a_group_clears_its_letter_alone(group: int, letter: str) -> None:
    codes = ("P0562-16", "C0035-31", "B0083-31", "U0140-87")
    memory = FaultMemory("BENCH", lambda: 0, codes=[explain(code) for code in codes])
    for code in codes:
        memory.set(code)
    memory.clear(group)
    assert [record.code.code[0] for record in memory.matching(0x08)] == [code[0] for code in codes if code[0] != letter]


def test_the_occurrence_counter_stops_at_its_end() -> None:
    memory = Clock().memory()
    for _ in range(300):
        memory.set(LOST_BCM)
        memory.heal(LOST_BCM)
    assert memory.record(LOST_BCM).occurrences == 255


def test_a_code_that_needs_two_cycles_is_pending_in_the_first() -> None:
    memory = Clock().memory(confirm_after=2)
    memory.set(LOST_BCM)
    assert status(memory) == 0x27
    memory.start_cycle()
    memory.set(LOST_BCM)
    memory.heal(LOST_BCM)
    memory.set(LOST_BCM)
    assert status(memory) & 0x08


def test_two_failing_cycles_with_a_good_one_between_do_not_confirm() -> None:
    memory = Clock().memory(confirm_after=2)
    memory.set(LOST_BCM)
    memory.heal(LOST_BCM)
    memory.start_cycle()
    memory.heal(LOST_BCM)
    memory.start_cycle()
    memory.set(LOST_BCM)
    assert not status(memory) & 0x08


def test_one_bad_look_is_no_fault_and_one_good_look_no_cure() -> None:
    memory = Clock().memory()
    for is_failing in (True, True, False, True, True):
        memory.report(LOST_BCM, is_failing)
    assert status(memory) == 0x50
    memory.report(LOST_BCM, True)
    assert status(memory) == 0xAF
    for _ in range(4):
        memory.report(LOST_BCM, False)
    assert status(memory) & 0x01
    memory.report(LOST_BCM, False)
    assert not status(memory) & 0x01


def test_occurrences_times_and_the_first_snapshot_are_kept() -> None:
    clock = Clock()
    memory = clock.memory()
    for second in (10, 20, 30):
        clock.now_ns = second * 10**9
        memory.set(LOST_BCM)
        memory.heal(LOST_BCM)
    record = memory.record(LOST_BCM)
    assert (record.occurrences, record.first_ns, record.last_ns) == (3, 10 * 10**9, 30 * 10**9)
    assert record.snapshot == Snapshot(10 * 10**9, Readings(10.0, 12.1, 1234.0))


def test_a_cured_code_is_forgotten_after_forty_good_cycles_and_not_before() -> None:
    memory = Clock().memory()
    memory.set(LOST_BCM)
    memory.heal(LOST_BCM)
    memory.start_cycle()
    for _ in range(AGEING_CYCLES - 1):
        memory.heal(LOST_BCM)
        memory.start_cycle()
    assert status(memory) & 0x08
    memory.start_cycle()  # a cycle without a test does not count
    assert status(memory) & 0x08
    memory.heal(LOST_BCM)
    memory.start_cycle()
    assert status(memory) == 0x40
    assert memory.record(LOST_BCM).occurrences == 0


@pytest.mark.parametrize(
    "group, is_known, is_left",
    [
        (0xFFFFFF, True, False),
        (0xC00000, True, False),
        (0xC14087, True, False),
        (0x800000, True, True),
        (0xC14081, False, True),
    ],
)
def test_clearing_by_group(group: int, is_known: bool, is_left: bool) -> None:
    memory = Clock().memory()
    memory.set(LOST_BCM)
    assert memory.knows(group) is is_known
    memory.clear(group)
    assert bool(memory.matching(0x08)) is is_left


def test_nothing_is_stored_while_setting_is_off() -> None:
    memory = Clock().memory()
    memory.is_enabled = False
    memory.set(LOST_BCM)
    for _ in range(10):
        memory.report(LOST_BCM, True)
    assert status(memory) == 0x50


def test_a_code_of_another_unit_is_refused() -> None:
    with pytest.raises(UnknownNameError):
        Clock().memory().set("P0562-16")


def test_why_a_lamp_is_on_is_told_with_the_most_urgent_first() -> None:
    gateway = Clock().memory()
    bms = FaultMemory("BMS", lambda: 0)
    bcm = FaultMemory("BCM", lambda: 0)
    memories = (gateway, bms, bcm)
    assert why(Lamp.BATTERY, memories) == [] and lit(memories) == frozenset()
    bcm.set("P0562-16")
    gateway.set("U0111-87")
    bms.set("P0AA6-1A")
    bms.set("P1A7D-00")  # lights no lamp
    told = why(Lamp.BATTERY, memories)
    assert [sentence.split(" (")[1][:8] for sentence in told] == ["P0AA6-1A", "P0562-16", "U0111-87"]
    assert told[1].startswith("The 12 V supply is too low.") and "12 V battery checked today" in told[1]
    assert lit(memories) == {Lamp.BATTERY}
    bcm.heal("P0562-16")
    assert len(why(Lamp.BATTERY, memories)) == 2
    gateway.clear()
    assert lit(memories) == {Lamp.BATTERY}
    bms.clear()
    assert lit(memories) == frozenset()


def test_order_by_urgency() -> None:
    codes = [explain("P1A7D-00"), explain("P0AA6-1A"), explain("P0A7F-92"), explain("P0AA6-1A")]
    assert [code.urgency for code in by_urgency(codes)] == [
        Urgency.STOP_NOW,
        Urgency.WHEN_CONVENIENT,
        Urgency.INFORMATION,
    ]
