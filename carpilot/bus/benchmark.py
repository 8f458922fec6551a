"""What the bus model does per second of a processor, and whether it is exact. `carpilot bench bus` prints it.

Times are processor time of this process, so that others on the machine do not change them. Every row is made from a seed.
"""

from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random
from time import process_time
from typing import Any

from carpilot.bus.bus import Bus, Port
from carpilot.bus.frame import Frame
from carpilot.bus.response_time import CyclicMessage, response_times
from carpilot.bus.stuffing import tables
from carpilot.errors import InputError
from carpilot.sim.scheduler import Scheduler
from carpilot.units import NS_PER_MS, NS_PER_S, NS_PER_US, ns_to_seconds, seconds_to_ns

BITRATE = 500_000
NODES = 20
SATURATED_PERIOD_NS = 4_600 * NS_PER_US
"""Twenty nodes with a frame of 8 bytes each: 4,348 frames a second, a little more than the segment carries."""
FIRST_ID = 0x100
REPLAY_FACTOR = 10
RUNS, SHORT_RUNS = 3, 12
"""A speed is the best of so many runs: others on the same processor core slow it, nothing makes it faster."""
CYCLES_MS = (5, 10, 10, 20, 20, 50, 100, 100, 200, 500, 1000)


@dataclass(frozen=True, slots=True)
class Figure:
    """One row: what was measured, beside a peer in the same run where there is one, and the goal.

    `is_reached` is None where there is no goal or nothing could be measured; `note` then says why.
    """

    what: str
    figure: float | None = None
    unit: str = ""
    peer: float | None = None
    peer_name: str = ""
    ratio: float | None = None
    target: str = ""
    is_reached: bool | None = None
    note: str = ""

    def as_row(self) -> dict[str, Any]:
        """Return it for a program to read."""
        return asdict(self)


def saturated(seconds: float, seed: int = 1) -> Figure:
    """A full segment: each frame is built when it is sent, with data that was never sent before, and measured exactly."""
    spent, bus = min((_saturate(seconds, seed) for _ in range(SHORT_RUNS)), key=lambda run: run[0])
    factor, load = seconds / spent, bus.occupied_ns / bus.scheduler.now_ns
    return Figure(
        f"saturated segment, {NODES} nodes, 500 kbit/s, exact stuff bits",
        factor,
        "x real time",
        target=">= 50",
        is_reached=factor >= 50 and load > 0.99,
        note=f"{bus.frame_count / seconds:.0f} frames/s at {load:.1%} load, {spent / bus.frame_count * 1e6:.2f} µs a frame; "
        f"best of {SHORT_RUNS} runs of {seconds:g} s",
    )


def by_nodes(seconds: float, seed: int = 1) -> Figure:
    """How the cost of a frame grows with the nodes of a full segment: from 20 to 160 of them."""
    costs = {}
    for nodes in (NODES, 2 * NODES, 4 * NODES, 8 * NODES):
        spent, bus = min((_saturate(seconds, seed, nodes) for _ in range(RUNS)), key=lambda run: run[0])
        costs[nodes] = spent / bus.frame_count * 1e6
    return Figure(
        f"cost of a frame with {8 * NODES} nodes instead of {NODES}",
        costs[8 * NODES] / costs[NODES],
        "times",
        note=", ".join(f"{nodes}: {cost:.2f} µs" for nodes, cost in costs.items()),
    )


def _saturate(seconds: float, seed: int, nodes: int = NODES) -> tuple[float, Bus]:
    """Return the processor time of a run, and its segment. More nodes send as many frames in all."""
    scheduler, random = Scheduler(), Random(seed)
    bus = Bus("bench", scheduler, BITRATE)
    heard = [0]

    def hear(frame: Frame) -> None:
        del frame
        heard[0] += 1

    def sender(port: Port, identifier: int, payloads: Iterable[bytes]) -> Callable[[], None]:
        following = iter(payloads).__next__
        send = port.send
        return lambda: send(Frame(identifier, following()))

    period_ns = SATURATED_PERIOD_NS * nodes // NODES
    count = int(seconds_to_ns(seconds) // period_ns) + 2
    for node in range(nodes):
        port = bus.attach(f"N{node}", hear, [FIRST_ID + (node + 1) % nodes])
        payloads = [random.randbytes(8) for _ in range(count)]
        first_ns = node * period_ns // nodes
        scheduler.every(period_ns, sender(port, FIRST_ID + node, payloads), first_ns)
    tables()  # made once for a process, in about 25 ms
    start = process_time()
    scheduler.run_until(seconds_to_ns(seconds))
    spent = process_time() - start
    if heard[0] != bus.frame_count:
        raise AssertionError(f"of {bus.frame_count} frames {heard[0]} were delivered")
    return spent, bus


def lengths(frames: int, seed: int = 2) -> Figure:
    """Lengths of classic frames of all sizes, against a reference that goes bit by bit."""
    from carpilot.bus.reference_lengths import random_frames, reference_lengths

    share = -(-frames // 9)
    wrong, ours, theirs = 0, 0.0, 0.0
    for size in range(9):
        identifiers, data = random_frames(share, size, seed + size)
        start = process_time()
        expected = reference_lengths(identifiers, data)
        theirs += process_time() - start
        built = [Frame(identifier, row.tobytes()) for identifier, row in zip(identifiers.tolist(), data, strict=True)]
        start = process_time()
        measured = [frame.length_bits for frame in built]
        ours += process_time() - start
        wrong += sum(one != other for one, other in zip(measured, expected.tolist(), strict=True))
    total = 9 * share
    return Figure(
        f"lengths of {total:,} classic frames against a bit-level reference",
        wrong,
        "wrong",
        target="0",
        is_reached=wrong == 0,
        note=f"{total / ours:,.0f} frames/s; the reference (numpy, all at once) {total / theirs:,.0f}",
    )


def responses(seconds: float, seed: int = 3) -> Figure:
    """Simulated response times of cyclic messages at a load of about 80 %, against the bound that cannot be exceeded."""
    scheduler, random = Scheduler(), Random(seed)
    bus = Bus("bench", scheduler, BITRATE)
    periods_ms = sorted(CYCLES_MS * 6)
    messages = [
        CyclicMessage(Frame(FIRST_ID + 8 * index, bytes(8)), period_ms * NS_PER_MS)
        for index, period_ms in enumerate(periods_ms)
    ]
    bounds = {row.message.frame.arbitration_id: row.bound_ns for row in response_times(messages, BITRATE)}
    queued: dict[int, deque[int]] = {identifier: deque() for identifier in bounds}
    worst = dict.fromkeys(bounds, 0)

    def on_frame(time_ns: int, segment: str, frame: Frame, sender: str) -> None:
        del segment, sender
        identifier = frame.arbitration_id
        worst[identifier] = max(worst[identifier], time_ns - queued[identifier].popleft())

    def starter(port: Port, message: CyclicMessage) -> Callable[[], None]:
        identifier = message.frame.arbitration_id

        def send() -> None:
            queued[identifier].append(scheduler.now_ns)
            port.send(Frame(identifier, random.choice((bytes(8), random.randbytes(8)))))

        return send

    bus.taps.append(on_frame)
    ports = [bus.attach(f"N{node}") for node in range(NODES)]
    for message in messages:
        first_ns = random.choice((0, random.randrange(message.period_ns)))
        scheduler.every(message.period_ns, starter(random.choice(ports), message), first_ns)
    scheduler.run_until(seconds_to_ns(seconds))
    shares = [worst[identifier] / bound for identifier, bound in bounds.items() if bound is not None]
    exceeded = sum(share > 1 for share in shares)
    return Figure(
        f"responses of {len(messages)} messages above their bound (Davis et al. 2007)",
        exceeded,
        "messages",
        target="0",
        is_reached=exceeded == 0 and len(shares) == len(messages),
        note=f"worst {max(shares):.0%} of its bound, load {bus.occupied_ns / scheduler.now_ns:.0%}, {bus.frame_count} frames",
    )


PLAYER = "PLAYER"


class Player:
    """Sends a log's frames as a replaying node does: each at its time, and none before the one in front of it is out."""

    def __init__(self, bus: Bus, rows: list[tuple[int, Frame]]) -> None:
        self._bus = bus
        self._port = bus.attach(PLAYER)
        self._origin_ns = bus.scheduler.now_ns
        self._rows = rows
        self._next = 0
        self.latest_ns = 0
        """The most that a frame was complete after its time in the log."""
        bus.taps.append(self._on_frame)
        self._wait()

    def _wait(self) -> None:
        if self._next < len(self._rows):
            time_ns, frame = self._rows[self._next]
            start_ns = self._origin_ns + time_ns - frame.duration_ns(self._bus.bitrate)
            self._bus.scheduler.at(max(start_ns, self._bus.scheduler.now_ns), self._send)

    def _send(self) -> None:
        self._port.send(self._rows[self._next][1])

    def _on_frame(self, time_ns: int, segment: str, frame: Frame, sender: str) -> None:
        del segment, frame
        if sender != PLAYER:
            return
        self.latest_ns = max(self.latest_ns, time_ns - self._origin_ns - self._rows[self._next][0])
        self._next += 1
        self._wait()


def read_log(path: Path) -> list[tuple[int, Frame]]:
    """Return a log's data frames with their times, the first at 1 ms. Raises InputError if there are none."""
    import can

    try:
        with can.LogReader(path) as reader:
            messages = [m for m in reader if not (m.is_error_frame or m.is_remote_frame)]
    except OSError as error:
        raise InputError(f"cannot read {path}: {error.strerror or error}") from error
    except ValueError as error:
        raise InputError(f"cannot read {path}: {error}") from error
    if not messages:
        raise InputError(f"{path} has no data frames")
    origin = messages[0].timestamp
    return [
        (
            NS_PER_MS + round((message.timestamp - origin) * NS_PER_S),
            Frame(message.arbitration_id, bytes(message.data), message.is_extended_id, message.is_fd),
        )
        for message in messages
    ]


def replayed(rows: list[tuple[int, Frame]] | None, name: str, bus: Bus | None = None) -> Figure:
    """Real traffic onto a segment, alone or of a running car: nothing lost, nothing out of order."""
    what = f"real traffic replayed onto {'a segment alone' if bus is None else 'the running car'}: lost or out of order"
    if rows is None:
        return Figure(what, note="skipped: give a log of real traffic with --log FILE")
    bus = bus or Bus("bench", Scheduler(), BITRATE)
    scheduler, received = bus.scheduler, list[Frame]()
    bus.attach("LISTENER")

    def hear(time_ns: int, segment: str, frame: Frame, sender: str) -> None:
        del time_ns, segment
        if sender == PLAYER:
            received.append(frame)

    bus.taps.append(hear)
    player = Player(bus, rows)
    start = process_time()
    scheduler.run_until(scheduler.now_ns + rows[-1][0] + NS_PER_S)
    spent = process_time() - start
    wrong = abs(len(rows) - len(received)) + sum(
        sent != heard for (_, sent), heard in zip(rows, received, strict=False)
    )
    seconds = ns_to_seconds(rows[-1][0] - rows[0][0])
    factor = seconds / spent
    return Figure(
        what,
        wrong,
        "frames",
        target=f"0, at >= {REPLAY_FACTOR} x real time",
        is_reached=wrong == 0 and factor >= REPLAY_FACTOR,
        note=f"{name}: {len(rows):,} frames, {factor:.0f} x real time, "
        f"at most {player.latest_ns / NS_PER_US:.0f} µs after the log's time",
    )
