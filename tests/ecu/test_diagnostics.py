"""The UDS server: byte for byte after ISO 14229-1, in simulated time, and with a real client, udsoncan over can-isotp."""

import itertools
from random import Random
from typing import Any

import can
import isotp
import pytest
import udsoncan
from hypothesis import given, settings
from hypothesis import strategies as st
from udsoncan.client import Client
from udsoncan.connections import PythonIsoTpConnection

from carpilot.bus.bus import Bus
from carpilot.bus.frame import Frame
from carpilot.bus.isotp import IsoTp
from carpilot.ecu.diagnostics import BMS_ADDRESS, DiagnosticServer, identification
from carpilot.ecu.fault_memory import FaultMemory, Readings
from carpilot.ecu.security_access import SecurityAccess, key_for
from carpilot.ecu.uds import FUNCTIONAL_ID, SERVICES, NegativeResponseError, Nrc, Session
from carpilot.ecu.uds_services import DataIdentifier, Routine, Surroundings
from carpilot.sim.scheduler import Scheduler
from carpilot.units import NS_PER_MS, NS_PER_S, seconds_to_ns

VIN = "WCPZZZ00000000042"
SECRET = b"a secret of the bench"
CODE = "P0AA6-1A"
CODE_BYTES = "0a a6 1a"


class Bench:
    """A BMS with a tester on the same segment."""

    def __init__(self) -> None:
        self.scheduler = Scheduler()
        self.bus = Bus("powertrain", self.scheduler)
        self.is_moving = False
        self.limit = b"\x50"
        self.done: list[str] = []
        self.memory = FaultMemory("BMS", lambda: self.scheduler.now_ns, lambda: Readings(50.0, 12.5, 4321.0))
        identifiers = identification(lambda: VIN, "CP-BMS-01", "0001", "1.2.3", "Battery")
        identifiers[0xFD01] = DataIdentifier(lambda: b"\x03\xe8")
        identifiers[0xFD10] = DataIdentifier(
            lambda: self.limit, self.write, length=1, accepts=lambda data: 50 <= data[0] <= 100
        )
        self.identifiers = identifiers
        self.server = DiagnosticServer(
            self.bus,
            self.scheduler,
            BMS_ADDRESS,
            self.memory,
            identifiers,
            SECRET,
            Random(1),
            {
                0x0301: Routine(lambda: b"\x00", 12 * NS_PER_S),
                0x0302: Routine(lambda: b"\x01", 20 * NS_PER_MS),
                0x0303: Routine(lambda: b"\x02", 2 * NS_PER_S),
            },
            Surroundings(
                lambda: self.is_moving,
                lambda kind: self.done.append(f"reset {kind}"),
                lambda receives, sends: self.done.append(f"communicate {receives} {sends}"),
            ),
        )
        self.answers: list[tuple[int, bytes]] = []
        self.tester = IsoTp(
            self.bus, self.scheduler, "TESTER", BMS_ADDRESS.response_id, BMS_ADDRESS.request_id, self._hear
        )
        self.functional = self.bus.attach("TESTER")

    def write(self, data: bytes) -> None:
        self.limit = data

    def _hear(self, message: bytes, is_functional: bool) -> None:
        del is_functional
        self.answers.append((self.scheduler.now_ns, message))

    def wait(self, seconds: float) -> None:
        self.scheduler.run_until(self.scheduler.now_ns + seconds_to_ns(seconds))

    def ask(self, text: str, wait_s: float = 0.05) -> str:
        """Send a request written in hex; return the answers, in hex, that come within a time."""
        before = len(self.answers)
        self.tester.send(bytes.fromhex(text))
        self.wait(wait_s)
        return " / ".join(message.hex(" ") for _, message in self.answers[before:])

    def ask_all(self, text: str) -> str:
        """Send a request to everybody."""
        before = len(self.answers)
        data = bytes.fromhex(text)
        self.functional.send(Frame(FUNCTIONAL_ID, bytes((len(data),)) + data))
        self.wait(0.05)
        return " / ".join(message.hex(" ") for _, message in self.answers[before:])

    def unlock(self) -> None:
        """Enter the extended session and open the unit."""
        assert self.ask("10 03") == "50 03 00 32 01 f4"
        seed = bytes.fromhex(self.ask("27 01"))[2:]
        assert self.ask("27 02" + key_for(SECRET, seed).hex()) == "67 02"


def text(value: str) -> str:
    return value.encode().hex(" ")


# Positive responses


def test_identification_in_the_default_session() -> None:
    bench = Bench()
    assert bench.ask("22 F1 90") == f"62 f1 90 {text(VIN)}"
    assert bench.ask("22 F1 89 F1 87") == f"62 f1 89 {text('1.2.3')} f1 87 {text('CP-BMS-01')}"
    assert bench.ask("22 FD 01") == "62 fd 01 03 e8"
    assert bench.ask("22 F1 86") == "62 f1 86 01"
    assert bench.ask("22 12 34 F1 86") == "62 f1 86 01"  # the one that it knows


def test_the_session_answer_tells_p2_and_p2_star() -> None:
    bench = Bench()
    assert bench.ask("10 03") == "50 03 00 32 01 f4"
    assert bench.ask("22 F1 86") == "62 f1 86 03"
    assert bench.ask("10 02") == "50 02 00 32 01 f4"
    assert bench.ask("10 01") == "50 01 00 32 01 f4"


@pytest.mark.parametrize("request_text, answer", [("3E 00", "7e 00"), ("3E 80", ""), ("10 81", "")])
def test_suppressed_positive_responses(request_text: str, answer: str) -> None:
    assert Bench().ask(request_text) == answer


def test_a_suppress_bit_does_not_suppress_a_refusal() -> None:
    assert Bench().ask("3E 85") == "7f 3e 12"


def test_trouble_codes_by_status() -> None:
    bench = Bench()
    known = len(bench.memory.records)
    assert bench.ask("19 01 08") == "59 01 ff 01 00 00"
    assert bench.ask("19 02 08") == "59 02 ff"
    bench.memory.set(CODE)
    bench.memory.set("P1A7D-00")
    bench.memory.heal("P1A7D-00")
    assert bench.ask("19 01 08") == "59 01 ff 01 00 02"
    assert bench.ask("19 02 01") == f"59 02 ff {CODE_BYTES} af"
    assert bench.ask("19 02 08") == f"59 02 ff {CODE_BYTES} af 1a 7d 00 2e"
    everything = bytes.fromhex(bench.ask("19 0A", 1))
    assert everything[:3] == b"\x59\x0a\xff" and len(everything) == 3 + 4 * known


def test_counters_and_snapshot_of_a_code() -> None:
    bench = Bench()
    for _ in range(2):
        bench.memory.set(CODE)
        bench.memory.heal(CODE)
    assert bench.ask(f"19 06 {CODE_BYTES} 01") == f"59 06 {CODE_BYTES} 2e 01 02"
    assert bench.ask(f"19 06 {CODE_BYTES} FF") == f"59 06 {CODE_BYTES} 2e 01 02 02 00"
    snapshot = "01 03 dd 00 13 88 dd 01 30 d4 dd 02 00 10 e1"  # 50.00 km/h, 12500 mV, 4321 km
    assert bench.ask(f"19 04 {CODE_BYTES} 01") == f"59 04 {CODE_BYTES} 2e {snapshot}"
    assert bench.ask("19 04 1A 7D 00 01") == "59 04 1a 7d 00 50"


def test_clearing() -> None:
    bench = Bench()
    bench.memory.set(CODE)
    assert bench.ask("14 FF FF FF") == "54"
    assert bench.ask("19 02 FF").startswith("59 02 ff")
    assert bench.memory.matching(0x0F) == []


def test_writing_needs_session_and_key_and_is_read_back() -> None:
    bench = Bench()
    bench.unlock()
    assert bench.ask("2E FD 10 5A") == "6e fd 10"
    assert bench.ask("22 FD 10") == "62 fd 10 5a"
    assert bench.ask("27 01") == "67 01" + " 00" * 16  # unlocked already


def test_a_reset_answers_first_and_then_restarts() -> None:
    bench = Bench()
    bench.unlock()
    assert bench.ask("11 01") == "51 01"
    assert bench.done[-1] == "reset 1"
    assert bench.server.session is Session.DEFAULT and not bench.server.unit.security.is_unlocked


def test_communication_is_switched_and_comes_back_with_the_default_session() -> None:
    bench = Bench()
    bench.ask("10 03")
    bench.done.clear()
    assert bench.ask("28 01 01") == "68 01"
    assert bench.ask("28 03 03") == "68 03"
    assert bench.ask("28 00 01") == "68 00"
    bench.ask("10 01")
    assert bench.done == ["communicate True False", "communicate False False"] + ["communicate True True"] * 2


def test_storing_is_switched_off_and_comes_back_with_the_default_session() -> None:
    bench = Bench()
    bench.ask("10 03")
    assert bench.ask("85 02") == "c5 02"
    bench.memory.set(CODE)
    assert bench.memory.matching(0x01) == []
    bench.wait(6)
    bench.memory.set(CODE)
    assert len(bench.memory.matching(0x01)) == 1


# Refusals: after each of them nothing has changed

LOCKED = [
    # request in the default session, negative response code
    ("2F 12 34 03", Nrc.SERVICE_NOT_SUPPORTED),
    ("34 00 44 00", Nrc.SERVICE_NOT_SUPPORTED),
    ("27 01", Nrc.SERVICE_NOT_IN_SESSION),
    ("2E FD 10 5A", Nrc.SERVICE_NOT_IN_SESSION),
    ("2E", Nrc.SERVICE_NOT_IN_SESSION),  # the session comes before the length
    ("31 01 03 01", Nrc.SERVICE_NOT_IN_SESSION),
    ("28 01 01", Nrc.SERVICE_NOT_IN_SESSION),
    ("85 02", Nrc.SERVICE_NOT_IN_SESSION),
    ("10", Nrc.INCORRECT_LENGTH),
    ("10 04", Nrc.SUBFUNCTION_NOT_SUPPORTED),
    ("10 04 00", Nrc.SUBFUNCTION_NOT_SUPPORTED),  # the sub-function comes before its length
    ("10 02", Nrc.SUBFUNCTION_NOT_IN_SESSION),
    ("10 03 00", Nrc.INCORRECT_LENGTH),
    ("11 04", Nrc.SUBFUNCTION_NOT_SUPPORTED),
    ("14 FF FF", Nrc.INCORRECT_LENGTH),
    ("14 FF FF FF FF", Nrc.INCORRECT_LENGTH),
    ("14 12 34 56", Nrc.REQUEST_OUT_OF_RANGE),
    ("19 03", Nrc.SUBFUNCTION_NOT_SUPPORTED),
    ("19 02", Nrc.INCORRECT_LENGTH),
    ("19 0A 00", Nrc.INCORRECT_LENGTH),
    ("19 06 12 34 56 01", Nrc.REQUEST_OUT_OF_RANGE),
    (f"19 06 {CODE_BYTES} 09", Nrc.REQUEST_OUT_OF_RANGE),
    (f"19 04 {CODE_BYTES} 02", Nrc.REQUEST_OUT_OF_RANGE),
    ("22 F1", Nrc.INCORRECT_LENGTH),
    ("22 F1 90 F1", Nrc.INCORRECT_LENGTH),
    ("22 " + "F1 90 " * 17, Nrc.INCORRECT_LENGTH),
    ("22 12 34", Nrc.REQUEST_OUT_OF_RANGE),
    ("3E", Nrc.INCORRECT_LENGTH),
    ("3E 01", Nrc.SUBFUNCTION_NOT_SUPPORTED),
    ("3E 00 00", Nrc.INCORRECT_LENGTH),
]
EXTENDED = [
    ("27 03", Nrc.SUBFUNCTION_NOT_SUPPORTED),
    ("27 01 00", Nrc.INCORRECT_LENGTH),
    ("27 02 " + "00" * 16, Nrc.REQUEST_SEQUENCE_ERROR),
    ("28 01", Nrc.INCORRECT_LENGTH),
    ("28 02 01", Nrc.SUBFUNCTION_NOT_SUPPORTED),
    ("28 01 07", Nrc.REQUEST_OUT_OF_RANGE),
    ("2E FD 10", Nrc.INCORRECT_LENGTH),
    ("2E F1 90 00", Nrc.REQUEST_OUT_OF_RANGE),
    ("2E 12 34 00 00 00", Nrc.REQUEST_OUT_OF_RANGE),  # the identifier comes before key and length
    ("2E FD 10 5A", Nrc.SECURITY_ACCESS_DENIED),
    ("2E FD 10 5A 5A", Nrc.SECURITY_ACCESS_DENIED),  # the key comes before the length
    ("31 01 03", Nrc.INCORRECT_LENGTH),
    ("31 02 03 01", Nrc.SUBFUNCTION_NOT_SUPPORTED),
    ("31 01 12 34", Nrc.REQUEST_OUT_OF_RANGE),
    ("31 01 03 01 00", Nrc.INCORRECT_LENGTH),
    ("31 03 03 01", Nrc.REQUEST_SEQUENCE_ERROR),
    ("85 03", Nrc.SUBFUNCTION_NOT_SUPPORTED),
]
UNLOCKED = [
    ("2E FD 10 5A 5A", Nrc.INCORRECT_LENGTH),
    ("2E FD 10 31", Nrc.REQUEST_OUT_OF_RANGE),
    ("2E FD 10 65", Nrc.REQUEST_OUT_OF_RANGE),
]
MOVING = [
    ("10 02", Nrc.CONDITIONS_NOT_CORRECT),
    ("11 01", Nrc.CONDITIONS_NOT_CORRECT),
    ("14 FF FF FF", Nrc.CONDITIONS_NOT_CORRECT),
    ("14 12 34 56", Nrc.REQUEST_OUT_OF_RANGE),  # the group comes before the condition
    ("28 01 01", Nrc.CONDITIONS_NOT_CORRECT),
    ("2E FD 10 5A", Nrc.CONDITIONS_NOT_CORRECT),
    ("2E FD 10 00", Nrc.CONDITIONS_NOT_CORRECT),  # the condition comes before the value
    ("31 01 03 01", Nrc.CONDITIONS_NOT_CORRECT),
]


def refusal(request_text: str, nrc: Nrc) -> str:
    return bytes((0x7F, bytes.fromhex(request_text)[0], nrc)).hex(" ")


def state(bench: Bench) -> tuple[object, ...]:
    unit = bench.server.unit
    records = tuple((record.status, record.occurrences) for record in bench.memory.records.values())
    return bench.limit, unit.session, unit.security.is_unlocked, bench.memory.is_enabled, records, len(bench.done)


@pytest.mark.parametrize("request_text, nrc", LOCKED)
def test_what_the_default_session_refuses(request_text: str, nrc: Nrc) -> None:
    bench = Bench()
    bench.memory.set(CODE)
    before = state(bench)
    assert bench.ask(request_text) == refusal(request_text, nrc)
    assert state(bench) == before


@pytest.mark.parametrize("request_text, nrc", EXTENDED)
def test_what_the_extended_session_refuses_without_a_key(request_text: str, nrc: Nrc) -> None:
    bench = Bench()
    bench.ask("10 03")
    before = state(bench)
    assert bench.ask(request_text) == refusal(request_text, nrc)
    assert state(bench) == before


@pytest.mark.parametrize("request_text, nrc", UNLOCKED)
def test_what_is_refused_even_with_the_key(request_text: str, nrc: Nrc) -> None:
    bench = Bench()
    bench.unlock()
    before = state(bench)
    assert bench.ask(request_text) == refusal(request_text, nrc)
    assert state(bench) == before


@pytest.mark.parametrize("request_text, nrc", MOVING)
def test_what_a_moving_car_refuses(request_text: str, nrc: Nrc) -> None:
    bench = Bench()
    bench.memory.set(CODE)
    bench.unlock()
    bench.is_moving = True
    before = state(bench)
    assert bench.ask(request_text) == refusal(request_text, nrc)
    assert state(bench) == before


@pytest.mark.parametrize(
    "request_text, answer",
    [
        ("3E 80", ""),
        ("3E 00", "7e 00"),
        ("2F 12 34 03", ""),
        ("10 04", ""),
        ("22 12 34", ""),
        ("27 01", ""),
        ("10 02", ""),
        ("10", "7f 10 13"),
    ],
)
def test_a_request_to_everybody_is_refused_in_silence(request_text: str, answer: str) -> None:
    """ISO 14229-1 table 5: codes 11, 12, 31, 7E and 7F are not sent."""
    assert Bench().ask_all(request_text) == answer


def test_the_codes_are_those_of_annex_a() -> None:
    """ISO 14229-1:2020, table A.1."""
    assert {nrc.name: f"{nrc:02X}" for nrc in Nrc} == {
        "SERVICE_NOT_SUPPORTED": "11",
        "SUBFUNCTION_NOT_SUPPORTED": "12",
        "INCORRECT_LENGTH": "13",
        "RESPONSE_TOO_LONG": "14",
        "BUSY_REPEAT_REQUEST": "21",
        "CONDITIONS_NOT_CORRECT": "22",
        "REQUEST_SEQUENCE_ERROR": "24",
        "REQUEST_OUT_OF_RANGE": "31",
        "SECURITY_ACCESS_DENIED": "33",
        "INVALID_KEY": "35",
        "EXCEEDED_ATTEMPTS": "36",
        "DELAY_NOT_EXPIRED": "37",
        "RESPONSE_PENDING": "78",
        "SUBFUNCTION_NOT_IN_SESSION": "7E",
        "SERVICE_NOT_IN_SESSION": "7F",
    }


def test_each_kind_of_reset_and_each_switch_of_messages() -> None:
    bench = Bench()
    for kind in ("01", "02", "03"):
        assert bench.ask(f"11 {kind}") == f"51 {kind}"
    bench.is_moving = True
    for kind in ("01", "02", "03"):
        assert bench.ask(f"11 {kind}") == "7f 11 22"
    bench.ask("10 03")
    for kind in ("01", "03"):
        assert bench.ask(f"28 {kind} 01") == "7f 28 22"
    assert bench.ask("28 00 01") == "68 00"  # switching on again is always safe
    assert bench.ask("85 01") == "c5 01"


def test_a_response_that_no_message_can_carry_is_refused() -> None:
    bench = Bench()
    bench.identifiers[0xFD02] = DataIdentifier(lambda: bytes(4092))
    assert len(bytes.fromhex(bench.ask("22 FD 02", 1))) == 4095
    bench.identifiers[0xFD02] = DataIdentifier(lambda: bytes(4093))
    assert bench.ask("22 FD 02") == "7f 22 14"


# SecurityAccess


def test_three_wrong_keys_lock_for_ten_seconds() -> None:
    bench = Bench()
    bench.ask("10 03")
    for nrc in ("35", "35", "36"):
        assert bench.ask("27 01").startswith("67 01")
        assert bench.ask("27 02" + "00" * 16) == f"7f 27 {nrc}"
    for _ in range(3):
        assert bench.ask("27 01") == "7f 27 37"
        bench.wait(3)
    bench.wait(0.9)
    bench.unlock()


def test_a_wrong_key_voids_its_seed_and_seeds_do_not_repeat() -> None:
    bench = Bench()
    bench.ask("10 03")
    first = bench.ask("27 01")
    assert bench.ask("27 01") == first
    right = key_for(SECRET, bytes.fromhex(first)[2:]).hex()
    assert bench.ask("27 02" + "00" * 16) == "7f 27 35"
    assert bench.ask("27 02" + right) == "7f 27 24"
    assert bench.ask("27 01") != first


@pytest.mark.parametrize("length", [0, 15, 17])
def test_a_key_of_another_length_is_no_try(length: int) -> None:
    bench = Bench()
    bench.ask("10 03")
    for _ in range(5):
        bench.ask("27 01")
        assert bench.ask("27 02" + "00" * length) == "7f 27 13"
    bench.unlock()


@pytest.mark.parametrize("is_asked_for", [True, False])
def test_a_reset_buys_no_new_tries(is_asked_for: bool) -> None:
    bench = Bench()
    bench.ask("10 03")
    bench.ask("27 01")
    assert bench.ask("27 02" + "00" * 16) == "7f 27 35"
    if is_asked_for:
        assert bench.ask("11 01") == "51 01"
    else:
        bench.server.restart()
    bench.ask("10 03")
    assert bench.ask("27 01") == "7f 27 37"
    bench.ask("3E 00", 4.5)
    bench.ask("3E 00", 4.5)
    bench.ask("3E 00", 1)
    assert bench.ask("27 01").startswith("67 01")


def test_the_delay_lasts_ten_seconds_exactly_and_then_there_are_three_tries_again() -> None:
    now = [0]
    security = SecurityAccess(SECRET, lambda: now[0], Random(1))
    for _ in range(2):
        for nrc in (Nrc.INVALID_KEY, Nrc.INVALID_KEY, Nrc.EXCEEDED_ATTEMPTS):
            security.seed()
            with pytest.raises(NegativeResponseError) as refused:
                security.unlock(bytes(16))
            assert refused.value.nrc is nrc
        now[0] += 10 * NS_PER_S - 1
        with pytest.raises(NegativeResponseError) as refused:
            security.seed()
        assert refused.value.nrc is Nrc.DELAY_NOT_EXPIRED
        now[0] += 1
    security.unlock(key_for(SECRET, security.seed()))
    assert security.is_unlocked
    security.restart()
    assert not security.is_unlocked
    assert security.seed() != bytes(16)


def test_a_right_key_forgives_the_wrong_ones_before() -> None:
    security = SecurityAccess(SECRET, lambda: 0, Random(1))
    for _ in range(4):
        for _ in range(2):
            security.seed()
            with pytest.raises(NegativeResponseError):
                security.unlock(bytes(16))
        security.unlock(key_for(SECRET, security.seed()))
        security.lock()
    security.restart()
    assert len(security.seed()) == 16


def test_a_clean_reset_has_no_delay() -> None:
    bench = Bench()
    bench.server.restart()
    bench.unlock()


def test_a_change_of_session_locks_again() -> None:
    bench = Bench()
    bench.unlock()
    bench.ask("10 03")
    assert bench.ask("2E FD 10 5A") == "7f 2e 33"


# Timing


@pytest.mark.parametrize("wait_s, session", [(4.99, Session.EXTENDED), (5.01, Session.DEFAULT)])
def test_s3_ends_the_session_after_five_seconds(wait_s: float, session: Session) -> None:
    bench = Bench()
    bench.ask("10 03", 0)
    while not bench.answers:
        bench.wait(0.0001)
    bench.wait(wait_s)
    assert bench.server.session is session


def test_tester_present_keeps_the_session_also_when_sent_to_everybody() -> None:
    bench = Bench()
    bench.ask("10 03")
    for _ in range(5):
        bench.wait(4)
        assert bench.ask_all("3E 80") == ""
    assert bench.server.session is Session.EXTENDED


def test_what_takes_long_is_announced_before_p2_and_within_each_p2_star() -> None:
    bench = Bench()
    bench.ask("10 03")
    begun_ns = bench.scheduler.now_ns
    answers = bench.ask("31 01 03 01", 13)
    assert answers == " / ".join(["7f 31 78"] * 3 + ["71 01 03 01 00"])
    times = [time_ns - begun_ns for time_ns, _ in bench.answers[-4:]]
    assert times[0] <= 50 * NS_PER_MS
    assert all(later - earlier <= 5 * NS_PER_S for earlier, later in itertools.pairwise(times))
    assert times[3] >= 12 * NS_PER_S
    assert bench.server.session is Session.EXTENDED
    assert bench.ask("31 03 03 01") == "71 03 03 01 00"


def test_what_is_quick_enough_is_answered_at_once_and_can_be_suppressed() -> None:
    bench = Bench()
    bench.ask("10 03")
    assert bench.ask("31 01 03 02") == "71 01 03 02 01"
    assert bench.ask("31 81 03 02") == ""
    assert bench.ask("31 03 03 02") == "71 03 03 02 01"


def test_while_it_works_it_is_busy() -> None:
    bench = Bench()
    bench.ask("10 03")
    assert bench.ask("31 81 03 01", 1) == "7f 31 78"
    assert bench.ask("22 F1 86") == "7f 22 21"
    assert bench.ask_all("3E 80") == ""
    bench.wait(15)
    assert bench.answers[-1][1].hex() == "7101030100"  # announced, so the suppress bit no longer counts


def test_a_restart_ends_what_was_under_way() -> None:
    bench = Bench()
    bench.ask("10 03")
    bench.ask("31 01 03 01", 1)
    bench.server.restart()
    before = len(bench.answers)
    bench.wait(20)
    assert len(bench.answers) == before
    assert bench.ask("22 F1 86") == "62 f1 86 01"


# Whatever comes in


REQUESTS = st.builds(
    lambda sid, rest: bytes((sid,)) + rest,
    st.sampled_from(sorted(SERVICES)) | st.integers(0, 0xBF),
    st.binary(max_size=2) | st.binary(max_size=39),
)


@given(st.lists(REQUESTS, min_size=1, max_size=20), st.booleans())
@settings(max_examples=150, deadline=None)
def test_no_request_opens_the_unit_writes_or_goes_unanswered(requests: list[bytes], is_extended: bool) -> None:
    """Each request is answered with its own positive response, a negative one, or, if it asked for it, silence."""
    bench = Bench()
    if is_extended:
        bench.ask("10 03")
    for request in requests:
        before = len(bench.answers)
        bench.tester.send(request)
        bench.wait(0.3)
        answers = [message for _, message in bench.answers[before:]]
        for answer in answers:
            assert answer[0] == request[0] + 0x40 or answer[:2] == bytes((0x7F, request[0])), (request, answer)
        assert answers or (len(request) > 1 and request[1] & 0x80)
        assert bench.limit == b"\x50" and not bench.server.unit.security.is_unlocked


def test_every_sid_without_a_service_is_refused_with_11() -> None:
    bench = Bench()
    for sid in range(256):
        if sid not in SERVICES:
            assert bench.ask(f"{sid:02X} 00") == f"7f {sid:02x} 11"


# A real client


def make_client(bench: Bench) -> tuple[can.BusABC, Client]:
    """Return udsoncan over can-isotp over our python-can interface, time running twice as fast as the clock."""
    bus = can.Bus(interface="carpilot", channel="powertrain", bus=bench.bus, speed=2.0)
    address = isotp.Address(isotp.AddressingMode.Normal_11bits, rxid=0x7EC, txid=0x7E4)
    stack = isotp.CanStack(bus, address=address, params={"tx_padding": 0})
    config: Any = dict(udsoncan.configs.default_client_config)
    config["data_identifiers"] = {0xF190: udsoncan.AsciiCodec(17), 0xF186: "B", 0xFD01: ">H", 0xFD10: "B"}
    config["security_algo"] = lambda level, seed, params: key_for(SECRET, seed)
    config["extended_data_size"] = 1
    return bus, Client(PythonIsoTpConnection(stack), config=config, request_timeout=20)


def data(response: Any) -> Any:
    """Return what a response says."""
    assert response is not None and response.positive
    return response.service_data


def test_udsoncan_reads_unlocks_writes_and_runs_a_routine() -> None:
    bench = Bench()
    bench.memory.set(CODE)
    bus, client = make_client(bench)
    with client:
        assert client.read_data_by_identifier_first(0xF190) == VIN
        dtcs = data(client.get_dtc_by_status_mask(0x08)).dtcs
        assert [(dtc.id, dtc.status.confirmed, dtc.status.warning_indicator_requested) for dtc in dtcs] == [
            (0x0AA61A, True, True)
        ]
        assert data(client.get_number_of_dtc_by_status_mask(0x08)).dtc_count == 1
        assert len(data(client.get_supported_dtc()).dtcs) == len(bench.memory.records)
        with pytest.raises(udsoncan.exceptions.NegativeResponseException) as refused:
            client.write_data_by_identifier(0xFD10, 0x5A)
        assert refused.value.response.code == Nrc.SERVICE_NOT_IN_SESSION
        session = data(client.change_session(3))
        assert (session.p2_server_max, session.p2_star_server_max) == (0.05, 5.0)
        client.unlock_security_access(1)
        client.write_data_by_identifier(0xFD10, 0x5A)
        assert client.read_data_by_identifier_first(0xFD10) == (0x5A,)
        assert data(client.start_routine(0x0303)).routine_status_record == b"\x02"
        client.tester_present()
        client.clear_dtc()
        assert data(client.get_dtc_by_status_mask(0x08)).dtcs == []
        client.ecu_reset(1)
    bus.shutdown()
    assert bench.done[-1] == "reset 1"


def test_udsoncan_is_locked_out_after_three_wrong_keys() -> None:
    bench = Bench()
    bus, client = make_client(bench)
    client.config["security_algo"] = lambda level, seed, params: bytes(16)
    codes = []
    with client:
        client.change_session(3)
        for _ in range(4):
            with pytest.raises(udsoncan.exceptions.NegativeResponseException) as refused:
                client.unlock_security_access(1)
            codes.append(refused.value.response.code)
    bus.shutdown()
    assert codes == [0x35, 0x35, 0x36, 0x37]
