"""Profiles 1, 5 and 11, and the E2E state machine. Expected bytes: AUTOSAR PRS_E2EProtocol, the profiles' examples."""

from collections.abc import Sequence
from itertools import pairwise, product

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from carpilot.bus.e2e import (
    MAX_DELTA,
    Check,
    Checker,
    Limits,
    Profile,
    Protector,
    Supervisor,
    Trust,
    counter_of,
    counter_states,
    header_bytes,
    protect,
    verify,
)

PROFILES = pytest.mark.parametrize("profile", list(Profile))
ANY_PROFILE = st.sampled_from(list(Profile))
DATA = st.binary(min_size=8, max_size=32)
DATA_ID = 0x2231


def crc8_j1850(data: bytes) -> int:
    """Polynomial 0x1D, start and final XOR 0 (E2E profiles 1 and 11 undo both values of Crc_CalculateCRC8)."""
    register = 0
    for byte in data:
        register ^= byte
        for _ in range(8):
            register = (register << 1 ^ 0x1D if register & 0x80 else register << 1) & 0xFF
    return register


def crc16_ccitt_false(data: bytes) -> int:
    """Polynomial 0x1021, start 0xFFFF, no final XOR (Crc_CalculateCRC16)."""
    register = 0xFFFF
    for byte in data:
        register ^= byte << 8
        for _ in range(8):
            register = (register << 1 ^ 0x1021 if register & 0x8000 else register << 1) & 0xFFFF
    return register


def test_given_the_catalogues_check_string_when_the_tests_own_crc_runs_then_the_published_value() -> None:
    assert crc16_ccitt_false(b"123456789") == 0x29B1  # AUTOSAR SWS_CRCLibrary, CRC16


@pytest.mark.parametrize(
    ("profile", "data_id", "expected"),
    [
        (Profile.P01, 0x123, "cc00000000000000"),  # profile 1, data id mode both
        (Profile.P11, 0x123, "cc00000000000000"),  # profile 11, data id mode both
        (Profile.P05, 0x1234, "1cca000000000000"),  # profile 5, table 6.27: offset 0
    ],
)
def test_given_the_standards_example_when_protected_then_its_bytes(
    profile: Profile, data_id: int, expected: str
) -> None:
    assert protect(profile, data_id, bytes(8), 0).hex() == expected
    assert Protector(data_id, profile).protect(bytes(8)).hex() == expected
    assert verify(profile, data_id, bytes.fromhex(expected)) == 0


@given(DATA, st.integers(0, 0xFFFF), st.integers(0, 255))
def test_given_any_data_when_protected_with_profile_5_then_the_layout_is_as_told(
    data: bytes, data_id: int, counter: int
) -> None:
    sent = protect(Profile.P05, data_id, data, counter)
    assert sent[2:] == bytes([counter]) + data[3:]
    assert int.from_bytes(sent[:2], "little") == crc16_ccitt_false(sent[2:] + data_id.to_bytes(2, "little"))


@given(st.sampled_from([Profile.P01, Profile.P11]), DATA, st.integers(0, 0xFFFF), st.integers(0, 14))
def test_given_any_data_when_protected_with_profiles_1_or_11_then_the_high_half_of_byte_1_is_kept(
    profile: Profile, data: bytes, data_id: int, counter: int
) -> None:
    sent = protect(profile, data_id, data, counter)
    assert (sent[1], sent[2:]) == (data[1] & 0xF0 | counter, data[2:])
    assert sent[0] == crc8_j1850(data_id.to_bytes(2, "little") + sent[1:])


@given(ANY_PROFILE, DATA, st.integers(0, 0xFFFF), st.integers(0, 255))
def test_given_any_message_when_verified_then_its_counter_comes_back(
    profile: Profile, data: bytes, data_id: int, counter: int
) -> None:
    assume(counter < counter_states(profile))
    sent = protect(profile, data_id, data, counter)
    assert verify(profile, data_id, sent) == counter == counter_of(sent, profile)
    assert verify(profile, data_id, sent) == counter  # remembered, and the same


@given(ANY_PROFILE, DATA, st.data())
def test_given_one_or_two_flipped_bits_when_checked_then_the_crc_is_wrong_and_the_counter_is_kept(
    profile: Profile, data: bytes, draw: st.DataObject
) -> None:
    # Both polynomials see any two flipped bits of messages as short as these (Hamming distance 3 or more).
    size = min(len(data), 13)
    protector, checker = Protector(DATA_ID, profile), Checker(DATA_ID, profile)
    first, second, third = (protector.protect(data[:size]) for _ in range(3))
    bits = draw.draw(st.sets(st.integers(0, 8 * size - 1), min_size=1, max_size=2))
    damaged = (int.from_bytes(second, "little") ^ sum(1 << bit for bit in bits)).to_bytes(size, "little")
    assert checker.check(first) is Check.OK
    assert checker.check(damaged) is Check.WRONG_CRC
    assert checker.check(third) is Check.SOME_LOST


@given(ANY_PROFILE, st.lists(st.integers(0, 300), min_size=1, max_size=60))
def test_given_lost_repeated_swapped_and_late_messages_when_checked_then_each_is_what_the_profile_says(
    profile: Profile, numbers: Sequence[int]
) -> None:
    states = counter_states(profile)
    checker = Checker(DATA_ID, profile)
    last: int | None = None
    for number in numbers:
        check = checker.check(protect(profile, DATA_ID, bytes(8), number % states))
        if last is None:
            expected = Check.OK
        else:
            delta = (number - last) % states
            expected = {0: Check.REPEATED, 1: Check.OK}.get(
                delta, Check.SOME_LOST if delta <= MAX_DELTA else Check.WRONG_SEQUENCE
            )
        assert check is expected
        last = number


@PROFILES
def test_given_a_sender_when_it_sends_then_the_counter_goes_through_all_values_and_round(profile: Profile) -> None:
    protector, states = Protector(DATA_ID, profile), counter_states(profile)
    assert [counter_of(protector.protect(bytes(8)), profile) for _ in range(2 * states)] == list(range(states)) * 2


@PROFILES
def test_given_less_than_the_header_when_checked_or_protected_then_it_is_refused(profile: Profile) -> None:
    short = bytes(header_bytes(profile) - 1)
    assert verify(profile, DATA_ID, short) is None
    with pytest.raises(ValueError, match="bytes"):
        protect(profile, DATA_ID, short, 0)
    with pytest.raises(ValueError, match="counter"):
        protect(profile, DATA_ID, bytes(8), counter_states(profile))


@pytest.mark.parametrize("profile", [Profile.P01, Profile.P11])
def test_given_counter_15_with_a_right_crc_when_checked_then_it_is_not_taken(profile: Profile) -> None:
    body = b"\x0f" + bytes(6)
    data = bytes([crc8_j1850(DATA_ID.to_bytes(2, "little") + body)]) + body
    assert verify(profile, DATA_ID, data) is None
    assert Checker(DATA_ID, profile).check(data) is Check.WRONG_CRC


@pytest.mark.parametrize(("one", "other"), [(Profile.P01, Profile.P05), (Profile.P05, Profile.P11)])
def test_given_another_profiles_message_when_checked_then_the_crc_is_wrong(one: Profile, other: Profile) -> None:
    assert verify(other, DATA_ID, protect(one, DATA_ID, bytes(range(8)), 3)) is None


def feed(supervisor: Supervisor, outcomes: str) -> list[Trust]:
    """G good, L some lost, R repeated, S wrong sequence, E wrong CRC, - missed."""
    checks = {
        "G": Check.OK,
        "L": Check.SOME_LOST,
        "R": Check.REPEATED,
        "S": Check.WRONG_SEQUENCE,
        "E": Check.WRONG_CRC,
    }
    return [
        supervisor.on_cycle_missed() if letter == "-" else supervisor.on_check(checks[letter]) for letter in outcomes
    ]


@pytest.mark.parametrize(
    ("outcomes", "trust"),
    [
        ("", Trust.NODATA),
        ("---E-E", Trust.NODATA),
        ("G", Trust.INIT),
        ("R", Trust.INIT),
        ("GG", Trust.INIT),
        ("GGG", Trust.VALID),
        ("GLL", Trust.VALID),
        ("G-GGG", Trust.VALID),
        ("GEE", Trust.INVALID),
        ("GGGR", Trust.VALID),
        ("GGG--", Trust.VALID),
        ("GGG---", Trust.INVALID),
        ("GGGRRR", Trust.INVALID),
        ("GGGSS-", Trust.INVALID),
        ("GGGE", Trust.VALID),
        ("GGGEE", Trust.INVALID),
        ("GGG---GG", Trust.INVALID),
        ("GGG---GGG", Trust.VALID),
        ("GGG---GG-GGG", Trust.VALID),
        ("GGGEEGGEGG", Trust.INVALID),
        ("GGGEEGGEGGG", Trust.VALID),
    ],
)
def test_given_cycles_when_fed_then_the_state_machine_says(outcomes: str, trust: Trust) -> None:
    supervisor = Supervisor()
    feed(supervisor, outcomes)
    assert supervisor.state is trust


@given(st.text("GLRSE-", max_size=40))
def test_given_any_cycles_when_fed_then_valid_only_after_three_good_and_never_on_a_window_without_one(
    outcomes: str,
) -> None:
    supervisor = Supervisor()
    states = [Trust.NODATA, *feed(supervisor, outcomes)]
    for index, (before, after) in enumerate(pairwise(states)):
        window = outcomes[max(index - 2, 0) : index + 1]
        if after is Trust.VALID and before is not Trust.VALID:
            assert len(window) == 3 and set(window) <= {"G", "L"}
        if after is Trust.VALID:
            assert set(window) & {"G", "L"}
        assert (before, after) in {
            (Trust.NODATA, Trust.NODATA), (Trust.NODATA, Trust.INIT), (Trust.INIT, Trust.INIT),
            (Trust.INIT, Trust.VALID), (Trust.INIT, Trust.INVALID), (Trust.VALID, Trust.VALID),
            (Trust.VALID, Trust.INVALID), (Trust.INVALID, Trust.INVALID), (Trust.INVALID, Trust.VALID),
        }  # fmt: skip


def test_given_every_short_history_when_fed_then_the_state_depends_on_nothing_else() -> None:
    for letters in product("GE-", repeat=5):
        one, other = Supervisor(), Supervisor()
        assert feed(one, "".join(letters)) == feed(other, "".join(letters))


def test_given_limits_that_no_window_can_hold_when_built_then_value_error() -> None:
    with pytest.raises(ValueError, match="a window of 2 cycles"):
        Supervisor(Limits(window=2))


def test_given_distrust_when_good_cycles_come_then_nothing_earlier_counts() -> None:
    supervisor = Supervisor()
    for _ in range(4):
        supervisor.on_check(Check.OK)
    assert supervisor.state is Trust.VALID
    supervisor.distrust()
    assert [supervisor.on_check(Check.OK) for _ in range(3)] == [Trust.INVALID, Trust.INVALID, Trust.VALID]


def test_given_limits_that_one_good_cycle_meets_when_good_cycles_follow_bad_ones_then_valid_is_kept() -> None:
    supervisor = Supervisor(Limits(min_ok_init=1, max_errors_valid=2))
    supervisor.on_check(Check.OK)
    outcomes = [Check.OK, Check.WRONG_CRC, Check.WRONG_CRC, Check.OK, Check.WRONG_CRC, Check.WRONG_CRC]
    assert {supervisor.on_check(outcome) for outcome in outcomes} == {Trust.VALID}
    assert supervisor.on_check(Check.WRONG_CRC) is Trust.INVALID
