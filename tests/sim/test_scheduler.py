import pytest
from hypothesis import given
from hypothesis import strategies as st

from carpilot.sim.scheduler import Priority, Scheduler

EVENTS = st.lists(st.tuples(st.integers(0, 50), st.sampled_from(list(Priority))), max_size=60)


@given(EVENTS)
def test_given_any_events_when_run_then_order_is_time_priority_and_asking(events: list[tuple[int, Priority]]) -> None:
    scheduler = Scheduler()
    ran: list[tuple[int, Priority, int]] = []
    for number, (time_ns, priority) in enumerate(events):
        row = (time_ns, priority, number)
        scheduler.at(time_ns, lambda row=row: ran.append(row), priority)  # type: ignore[misc] # a default binds the row
    scheduler.run_until(50)
    assert ran == sorted((time_ns, priority, number) for number, (time_ns, priority) in enumerate(events))


@given(EVENTS, st.lists(st.integers(0, 60), max_size=10))
def test_given_any_events_when_run_in_slices_then_the_clock_never_runs_backwards(
    events: list[tuple[int, Priority]], slices: list[int]
) -> None:
    scheduler = Scheduler()
    seen: list[int] = []

    def look() -> None:
        seen.append(scheduler.now_ns)
        if len(seen) < 200:
            scheduler.after(3, lambda: seen.append(scheduler.now_ns))

    for time_ns, priority in events:
        scheduler.at(time_ns, look, priority)
    for time_ns in [*slices, 100]:
        before_ns = scheduler.now_ns
        scheduler.run_until(time_ns)
        assert scheduler.now_ns == max(before_ns, time_ns)
        seen.append(scheduler.now_ns)
    assert seen == sorted(seen)


@given(EVENTS, st.lists(st.integers(0, 50), max_size=8))
def test_given_any_slicing_when_run_then_the_events_are_the_same(
    events: list[tuple[int, Priority]], slices: list[int]
) -> None:
    def run(stops: list[int]) -> list[tuple[int, int]]:
        scheduler, ran = Scheduler(), list[tuple[int, int]]()
        for number, (time_ns, priority) in enumerate(events):
            scheduler.at(time_ns, lambda n=number: ran.append((scheduler.now_ns, n)), priority)  # type: ignore[misc] # as above
        for stop in stops:
            scheduler.run_until(stop)
        return ran

    assert run([50]) == run([*sorted(slices), 50])


def test_given_a_past_time_when_scheduled_then_it_is_refused_and_nothing_runs() -> None:
    scheduler, ran = Scheduler(), list[int]()
    scheduler.run_until(10)
    with pytest.raises(ValueError, match="9 ns: it is 10 ns already"):
        scheduler.at(9, lambda: ran.append(1))
    scheduler.run_until(100)
    assert ran == []


def test_given_the_present_instant_when_scheduled_then_it_runs_in_that_instant() -> None:
    scheduler, ran = Scheduler(), list[int]()
    scheduler.at(5, lambda: scheduler.at(5, lambda: ran.append(scheduler.now_ns)))
    scheduler.run_until(5)
    assert ran == [5]


def test_given_a_period_when_run_then_it_fires_at_each_multiple() -> None:
    scheduler, ran = Scheduler(), list[int]()
    scheduler.every(10, lambda: ran.append(scheduler.now_ns), first_ns=3)
    scheduler.run_until(43)
    assert ran == [3, 13, 23, 33, 43]


def test_given_one_instant_when_run_then_deliveries_come_before_timers_and_arbitration_last() -> None:
    scheduler, ran = Scheduler(), list[str]()
    scheduler.at(1, lambda: ran.append("arbitration"), Priority.ARBITRATION)
    scheduler.at(1, lambda: ran.append("timer"), Priority.TIMER)
    scheduler.at(1, lambda: ran.append("delivery"), Priority.DELIVERY)
    scheduler.run_until(1)
    assert ran == ["delivery", "timer", "arbitration"]
