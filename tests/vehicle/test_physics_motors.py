import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from carpilot.vehicle.physics.motors import KINDS, PINCH_LIMIT_N, Motor, MotorState

DT_S = 0.01


def run(motor: Motor, seconds: float, dt_s: float = DT_S) -> float:
    """Step until it rests or time is up; return how long it moved, in s."""
    moved_s = 0.0
    for _ in range(round(seconds / dt_s)):
        motor.step(dt_s)
        if motor.is_moving:
            moved_s += dt_s
    return moved_s


@pytest.mark.parametrize("name", sorted(KINDS))
def test_given_any_drive_when_sent_from_end_to_end_then_it_takes_its_time_and_draws_its_current(name: str) -> None:
    kind = KINDS[name]
    motor = Motor(kind, position=kind.low, target=kind.low)
    motor.move_to(kind.high)
    motor.step(DT_S)
    assert motor.current_a == kind.run_a
    assert run(motor, kind.travel_s + 1) == pytest.approx(kind.travel_s, abs=0.05)
    assert (motor.position, motor.state, motor.current_a) == (kind.high, MotorState.IDLE, 0.0)


def test_given_a_window_when_opened_then_it_takes_four_seconds() -> None:
    # Within the 3 to 5 s that makers' power windows take
    motor = Motor(KINDS["window"])
    motor.move_to(100)
    assert run(motor, 10) == pytest.approx(4.0, abs=0.05)


@pytest.mark.parametrize("dt_s", [0.005, 0.01, 0.02])
@pytest.mark.parametrize("obstacle_at", [2.0, 10.0, 25.0, 44.0])
def test_given_fingers_when_a_window_closes_then_it_reverses_before_100_n_and_opens_as_fmvss_118_wants(
    obstacle_at: float, dt_s: float
) -> None:
    # FMVSS 118 S5 and UN R21 5.8.3: at most 100 N on gaps of 4 to 200 mm; then open by 125 mm more, or for a 200 mm rod
    motor, strongest, gap = Motor(KINDS["window"], position=100.0, target=100.0), 0.0, 100.0
    motor.obstacle_at = obstacle_at
    motor.move_to(0)
    for _ in range(round(10 / dt_s)):
        motor.step(dt_s)
        strongest, gap = max(strongest, motor.force_n), min(gap, motor.position)
    assert 0 < strongest <= PINCH_LIMIT_N
    assert motor.pinches == 1
    assert (motor.position - gap) * motor.kind.mm_per_unit >= 125
    assert motor.state is MotorState.BLOCKED


def test_given_fingers_gone_when_closed_again_then_the_window_shuts() -> None:
    motor = Motor(KINDS["window"], position=60.0, target=60.0, obstacle_at=20.0)
    motor.move_to(0)
    run(motor, 6)
    assert motor.position > 20
    motor.obstacle_at = None
    motor.move_to(0)
    run(motor, 6)
    assert (motor.position, motor.state) == (0, MotorState.IDLE)


def test_given_something_in_the_gap_when_a_window_opens_then_it_does_not_care() -> None:
    motor = Motor(KINDS["window"], position=10.0, target=10.0, obstacle_at=50.0)
    motor.move_to(100)
    run(motor, 6)
    assert motor.position == 100


@pytest.mark.parametrize("start", [-100.0, 100.0])
def test_given_a_hand_in_the_roof_when_it_closes_from_either_side_then_it_reverses(start: float) -> None:
    motor = Motor(KINDS["roof"], position=start, target=start, obstacle_at=start / 4)
    motor.move_to(0)
    run(motor, 15)
    assert motor.pinches == 1
    assert abs(motor.position) > 25


def test_given_luggage_when_a_seat_moves_back_then_it_stops_and_gives_up() -> None:
    motor = Motor(KINDS["seat"], obstacle_at=50.0)
    motor.move_to(100)
    run(motor, 20)
    assert motor.state is MotorState.BLOCKED
    assert 50 < motor.position < 60


def test_given_a_jam_when_told_to_move_then_it_stalls_gives_up_and_works_again_once_freed() -> None:
    motor = Motor(KINDS["window"], is_jammed=True)
    motor.move_to(100)
    motor.step(DT_S)
    assert motor.current_a == KINDS["window"].stall_a
    run(motor, 1)
    assert (motor.position, motor.state, motor.current_a) == (0, MotorState.BLOCKED, 0)
    motor.is_jammed = False
    motor.move_to(100)
    run(motor, 5)
    assert motor.position == 100


def test_given_a_child_at_the_switch_when_it_runs_for_minutes_then_the_drive_stops_hot_and_recovers() -> None:
    motor, seconds = Motor(KINDS["window"]), 0.0
    while motor.state is not MotorState.HOT and seconds < 600:
        if not motor.is_moving:
            motor.move_to(100 - motor.position)
        run(motor, 0.1)
        seconds += 0.1
    assert 60 < seconds < 300
    at = motor.position
    motor.move_to(100 - at)
    run(motor, 5)
    assert (motor.position, motor.state) == (at, MotorState.HOT)
    run(motor, 90)
    assert motor.state is MotorState.IDLE
    motor.move_to(100.0)
    run(motor, 5)
    assert motor.position == 100


def test_given_normal_use_when_a_window_goes_up_and_down_five_times_then_it_stays_cool() -> None:
    motor = Motor(KINDS["window"])
    for _ in range(5):
        for target in (100, 0):
            motor.move_to(target)
            run(motor, 5)
    assert motor.state is MotorState.IDLE


@settings(deadline=None)
@given(
    st.sampled_from(sorted(KINDS)),
    st.floats(-150, 150),
    st.lists(st.tuples(st.floats(-150, 150), st.floats(0, 3)), max_size=5),
)
def test_given_any_orders_and_any_obstacle_when_moved_then_it_stays_between_its_stops_and_under_100_n(
    name: str, obstacle_at: float, orders: list[tuple[float, float]]
) -> None:
    kind = KINDS[name]
    motor = Motor(kind, position=kind.low, target=kind.low, obstacle_at=obstacle_at)
    for target, seconds in orders:
        motor.move_to(target)
        for _ in range(round(seconds / 0.02)):
            motor.step(0.02)
            assert kind.low <= motor.position <= kind.high
            assert motor.force_n <= PINCH_LIMIT_N
            assert 0 <= motor.heat <= 1


def test_given_something_behind_the_pane_when_it_closes_then_it_does_not_care() -> None:
    motor = Motor(KINDS["window"], position=30.0, target=30.0, obstacle_at=60.0)
    motor.move_to(0)
    run(motor, 3)
    assert (motor.position, motor.pinches) == (0, 0)
