import pytest

from carpilot.bus.bus import Bus
from carpilot.bus.frame import Frame
from carpilot.bus.guardian import Budget, BusHealth, Guardian, HealthMonitor, LoadMeter
from carpilot.bus.sources import Babble, StuckDominant
from carpilot.sim.scheduler import Scheduler

MS = 1_000_000


class Segment:
    """A honest node that sends each 10 ms, a listener, and a node that may babble."""

    def __init__(self) -> None:
        self.scheduler = Scheduler()
        self.bus = Bus("body", self.scheduler)
        self.received: list[tuple[int, Frame]] = []
        self.honest = self.bus.attach("HONEST")
        self.bad = self.bus.attach("BAD")
        self.bus.attach("LISTENER", lambda frame: self.received.append((self.scheduler.now_ns, frame)))
        self.scheduler.every(10 * MS, lambda: self.honest.send(Frame(0x100, bytes(8))))

    def run_ms(self, duration_ms: float) -> None:
        self.scheduler.run_until(self.scheduler.now_ns + round(duration_ms * MS))


@pytest.mark.parametrize("identifier", [0x7FF, 0])
@pytest.mark.parametrize("budget", [Budget(frames=20), Budget(bits=20 * 138)])
def test_given_a_babbling_node_when_guarded_then_muted_within_100_ms_and_the_others_are_whole(
    identifier: int, budget: Budget
) -> None:
    segment, muted = Segment(), list[tuple[str, int]]()
    guardian = Guardian(segment.bus, {"BAD": budget, "HONEST": budget}, lambda node, at: muted.append((node, at)))
    segment.run_ms(100)
    segment.bus.disturbances.append(Babble(port=segment.bad, frame=Frame(identifier, bytes(8))))
    start_ns = segment.scheduler.now_ns
    segment.run_ms(1000)
    assert [node for node, _ in muted] == ["BAD"]
    assert muted[0][1] - start_ns <= 100 * MS
    assert guardian.muted == {"BAD": muted[0][1]}
    babbled = [frame for _, frame in segment.received if frame.arbitration_id == identifier]
    assert len(babbled) <= 27
    assert sum(frame.arbitration_id == 0x100 for _, frame in segment.received) == 110
    guardian.release("BAD")
    segment.run_ms(2)
    assert any(frame.arbitration_id == identifier for _, frame in segment.received[-5:])
    assert not guardian.muted


def test_given_nodes_within_their_budgets_when_guarded_then_nobody_is_muted() -> None:
    segment = Segment()
    guardian = Guardian(segment.bus, {}, default=Budget(frames=11))
    segment.run_ms(2000)
    assert guardian.muted == {}
    assert len(segment.received) == 200


@pytest.mark.parametrize("identifier", [0x7FF, 0])
def test_given_a_full_bus_when_watched_then_overloaded_within_100_ms_and_sound_after(identifier: int) -> None:
    segment, changes = Segment(), list[tuple[BusHealth, int]]()
    HealthMonitor(segment.bus, lambda health, at: changes.append((health, at)))
    segment.run_ms(200)
    assert changes == []
    babble = Babble(port=segment.bad, frame=Frame(identifier, bytes(8)))
    segment.bus.disturbances.append(babble)
    start_ns = segment.scheduler.now_ns
    segment.run_ms(300)
    assert [health for health, _ in changes] == [BusHealth.OVERLOADED]
    assert 90 * MS <= changes[0][1] - start_ns <= 110 * MS
    segment.bus.disturbances.remove(babble)
    segment.run_ms(300)
    assert [health for health, _ in changes] == [BusHealth.OVERLOADED, BusHealth.SOUND]


def test_given_a_stuck_level_when_watched_then_known_within_a_millisecond_and_sound_when_frames_pass() -> None:
    segment, changes = Segment(), list[tuple[BusHealth, int]]()
    HealthMonitor(segment.bus, lambda health, at: changes.append((health, at)))
    segment.run_ms(205)
    stuck = StuckDominant()
    segment.bus.disturbances.append(stuck)
    start_ns = segment.scheduler.now_ns
    segment.run_ms(3000)
    assert [health for health, _ in changes] == [BusHealth.STUCK]
    assert changes[0][1] - start_ns <= MS
    segment.bus.disturbances.remove(stuck)
    segment.run_ms(50)
    assert [health for health, _ in changes] == [BusHealth.STUCK, BusHealth.SOUND]


def test_given_silence_when_watched_then_it_is_told_after_its_time() -> None:
    segment, changes = Segment(), list[tuple[BusHealth, int]]()
    HealthMonitor(segment.bus, lambda health, at: changes.append((health, at)), silence_ns=50 * MS)
    segment.run_ms(200)
    segment.honest.mute()
    segment.run_ms(200)
    segment.honest.unmute()
    segment.run_ms(50)
    assert [health for health, _ in changes] == [BusHealth.SILENT, BusHealth.SOUND]
    assert changes[0][1] - 190 * MS == pytest.approx(60 * MS, abs=15 * MS)


def test_given_known_traffic_when_the_load_is_measured_then_it_is_bits_over_time() -> None:
    segment = Segment()
    meter = LoadMeter(segment.bus)
    segment.run_ms(1005)
    frame = Frame(0x100, bytes(8))
    assert meter.load() == pytest.approx(101 * (frame.length_bits + 3) * 2e-6 / 1.005)
    segment.run_ms(4)
    assert meter.load() == 0
    segment.run_ms(1.1)
    assert meter.load() == pytest.approx(0.1 / 1.1)
    assert meter.load() == 0
