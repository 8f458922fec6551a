"""What can befall frames on their way: kinds of disturbance for `bus.disturbances`, each removable.

Those with `on_send` stand between a node and its controller (its software, a gateway's memory): the wire carries what they
let through. Those with `strike` destroy transmissions on the wire, which the controllers see and answer with error frames.
`ids` and `node` limit them; None means all. Every chance comes from a `random.Random` that is passed in. The disturbances
that act of themselves are in `sources`.
"""

from dataclasses import dataclass, field, replace
from random import Random
from typing import TYPE_CHECKING

from carpilot.bus.controller import ErrorKind, Hit
from carpilot.bus.disturbances import Passed
from carpilot.bus.frame import FD_SIZES, MAX_DATA_BYTES, Frame

if TYPE_CHECKING:
    from carpilot.bus.bus import Port

Ids = frozenset[int] | None
_Key = tuple[str, int, bool]


def _concerns(ids: Ids, frame: Frame) -> bool:
    return ids is None or frame.arbitration_id in ids


@dataclass(slots=True, eq=False)
class Loss:
    """With a probability, a frame and the `burst - 1` after it are lost before they are sent."""

    random: Random
    probability: float
    ids: Ids = None
    burst: int = 1
    _left: int = field(default=0, init=False)

    def on_send(self, node: str, frame: Frame, now_ns: int) -> Passed:
        """Return nothing for a lost frame."""
        del node, now_ns
        if not _concerns(self.ids, frame):
            return ((0, frame),)
        if self._left == 0 and self.random.random() < self.probability:
            self._left = self.burst
        if self._left == 0:
            return ((0, frame),)
        self._left -= 1
        return ()


@dataclass(frozen=True, slots=True, eq=False)
class Suspension:
    """These identifiers are not sent any more, as if their sender had been silenced."""

    ids: frozenset[int]

    def on_send(self, node: str, frame: Frame, now_ns: int) -> Passed:
        """Return nothing for a suspended identifier."""
        del node, now_ns
        return () if frame.arbitration_id in self.ids else ((0, frame),)


@dataclass(frozen=True, slots=True, eq=False)
class Delay:
    """Frames are queued later: by `delay_ns`, plus up to `jitter_ns`, evenly spread. Jitter may swap frames."""

    random: Random
    delay_ns: int
    jitter_ns: int = 0
    ids: Ids = None

    def on_send(self, node: str, frame: Frame, now_ns: int) -> Passed:
        """Return the frame with its delay."""
        del node, now_ns
        if not _concerns(self.ids, frame):
            return ((0, frame),)
        return ((self.delay_ns + self.random.randint(0, self.jitter_ns), frame),)


@dataclass(frozen=True, slots=True, eq=False)
class Duplicate:
    """With a probability, a frame is sent a second time, after `delay_ns`."""

    random: Random
    probability: float
    ids: Ids = None
    delay_ns: int = 0

    def on_send(self, node: str, frame: Frame, now_ns: int) -> Passed:
        """Return the frame once or twice."""
        del node, now_ns
        if not _concerns(self.ids, frame) or self.random.random() >= self.probability:
            return ((0, frame),)
        return (0, frame), (self.delay_ns, frame)


@dataclass(slots=True, eq=False)
class Reorder:
    """With a probability, a frame is held back until the next of its sender and identifier has gone before it."""

    random: Random
    probability: float
    ids: Ids = None
    _held: dict[_Key, Frame] = field(default_factory=dict, init=False)

    def on_send(self, node: str, frame: Frame, now_ns: int) -> Passed:
        """Return nothing, one or two frames."""
        del now_ns
        if not _concerns(self.ids, frame):
            return ((0, frame),)
        key = node, frame.arbitration_id, frame.is_extended
        held = self._held.pop(key, None)
        if held is not None:
            return (0, frame), (0, held)
        if self.random.random() < self.probability:
            self._held[key] = frame
            return ()
        return ((0, frame),)


@dataclass(frozen=True, slots=True, eq=False)
class PayloadCorruption:
    """With a probability, so many bits of the data are flipped above CAN: the frame's own CRC is right."""

    random: Random
    probability: float
    ids: Ids = None
    bits: int = 1

    def on_send(self, node: str, frame: Frame, now_ns: int) -> Passed:
        """Return the frame, perhaps with other data."""
        del node, now_ns
        size_bits = 8 * len(frame.data)
        if not size_bits or not _concerns(self.ids, frame) or self.random.random() >= self.probability:
            return ((0, frame),)
        mask = sum(1 << bit for bit in self.random.sample(range(size_bits), min(self.bits, size_bits)))
        data = (int.from_bytes(frame.data, "little") ^ mask).to_bytes(len(frame.data), "little")
        return ((0, replace(frame, data=data)),)


@dataclass(frozen=True, slots=True, eq=False)
class WrongLength:
    """With a probability, a frame is sent with another length that its format allows; what is missing is 0."""

    random: Random
    probability: float
    ids: Ids = None

    def on_send(self, node: str, frame: Frame, now_ns: int) -> Passed:
        """Return the frame, perhaps longer or shorter."""
        del node, now_ns
        if not _concerns(self.ids, frame) or self.random.random() >= self.probability:
            return ((0, frame),)
        sizes = FD_SIZES if frame.is_fd else range(MAX_DATA_BYTES + 1)
        size = self.random.choice([size for size in sizes if size != len(frame.data)])
        return ((0, replace(frame, data=frame.data[:size].ljust(size, b"\0"))),)


@dataclass(frozen=True, slots=True, eq=False)
class BitError:
    """With a probability, a transmission is damaged below the CRC, somewhere in the frame: error frame and repetition."""

    random: Random
    probability: float
    ids: Ids = None
    node: str | None = None
    kind: ErrorKind = ErrorKind.BIT

    def strike(self, node: str, frame: Frame, now_ns: int) -> Hit | None:
        """Return the hit, if any."""
        del now_ns
        if self.node not in (None, node) or not _concerns(self.ids, frame) or self.random.random() >= self.probability:
            return None
        return Hit(self.kind, self.random.random())


@dataclass(frozen=True, slots=True, eq=False)
class FailingTransmitter:
    """Every transmission of a node fails, as with a broken transceiver: it soon is bus-off."""

    node: str

    def strike(self, node: str, frame: Frame, now_ns: int) -> Hit | None:
        """Return a bit error in the middle of each of the node's frames."""
        del frame, now_ns
        return Hit(ErrorKind.BIT, 0.5) if node == self.node else None


@dataclass(frozen=True, slots=True, eq=False)
class WeakTransmitter:
    """A port's transmissions fail as long as its error counter is below a value: it stays error-passive, and on the bus."""

    port: "Port"
    tec_from: int

    def strike(self, node: str, frame: Frame, now_ns: int) -> Hit | None:
        """Return a bit error while the counter is too low."""
        del frame, now_ns
        is_too_well = node == self.port.node and self.port.controller.tec < self.tec_from
        return Hit(ErrorKind.BIT, 0.5) if is_too_well else None


@dataclass(frozen=True, slots=True, eq=False)
class MissingAcknowledge:
    """Nobody acknowledges a node's frames, as on a line that is cut behind it."""

    node: str | None = None

    def strike(self, node: str, frame: Frame, now_ns: int) -> Hit | None:
        """Return an acknowledge error for each of the node's frames."""
        del frame, now_ns
        return Hit(ErrorKind.ACKNOWLEDGE, 1.0) if self.node in (None, node) else None
