from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carpilot.bus.authentication import MAX_TRIES, Authenticator, Verifier, cmac
from carpilot.bus.bus import Bus
from carpilot.bus.disturbance import Suspension
from carpilot.bus.e2e import Check, Checker, Profile, Protector
from carpilot.bus.frame import Frame
from carpilot.bus.sources import Capture, Replay, Spoof
from carpilot.errors import WireError
from carpilot.sim.scheduler import Scheduler

# RFC 4493, section 4: the key, the message, and the codes of its first 0, 16, 40 and 64 bytes.
RFC_KEY = bytes.fromhex("2b7e151628aed2a6abf7158809cf4f3c")
RFC_MESSAGE = bytes.fromhex(
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
)
RFC_CODES = {
    0: "bb1d6929e95937287fa37d129b756746",
    16: "070a16b46b4d4144f79bdd9dd04a287c",
    40: "dfa66747de9ae63030ca32611497c827",
    64: "51f0bebf7e3b9d92fc49741779363cfe",
}
KEY, OTHER_KEY, DATA_ID = bytes(range(16)), bytes(range(1, 17)), 0x2231
MESSAGE = bytes(4) + bytes(range(1, 13)) + bytes(16)
MESSAGES = st.binary(min_size=12, max_size=12).map(lambda payload: bytes(4) + payload + bytes(16))
SIZES = pytest.mark.parametrize("size", [2, 4])


def pair(size: int = 4) -> tuple[Authenticator, Verifier]:
    return Authenticator(KEY, DATA_ID, freshness_bytes=size), Verifier(KEY, DATA_ID, freshness_bytes=size)


@pytest.mark.parametrize("length", RFC_CODES)
def test_given_the_rfcs_messages_when_coded_then_its_codes(length: int) -> None:
    assert cmac(RFC_KEY, RFC_MESSAGE[:length]).hex() == RFC_CODES[length]


def test_given_a_message_when_signed_then_the_layout_is_as_told() -> None:
    signed = Authenticator(KEY, DATA_ID, trip=5).sign(MESSAGE)
    authentic = MESSAGE[3:16] + bytes(4)
    code = cmac(KEY, b"\x22\x31" + authentic + (5 << 32 | 1).to_bytes(8, "big"))
    assert signed == MESSAGE[:16] + b"\x01\x00\x00\x00" + code[:8] + bytes(4)


@SIZES
@settings(deadline=None)
@given(st.lists(MESSAGES, min_size=1, max_size=20), st.integers(0, 2))
def test_given_any_messages_when_sent_then_all_are_accepted_once(size: int, messages: list[bytes], lost: int) -> None:
    sender, receiver = pair(size)
    for message in messages:
        for _ in range(lost):
            sender.sign(message)
        signed = sender.sign(message)
        assert receiver.check(signed)
        assert not receiver.check(signed)
        assert receiver.freshness == sender.freshness


@pytest.mark.parametrize("bit", [bit for bit in range(256) if bit >= 24])
def test_given_one_flipped_bit_when_checked_then_it_is_refused_and_nothing_moves(bit: int) -> None:
    sender, receiver = pair()
    signed = int.from_bytes(sender.sign(MESSAGE), "little")
    assert not receiver.check((signed ^ 1 << bit).to_bytes(32, "little"))
    assert (receiver.freshness, receiver.accepted, receiver.rejected) == (0, 0, 1)


def test_given_the_header_of_profile_5_when_put_on_after_signing_then_both_hold() -> None:
    sender, receiver = pair()
    protected = Protector(DATA_ID, Profile.P05).protect(sender.sign(MESSAGE))
    assert Checker(DATA_ID, Profile.P05).check(protected) is Check.OK
    assert receiver.check(protected)


@pytest.mark.parametrize("other", [Authenticator(OTHER_KEY, DATA_ID), Authenticator(KEY, DATA_ID + 1)])
def test_given_another_key_or_data_id_when_checked_then_it_is_refused(other: Authenticator) -> None:
    _, receiver = pair()
    assert not any(receiver.check(other.sign(MESSAGE)) for _ in range(100))


@SIZES
def test_given_a_captured_window_when_replayed_at_any_later_time_then_none_is_accepted(size: int) -> None:
    sender, receiver = pair(size)
    captured = [sender.sign(MESSAGE) for _ in range(50)]
    assert all(receiver.check(row) for row in captured)
    assert not any(receiver.check(row) for row in captured)
    receiver.forget()
    assert not any(receiver.check(row) for row in captured)
    assert sender.resync(receiver.resync())
    assert receiver.check(sender.sign(MESSAGE))
    assert not any(receiver.check(row) for row in captured)


def test_given_swapped_messages_when_checked_then_the_older_is_refused() -> None:
    sender, receiver = pair()
    first, second = sender.sign(MESSAGE), sender.sign(MESSAGE)
    assert [receiver.check(second), receiver.check(first)] == [True, False]


@SIZES
def test_given_a_sender_that_starts_its_next_trip_when_it_sends_then_it_is_followed_at_once(size: int) -> None:
    sender, receiver = pair(size)
    for _ in range(70_000 if size == 2 else 10):
        signed = sender.sign(MESSAGE)
        assert size == 4 or sender.freshness % 1000 or receiver.check(signed)
    assert receiver.check(Authenticator(KEY, DATA_ID, trip=1, freshness_bytes=size).sign(MESSAGE))
    assert receiver.freshness == 1 << 32 | 1


def test_given_a_sender_that_lost_its_freshness_when_it_sends_then_refused_until_resynchronised_within_three_tries() -> (
    None
):
    receiver = Verifier(KEY, DATA_ID, freshness=7 << 32 | 1234)
    sender = Authenticator(KEY, DATA_ID)
    assert not any(receiver.check(sender.sign(MESSAGE)) for _ in range(20))
    assert not receiver.is_synchronised
    assert sender.resync(receiver.resync())
    assert receiver.check(sender.sign(MESSAGE))
    assert receiver.is_synchronised
    assert receiver.resyncs <= MAX_TRIES


def test_given_an_answer_that_never_comes_when_resynchronising_then_it_ends_after_three_tries() -> None:
    sender = Authenticator(KEY, DATA_ID)
    assert [sender.resync(0) for _ in range(5)] == [True, True, True, False, False]
    sender.confirm()
    assert sender.resync(0)


def test_given_a_told_freshness_that_would_use_up_all_trips_when_heard_then_nothing_moves() -> None:
    sender = Authenticator(KEY, DATA_ID)
    assert not sender.resync(1 << 64)
    assert not sender.resync((1 << 64) - 1)
    assert sender.freshness == 0


@SIZES
@settings(deadline=None)
@given(st.integers(0, (1 << 64) - 1), st.integers(0, 0xFFFF))
def test_given_any_freshness_when_candidates_are_asked_then_at_most_three_each_above_with_the_low_part(
    size: int, freshness: int, low: int
) -> None:
    found = Verifier(KEY, DATA_ID, freshness=freshness, freshness_bytes=size).candidates(low)
    assert len(found) <= MAX_TRIES
    assert all(value > freshness and value % (1 << 8 * size) == low for value in found)


def test_given_a_segment_when_an_intruder_replays_forges_and_silences_then_nothing_of_it_is_accepted() -> None:
    scheduler, accepted = Scheduler(), list[bytes]()
    bus = Bus("body", scheduler, 500_000, 2_000_000)
    sender, receiver = pair()
    protector, checker = Protector(DATA_ID, Profile.P05), Checker(DATA_ID, Profile.P05)
    random = Random(4)

    def receive(frame: Frame) -> None:
        checker.forget()  # so that freshness alone has to refuse what is old
        if checker.check(frame.data).is_accepted and receiver.check(frame.data):
            accepted.append(frame.data)

    def forge(frame: Frame) -> Frame:
        data = frame.data[:4] + random.randbytes(12) + frame.data[16:20] + random.randbytes(8) + bytes(4)
        return Frame(0x210, Protector(DATA_ID, Profile.P05).protect(data), is_fd=True)

    port = bus.attach("COPILOT")
    bus.attach("DOOR", receive)
    sent: list[bytes] = []

    def send() -> None:
        sent.append(protector.protect(sender.sign(MESSAGE)))
        port.send(Frame(0x210, sent[-1], is_fd=True, has_bitrate_switch=True))

    scheduler.every(10_000_000, send)
    capture = Capture(frozenset({0x210}))
    bus.taps.append(capture)
    scheduler.run_until(495_000_000)
    bus.taps.remove(capture)
    assert accepted == sent
    before = len(accepted)
    bus.disturbances.append(Suspension(frozenset({0x210})))
    bus.disturbances.append(Replay(rows=capture.rows))
    scheduler.run_until(1_100_000_000)
    assert len(accepted) == before
    bus.disturbances.clear()
    bus.disturbances.append(Spoof(arbitration_id=0x210, forge=forge))
    scheduler.run_until(2_000_000_000)
    assert receiver.rejected >= 50 + 80
    assert accepted == [row for row in sent if row in set(accepted)]
    assert all(row in sent for row in accepted)
    assert len(accepted) > before + 80


@pytest.mark.parametrize("data", [b"", bytes(31), bytes(33), bytes(64)])
def test_given_another_length_when_signed_or_checked_then_it_is_refused(data: bytes) -> None:
    sender, receiver = pair()
    with pytest.raises(WireError):
        sender.sign(data)
    assert sender.freshness == 0
    assert not receiver.check(data)


def test_given_a_wrong_key_or_size_when_built_then_value_error() -> None:
    with pytest.raises(ValueError, match="a key has 16 bytes, not 3"):
        Authenticator(b"abc", DATA_ID)
    with pytest.raises(ValueError, match="2 or 4 bytes of freshness, not 3"):
        Verifier(KEY, DATA_ID, freshness_bytes=3)
