"""python-can on a car of the same process, in simulated time."""

import itertools
import threading
import time

import can
import pytest

from carpilot.bus.bus import Bus
from carpilot.bus.controller import ErrorKind, Hit
from carpilot.bus.frame import Frame
from carpilot.bus.in_process import _shares, offer
from carpilot.sim.scheduler import Scheduler
from carpilot.units import NS_PER_MS, NS_PER_S


class SmallCar:
    """Two segments, a node that answers 0x123 with 0x124, and one that listens."""

    def __init__(self) -> None:
        self.scheduler = Scheduler()
        self.buses = {name: Bus(name, self.scheduler) for name in ("body", "infotainment")}
        self.heard: list[tuple[int, Frame]] = []
        self.port = self.buses["body"].attach("BCM", self._answer)
        self.buses["infotainment"].attach("MEDIA")

    def _answer(self, frame: Frame) -> None:
        self.heard.append((self.scheduler.now_ns, frame))
        if frame.arbitration_id == 0x123:
            self.port.send(Frame(0x124, frame.data[:8]))

    def advance(self, duration_ns: int) -> None:
        self.scheduler.run_until(self.scheduler.now_ns + duration_ns)


def message(identifier: int, data: bytes = b"", **more: bool) -> can.Message:
    return can.Message(arbitration_id=identifier, data=data, is_extended_id=False, **more)


def test_a_script_lets_time_pass_only_until_it_has_its_answer() -> None:
    car = SmallCar()
    with can.Bus(interface="carpilot", channel="body", car=car) as bus:
        bus.send(message(0x123, b"\x01\x02"))
        assert car.scheduler.now_ns == 0
        answer = bus.recv(10)
        assert answer is not None
        assert (answer.arbitration_id, bytes(answer.data), answer.channel) == (0x124, b"\x01\x02", "body")
        assert not answer.is_extended_id and not answer.is_fd and answer.is_rx
        assert 0.0001 < answer.timestamp < 0.001
        assert car.scheduler.now_ns < NS_PER_MS


def test_a_timeout_is_in_simulated_seconds() -> None:
    car = SmallCar()
    with can.Bus(interface="carpilot", channel="body", car=car) as bus:
        started = time.monotonic()
        assert bus.recv(100) is None
        assert car.scheduler.now_ns == 100 * NS_PER_S
        assert bus.recv(0) is None
        assert car.scheduler.now_ns == 100 * NS_PER_S
        assert time.monotonic() - started < 60


@pytest.mark.parametrize("size", [0, 8, 12, 48, 64])
def test_fd_frames_go_both_ways(size: int) -> None:
    car = SmallCar()
    data = bytes(range(size))
    with can.Bus(interface="carpilot", channel="body", car=car) as bus:
        bus.send(message(0x123, data, is_fd=True, bitrate_switch=True))
        assert bus.recv(1) is not None  # the answer of a classic node
        car.port.send(Frame(0x200, data, is_fd=True, has_bitrate_switch=True))
        received = bus.recv(1)
    assert car.heard[0][1] == Frame(0x123, data, is_fd=True, has_bitrate_switch=True)
    assert received is not None and received.is_fd and received.bitrate_switch and bytes(received.data) == data


@pytest.mark.parametrize(
    "unsendable",
    [
        can.Message(arbitration_id=1, is_remote_frame=True),
        can.Message(arbitration_id=1, is_error_frame=True),
        can.Message(arbitration_id=1, is_fd=True, data=bytes(9)),
        can.Message(arbitration_id=0x800, is_extended_id=False),
    ],
)
def test_what_is_no_data_frame_is_refused_and_nothing_is_sent(unsendable: can.Message) -> None:
    car = SmallCar()
    with can.Bus(interface="carpilot", channel="body", car=car) as bus:
        with pytest.raises(can.CanOperationError):
            bus.send(unsendable)
        assert bus.recv(0.1) is None
    assert car.heard == []


def test_filters_hold_and_do_not_shorten_the_timeout() -> None:
    car = SmallCar()
    car.scheduler.every(10 * NS_PER_MS, lambda: car.port.send(Frame(0x300, b"")))
    car.scheduler.after(500 * NS_PER_MS, lambda: car.port.send(Frame(0x301, b"")))
    filters = [{"can_id": 0x301, "can_mask": 0x7FF, "extended": False}]
    with can.Bus(interface="carpilot", channel="body", car=car, can_filters=filters) as bus:
        received = bus.recv(1)
        assert received is not None and received.arbitration_id == 0x301
        assert bus.recv(1) is None
        assert car.scheduler.now_ns >= round(1.5 * NS_PER_S)


def test_periodic_sending_keeps_its_period_exactly_and_can_be_changed_and_stopped() -> None:
    car = SmallCar()
    with can.Bus(interface="carpilot", channel="body", car=car) as bus:
        task = bus.send_periodic(message(0x111, b"\x01"), 0.01)
        bus.recv(0.0955)
        times = [time_ns for time_ns, _ in car.heard]
        assert len(times) == 10
        assert {later - earlier for earlier, later in itertools.pairwise(times)} == {10 * NS_PER_MS}
        assert isinstance(task, can.ModifiableCyclicTaskABC)
        task.modify_data(message(0x111, b"\x02"))
        bus.recv(0.01)
        assert car.heard[-1][1].data == b"\x02"
        task.stop()
        bus.recv(1)
        assert len(car.heard) == 11


def test_periodic_sending_ends_after_its_duration_and_with_the_bus() -> None:
    car = SmallCar()
    bus = can.Bus(interface="carpilot", channel="body", car=car)
    bus.send_periodic(message(0x111), 0.01, duration=0.1)
    bus.recv(1)
    assert len(car.heard) == 10
    bus.send_periodic(message(0x112), 0.01)
    bus.shutdown()
    car.advance(NS_PER_S)
    assert len(car.heard) == 10


def test_scripts_hear_each_other_and_themselves_only_if_they_ask() -> None:
    car = SmallCar()
    first = can.Bus(interface="carpilot", channel="body", car=car, receive_own_messages=True)
    second = can.Bus(interface="carpilot", channel="body", car=car)
    first.send(message(0x400))
    second.send(message(0x401))
    assert [heard.arbitration_id for heard in (first.recv(1), first.recv(1)) if heard] == [0x400, 0x401]
    assert [heard.arbitration_id for heard in (second.recv(1),) if heard] == [0x400]
    assert second.recv(0.1) is None
    first.shutdown()
    second.shutdown()
    assert car.buses["body"].taps == [] and car.buses["body"].error_taps == []


class DestroysOnce:
    """A disturbance that destroys the first transmission of a node."""

    def __init__(self, node: str, kind: ErrorKind) -> None:
        self.hits = [Hit(kind, 0.5)]
        self.node = node

    def strike(self, node: str, frame: Frame, now_ns: int) -> Hit | None:
        del frame, now_ns
        return self.hits.pop() if node == self.node and self.hits else None


@pytest.mark.parametrize(
    "kind, error_class, third, fourth",
    [
        (ErrorKind.BIT, 0x08, 0x01, 0),
        (ErrorKind.FORM, 0x08, 0x02, 0),
        (ErrorKind.STUFF, 0x08, 0x04, 0),
        (ErrorKind.CRC, 0x08, 0, 0x08),
        (ErrorKind.ACKNOWLEDGE, 0x20, 0, 0x19),
    ],
)
def test_an_error_frame_comes_as_an_error_message(kind: ErrorKind, error_class: int, third: int, fourth: int) -> None:
    """Class, kind and place as include/uapi/linux/can/error.h numbers them; the frame itself comes after it."""
    car = SmallCar()
    car.buses["body"].disturbances.append(DestroysOnce("BCM", kind))
    with can.Bus(interface="carpilot", channel="body", car=car) as bus:
        car.port.send(Frame(0x124, b"\x01"))
        error, data = bus.recv(1), bus.recv(1)
    assert error is not None and error.is_error_frame
    assert (error.arbitration_id, error.data[2], error.data[3]) == (error_class, third, fourth)
    assert data is not None and not data.is_error_frame and data.arbitration_id == 0x124
    assert 0 < error.timestamp < data.timestamp


def test_an_offered_car_is_found_by_the_channel_alone() -> None:
    car = SmallCar()
    share = offer(car)
    with can.Bus(interface="carpilot", channel="body") as bus:
        bus.send(message(0x123))
        assert bus.recv(1) is not None
    share.close()
    assert _shares == []


def test_one_bus_is_enough() -> None:
    scheduler = Scheduler()
    segment = Bus("bench", scheduler)
    segment.attach("NODE")
    with can.Bus(interface="carpilot", channel="bench", bus=segment) as bus:
        assert bus.recv(0.5) is None
    assert scheduler.now_ns == NS_PER_S // 2


def test_a_segment_that_the_car_lacks_is_named() -> None:
    with pytest.raises(can.CanInitializationError, match="no segment 'chassis'; there is body"):
        can.Bus(interface="carpilot", channel="chassis", car=SmallCar())


def test_a_driven_car_is_heard_from_another_thread() -> None:
    car = SmallCar()
    share = offer(car, is_driven=True)
    results: list[can.Message | None] = []

    def script() -> None:
        with can.Bus(interface="carpilot", channel="body") as bus:
            bus.send(message(0x123, b"\x07"))
            results.append(bus.recv(10))

    thread = threading.Thread(target=script)
    thread.start()
    while thread.is_alive():
        car.advance(NS_PER_MS)
    thread.join()
    share.close()
    car.advance(10 * NS_PER_MS)
    assert results[0] is not None and bytes(results[0].data) == b"\x07"
    assert _shares == []


def test_with_a_speed_time_keeps_pace_with_the_wall_clock() -> None:
    car = SmallCar()
    with can.Bus(interface="carpilot", channel="body", car=car, speed=10.0) as bus:
        started = time.monotonic()
        bus.recv(2.0)
        assert time.monotonic() - started >= 0.19


def test_the_same_script_gives_the_same_bus_twice() -> None:
    def run() -> list[tuple[float, int]]:
        car = SmallCar()
        with can.Bus(interface="carpilot", channel="body", car=car) as bus:
            bus.send_periodic(message(0x123, b"\x01"), 0.007)
            heard = [bus.recv(1) for _ in range(50)]
        return [(one.timestamp, one.arbitration_id) for one in heard if one]

    assert run() == run()
