"""The rows of the benchmark that have python-can's virtual bus beside them, in the same run."""

import statistics
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from itertools import pairwise
from time import process_time

import can
from can.broadcastmanager import ThreadBasedCyclicSendTask

from carpilot.bus.benchmark import FIRST_ID, RUNS, Figure
from carpilot.bus.bus import Bus
from carpilot.bus.frame import Frame
from carpilot.sim.pacing import run_beside_wall_clock
from carpilot.sim.scheduler import Scheduler
from carpilot.units import NS_PER_MS, NS_PER_S, seconds_to_ns

LISTENERS = 10
PEER = "python-can virtual"
PACED_MESSAGES = 200
PERIOD_MS = 10
MOST_DEVIATION_MS = 0.5
REFERENCE_RUNS = 9


def this_machine(turns: int = 1_000_000) -> Figure:
    """How fast Python is here and now: without it, speeds of two machines or two days cannot be held side by side."""
    costs = []
    for _ in range(REFERENCE_RUNS):
        start, total = process_time(), 0
        for number in range(turns):
            total += number * number % 7
        costs.append((process_time() - start) / turns * 1e9)
    return Figure(
        "this machine: a turn of the loop total += n * n % 7",
        statistics.median(costs),
        "ns",
        note=f"median of {REFERENCE_RUNS} runs, {min(costs):.0f} to {max(costs):.0f} ns; at twice as much a speed below is half",
    )


def listeners(frames: int) -> Figure:
    """Frames to ten listeners, each taking every one: ours with exact times and arbitration, the peer's with neither."""
    runs = [(_our_rate(frames), _peer_rate(max(frames // 10, 100))) for _ in range(RUNS)]
    ours, theirs = max(run[0] for run in runs), max(run[1] for run in runs)
    return Figure(
        f"frames a second of processor time to {LISTENERS} listeners",
        ours,
        "frames/s",
        theirs,
        PEER,
        ours / theirs,
        ">= 10 x the peer",
        ours / theirs >= 10,
    )


def _payload(number: int) -> bytes:
    return number.to_bytes(8, "big")


def _our_rate(frames: int) -> float:
    scheduler = Scheduler()
    bus = Bus("bench", scheduler)
    port = bus.attach("SENDER")
    inboxes = [deque[Frame](maxlen=64) for _ in range(LISTENERS)]
    counts = [0] * LISTENERS

    def listener(index: int) -> Callable[[Frame], None]:
        take = inboxes[index].append

        def receive(frame: Frame) -> None:
            take(frame)
            counts[index] += 1

        return receive

    for index in range(LISTENERS):
        bus.attach(f"L{index}", listener(index))
    start = process_time()
    for first in range(0, frames, 100):
        for number in range(first, first + 100):
            port.send(Frame(FIRST_ID, _payload(number)))
        scheduler.run_until(scheduler.now_ns + NS_PER_S)
    spent = process_time() - start
    if counts != [frames] * LISTENERS:
        raise AssertionError(f"of {frames} frames the listeners got {counts}")
    return frames / spent


def _peer_rate(frames: int) -> float:
    with can.Bus(interface="virtual", channel="carpilot-bench") as sender:
        others = [can.Bus(interface="virtual", channel="carpilot-bench") for _ in range(LISTENERS)]
        received = 0
        start = process_time()
        for first in range(0, frames, 100):
            for number in range(first, first + 100):
                sender.send(can.Message(arbitration_id=FIRST_ID, data=_payload(number), is_extended_id=False))
            for other in others:
                while other.recv(0) is not None:
                    received += 1
        spent = process_time() - start
        for other in others:
            other.shutdown()
    if received != frames * LISTENERS:
        raise AssertionError(f"of {frames} frames the peer's listeners got {received}")
    return frames / spent


def paced(seconds: float, bitrate: int) -> Figure:
    """Cyclic messages beside the wall clock, each with a period of 10 ms: spread of the period, and the exact count."""
    expected = round(seconds * 1000 / PERIOD_MS) * PACED_MESSAGES
    ours, theirs = zip(*((_our_arrivals(seconds, bitrate), _peer_arrivals(seconds)) for _ in range(RUNS)), strict=True)
    deviation_ms, peer_ms = (min(map(_deviation_ms, runs)) for runs in (ours, theirs))
    counts, peer_counts = ([sum(map(len, run.values())) for run in runs] for runs in (ours, theirs))
    return Figure(
        f"{PACED_MESSAGES} messages each {PERIOD_MS} ms by the wall clock: standard deviation of the period",
        deviation_ms,
        "ms",
        peer_ms,
        f"{PEER}, send_periodic",
        peer_ms / deviation_ms if deviation_ms else None,
        f"<= {MOST_DEVIATION_MS}, all frames",
        deviation_ms <= MOST_DEVIATION_MS and set(counts) == {expected},
        f"best of {RUNS} runs; {min(counts):,} of {expected:,} frames at {bitrate / 1e6:g} Mbit/s, "
        f"the peer {min(peer_counts):,}",
    )


def _deviation_ms(arrivals: dict[int, list[int]]) -> float:
    periods = [(there - here) / NS_PER_MS for times in arrivals.values() for here, there in pairwise(times)]
    return statistics.pstdev(periods) if periods else float("inf")


def _our_arrivals(seconds: float, bitrate: int) -> dict[int, list[int]]:
    scheduler = Scheduler()
    bus = Bus("bench", scheduler, bitrate)
    arrivals: dict[int, list[int]] = {FIRST_ID + index: [] for index in range(PACED_MESSAGES)}
    port = bus.attach("SENDER")
    bus.attach("LISTENER", lambda frame: arrivals[frame.arbitration_id].append(time.monotonic_ns()))
    for index in range(PACED_MESSAGES):
        first_ns = index * PERIOD_MS * NS_PER_MS // PACED_MESSAGES
        scheduler.every(PERIOD_MS * NS_PER_MS, partial(port.send, Frame(FIRST_ID + index, bytes(8))), first_ns)

    def advance(duration_ns: int) -> None:
        scheduler.run_until(scheduler.now_ns + duration_ns)

    run_beside_wall_clock(
        advance,
        seconds_to_ns(seconds) - 1,  # the last frame is out 10 us before
        until_next_ns=scheduler.until_next_ns,
    )
    return arrivals


def _peer_arrivals(seconds: float) -> dict[int, list[int]]:
    arrivals: dict[int, list[int]] = {FIRST_ID + index: [] for index in range(PACED_MESSAGES)}
    with (
        can.Bus(interface="virtual", channel="carpilot-pace") as sender,
        can.Bus(interface="virtual", channel="carpilot-pace") as listener,
    ):
        start = time.monotonic()
        tasks = [
            sender.send_periodic(
                can.Message(arbitration_id=identifier, data=bytes(8), is_extended_id=False), PERIOD_MS / 1000
            )
            for identifier in arrivals
        ]
        while time.monotonic() - start < seconds:
            heard = listener.recv(0.1)
            if heard is not None:
                arrivals[heard.arbitration_id].append(time.monotonic_ns())
        sender.stop_all_periodic_tasks()
        for task in tasks:  # a thread that still sends would meet a closed bus
            if isinstance(task, ThreadBasedCyclicSendTask) and task.thread is not None:
                task.thread.join()
    return arrivals
