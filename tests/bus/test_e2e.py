import pytest
from e2e.p01 import e2e_p01_check
from hypothesis import given
from hypothesis import strategies as st

from carpilot.bus.e2e import COUNTER_STATES, MAX_DELTA, Check, Checker, Protector, counter_of

DATA_ID = 0x2231


def crc8(data: bytes) -> int:
    """CRC-8 with the SAE J1850 polynomial 0x1D, start 0 and no final XOR, bit by bit.

    AUTOSAR profile 1 undoes the start value and the final XOR of Crc_CalculateCRC8 (PRS_E2EProtocol, profile 1).
    """
    register = 0
    for byte in data:
        for shift in range(7, -1, -1):
            is_set = (register >> 7 & 1) ^ (byte >> shift & 1)
            register = register << 1 & 0xFF
            if is_set:
                register ^= 0x1D
    return register


def counters(*values: int) -> list[Check]:
    checker = Checker(DATA_ID)
    checks = []
    for value in values:
        protector = Protector(DATA_ID)
        for _ in range(value + 1):
            data = protector.protect(bytes(8))
        checks.append(checker.check(data))
    return checks


def test_given_the_standards_example_when_protected_then_its_bytes() -> None:
    # AUTOSAR PRS_E2EProtocol, example of profile 1: data id 0x123, both bytes, counter 0, data 0: CRC 0xCC.
    assert Protector(0x123).protect(bytes(8)) == bytes.fromhex("cc00000000000000")


def test_given_a_sender_when_it_sends_then_the_counter_goes_from_0_to_14_and_round() -> None:
    protector = Protector(DATA_ID)
    sent = [counter_of(protector.protect(bytes(8))) for _ in range(40)]
    assert sent == [number % 15 for number in range(40)]


@given(st.binary(min_size=8, max_size=8), st.integers(0, 0xFFFF), st.integers(1, 40))
def test_given_any_data_when_protected_then_crc_is_right_and_all_else_is_kept(
    data: bytes, data_id: int, times: int
) -> None:
    protector = Protector(data_id)
    for _ in range(times):
        sent = protector.protect(data)
    assert sent[0] == crc8(bytes([data_id & 0xFF, data_id >> 8]) + sent[1:])
    assert e2e_p01_check(bytearray(sent), data_id)
    assert (sent[1] & 0xF0, sent[2:]) == (data[1] & 0xF0, data[2:])


@pytest.mark.parametrize("bit", range(64))
def test_given_one_flipped_bit_when_checked_then_the_crc_is_wrong(bit: int) -> None:
    sent = Protector(DATA_ID).protect(bytes.fromhex("0005a5ff00c33c81"))
    damaged = (int.from_bytes(sent, "little") ^ 1 << bit).to_bytes(8, "little")
    assert not e2e_p01_check(bytearray(damaged), DATA_ID)
    assert Checker(DATA_ID).check(damaged) is Check.WRONG_CRC


@pytest.mark.parametrize("data", [b"", b"\x00", b"\xcc"])
def test_given_too_few_bytes_when_checked_then_the_crc_is_wrong(data: bytes) -> None:
    assert Checker(DATA_ID).check(data) is Check.WRONG_CRC


@given(st.integers(0, 0xFFFF))
def test_given_another_messages_protection_when_checked_then_it_is_not_taken(data_id: int) -> None:
    sent = Protector(data_id).protect(bytes(8))
    is_same_crc = crc8(bytes([data_id & 0xFF, data_id >> 8])) == crc8(bytes([DATA_ID & 0xFF, DATA_ID >> 8]))
    assert Checker(DATA_ID).check(sent).is_accepted == is_same_crc


@pytest.mark.parametrize("first", range(COUNTER_STATES))
@pytest.mark.parametrize("delta", range(COUNTER_STATES))
def test_given_every_pair_of_counters_when_checked_then_the_profile_says(first: int, delta: int) -> None:
    second = counters(first, (first + delta) % COUNTER_STATES)[1]
    expected = {0: Check.REPEATED, 1: Check.OK, 2: Check.SOME_LOST, 3: Check.SOME_LOST}.get(delta, Check.WRONG_SEQUENCE)
    assert second is expected
    assert second.is_accepted == (1 <= delta <= MAX_DELTA)


def test_given_a_wrong_sequence_when_the_next_follows_then_it_is_taken_again() -> None:
    assert counters(3, 9, 10) == [Check.OK, Check.WRONG_SEQUENCE, Check.OK]


def test_given_a_damaged_frame_when_the_next_is_good_then_only_one_counts_as_lost() -> None:
    protector, checker = Protector(DATA_ID), Checker(DATA_ID)
    first, second, third = (protector.protect(bytes(8)) for _ in range(3))
    assert checker.check(first) is Check.OK
    assert checker.check(second[:-1] + b"\x01") is Check.WRONG_CRC
    assert checker.check(third) is Check.SOME_LOST


def test_given_a_forgotten_counter_when_any_good_frame_comes_then_it_is_the_first() -> None:
    checker = Checker(DATA_ID)
    data = Protector(DATA_ID).protect(bytes(8))
    assert [checker.check(data), checker.check(data)] == [Check.OK, Check.REPEATED]
    checker.forget()
    assert checker.check(data) is Check.OK
