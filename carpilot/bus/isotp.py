"""ISO-TP on simulated time: one address pair's transport layer, ISO 15765-2:2016, normal 11-bit addressing, classic frames.

A message of up to 7 bytes is one single frame. A longer one is a first frame, then consecutive frames at the pace that
the receiver's flow control asks for: a block size (0: no further flow control) and a least separation time (STmin). The
separation counts from the instant the frame before was complete on the wire, so that a busy bus shortens no gap. Two state
machines, one for each direction, work beside each other (full duplex). Nothing waits: a timeout is a scheduled event that
finds its token outdated if what it waited for has come. A broken transfer is dropped whole and told to `on_fault`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum

from carpilot.bus.bus import Bus
from carpilot.bus.frame import Frame
from carpilot.errors import WireError
from carpilot.sim.scheduler import Scheduler
from carpilot.units import NS_PER_MS, NS_PER_S, NS_PER_US

MAX_MESSAGE_BYTES = 4095
SINGLE, FIRST, CONSECUTIVE, FLOW = 0, 1, 2, 3
CONTINUE, WAIT, OVERFLOW = 0, 1, 2
FRAME_BYTES = 8
TIMEOUT_NS = NS_PER_S
"""N_As, N_Bs and N_Cr, ISO 15765-2 table 16: 1000 ms each."""


class Fault(Enum):
    """Why a transfer ended early, by the standard's result names."""

    TIMEOUT_A = "N_TIMEOUT_A"
    TIMEOUT_BS = "N_TIMEOUT_Bs"
    TIMEOUT_CR = "N_TIMEOUT_Cr"
    WRONG_SN = "N_WRONG_SN"
    INVALID_FS = "N_INVALID_FS"
    UNEXPECTED_PDU = "N_UNEXP_PDU"
    WAIT_OVERRUN = "N_WFT_OVRN"
    OVERFLOW = "N_BUFFER_OVFLW"


@dataclass(frozen=True, slots=True)
class Settings:
    """What our flow control asks of a sender, and our limits. `separation_code` is STmin as it stands on the wire."""

    block_size: int = 8
    separation_code: int = 0
    longest_message: int = MAX_MESSAGE_BYTES
    most_waits: int = 10
    padding: int = 0xCC


def separation_ns(code: int) -> int:
    """Return STmin: 0x00-0x7F milliseconds, 0xF1-0xF9 hundreds of microseconds, reserved codes 127 ms (ISO 15765-2, 9.6.5.5)."""
    if code <= 0x7F:
        return code * NS_PER_MS
    if 0xF1 <= code <= 0xF9:
        return (code - 0xF0) * 100 * NS_PER_US
    return 0x7F * NS_PER_MS


def single_frame(data: bytes) -> bytes | None:
    """Return what a single frame carries, or None if it is none."""
    length = data[0]  # the upper four bits are 0 in a single frame
    return data[1 : 1 + length] if 1 <= length <= len(data) - 1 else None


class _Timer:
    """A single timeout on a scheduler that forgets nothing: an outdated token does nothing."""

    def __init__(self, scheduler: Scheduler) -> None:
        self._scheduler = scheduler
        self._token = 0

    def start(self, delay_ns: int, callback: Callable[[], None]) -> None:
        self._token += 1
        token = self._token
        self._scheduler.after(delay_ns, lambda: callback() if token == self._token else None)

    def stop(self) -> None:
        self._token += 1


class _Receiver:
    """The receiving half: puts a message together and answers with flow control."""

    def __init__(
        self,
        timer: _Timer,
        settings: Settings,
        send: Callable[[bytes], None],
        deliver: Callable[[bytes], None],
        fault: Callable[[Fault], None],
    ) -> None:
        self._timer, self._settings, self._send, self._deliver, self._fault = timer, settings, send, deliver, fault
        self._message: bytearray | None = None
        self._length = self._expected = self._left_in_block = 0

    def reset(self) -> None:
        self._message = None
        self._timer.stop()

    def _abort(self, fault: Fault) -> None:
        self.reset()
        self._fault(fault)

    def _interrupt(self) -> None:
        """A new message ends the one before, ISO 15765-2 table 23."""
        if self._message is not None:
            self._abort(Fault.UNEXPECTED_PDU)

    def single(self, data: bytes) -> None:
        message = single_frame(data)
        if message is not None:
            self._interrupt()
            self._deliver(message)

    def first(self, data: bytes) -> None:
        length = (data[0] & 0x0F) << 8 | data[1] if len(data) == FRAME_BYTES else 0
        is_long = len(data) == FRAME_BYTES and length == 0 and int.from_bytes(data[2:6], "big") > MAX_MESSAGE_BYTES
        if length < FRAME_BYTES and not is_long:
            return
        self._interrupt()
        if is_long or length > self._settings.longest_message:
            self._send(bytes((FLOW << 4 | OVERFLOW, 0, 0)))
            self._fault(Fault.OVERFLOW)
            return
        self._message, self._length, self._expected = bytearray(data[2:]), length, 1
        self._ask_for_block()

    def _ask_for_block(self) -> None:
        settings = self._settings
        self._left_in_block = settings.block_size
        self._send(bytes((FLOW << 4 | CONTINUE, settings.block_size, settings.separation_code)))
        self._wait()

    def _wait(self) -> None:
        self._timer.start(TIMEOUT_NS, lambda: self._abort(Fault.TIMEOUT_CR))

    def consecutive(self, data: bytes) -> None:
        if self._message is None:
            return
        missing = self._length - len(self._message)
        if len(data) < 1 + min(missing, FRAME_BYTES - 1):
            return
        if data[0] & 0x0F != self._expected:
            self._abort(Fault.WRONG_SN)
            return
        self._expected = (self._expected + 1) % 16
        self._message += data[1 : 1 + min(missing, FRAME_BYTES - 1)]
        if len(self._message) == self._length:
            message = bytes(self._message)
            self.reset()
            self._deliver(message)
            return
        self._left_in_block -= 1
        if self._left_in_block == 0:
            self._ask_for_block()
        else:
            self._wait()


class _Sender:
    """The sending half: obeys the other side's flow control."""

    def __init__(
        self, timer: _Timer, settings: Settings, send: Callable[[bytes], None], fault: Callable[[Fault | None], None]
    ) -> None:
        self._timer, self._settings, self._send, self._end = timer, settings, send, fault
        self._rest = b""
        self._number = self._left_in_block = self._waits = self._separation_ns = 0
        self._is_awaiting_flow = False
        self.is_busy = False

    def reset(self) -> None:
        self.is_busy = self._is_awaiting_flow = False
        self._rest = b""
        self._timer.stop()

    def _finish(self, fault: Fault | None) -> None:
        self.reset()
        self._end(fault)

    def start(self, message: bytes) -> None:
        self.is_busy = True
        self._waits, self._number = 0, 1
        if len(message) < FRAME_BYTES:
            self._rest = b""
            self._put(bytes((len(message),)) + message)
        else:
            self._rest = message[6:]
            self._put((FIRST << 12 | len(message)).to_bytes(2, "big") + message[:6])

    def _put(self, data: bytes) -> None:
        self._timer.start(TIMEOUT_NS, lambda: self._finish(Fault.TIMEOUT_A))
        self._send(data)

    def sent(self, kind: int) -> None:
        """One of our frames is complete on the wire."""
        if not self.is_busy or kind == FLOW:
            return
        if not self._rest:
            self._finish(None)
        elif kind == FIRST or self._left_in_block == 0:
            self._await_flow()
        else:
            self._timer.start(self._separation_ns, self._next)

    def _await_flow(self) -> None:
        self._is_awaiting_flow = True
        self._timer.start(TIMEOUT_NS, lambda: self._finish(Fault.TIMEOUT_BS))

    def _next(self) -> None:
        chunk, self._rest = self._rest[:7], self._rest[7:]
        data = bytes((CONSECUTIVE << 4 | self._number,)) + chunk
        self._number = (self._number + 1) % 16
        self._left_in_block -= 1
        self._put(data)

    def flow(self, data: bytes) -> None:
        if not self._is_awaiting_flow or len(data) < 3:
            return
        status = data[0] & 0x0F
        if status == WAIT:
            self._waits += 1
            if self._waits > self._settings.most_waits:
                self._finish(Fault.WAIT_OVERRUN)
            else:
                self._await_flow()
        elif status == CONTINUE:
            self._is_awaiting_flow = False
            self._left_in_block = data[1] or -1
            self._separation_ns = separation_ns(data[2])
            self._next()
        else:
            self._finish(Fault.OVERFLOW if status == OVERFLOW else Fault.INVALID_FS)


class IsoTp:
    """A transport layer on a segment: hears `receive_id` (and single frames on `functional_id`), sends on `send_id`.

    `on_message(payload, is_functional)` gets every whole message; `on_sent` is called when a message of ours is complete
    on the wire; `faults` counts what went wrong, by result name.
    """

    def __init__(
        self,
        bus: Bus,
        scheduler: Scheduler,
        node: str,
        receive_id: int,
        send_id: int,
        on_message: Callable[[bytes, bool], None],
        functional_id: int | None = None,
        settings: Settings | None = None,
    ) -> None:
        self.faults: dict[Fault, int] = {}
        self.on_sent: Callable[[], None] | None = None
        self._bus, self._scheduler, self._node = bus, scheduler, node
        self._receive_id, self._send_id, self._functional_id = receive_id, send_id, functional_id
        self._on_message = on_message
        self._settings = settings or Settings()
        self._is_tapped = False
        self._port = bus.attach(node, self.on_frame)
        self._receiver = _Receiver(_Timer(scheduler), self._settings, self._put, self._deliver, self._count)
        self._sender = _Sender(_Timer(scheduler), self._settings, self._put, self._ended)
        self._takers = {
            SINGLE: self._receiver.single,
            FIRST: self._receiver.first,
            CONSECUTIVE: self._receiver.consecutive,
            FLOW: self._sender.flow,
        }

    @property
    def is_sending(self) -> bool:
        """Whether a message of ours is still under way."""
        return self._sender.is_busy

    def send(self, message: bytes) -> None:
        """Send 1 to 4095 bytes. Raises WireError for another length, or while the message before is under way."""
        if not 1 <= len(message) <= MAX_MESSAGE_BYTES:
            raise WireError(f"an ISO-TP message has 1 to {MAX_MESSAGE_BYTES} bytes, not {len(message)}")
        if self.is_sending:
            raise WireError("the message before is still being sent")
        if not self._is_tapped:
            self._is_tapped = True
            self._bus.taps.append(self._tap)
        self._sender.start(message)

    def reset(self) -> None:
        """Forget both directions, as a loss of power does."""
        self._receiver.reset()
        self._sender.reset()
        self._port.clear()

    def on_frame(self, frame: Frame) -> None:
        """Take a frame from the bus."""
        if frame.is_extended or not frame.data:
            return
        kind = frame.data[0] >> 4
        if frame.arbitration_id == self._functional_id:
            message = single_frame(frame.data)
            if message is not None:
                self._on_message(message, True)
        elif frame.arbitration_id == self._receive_id and kind in self._takers:
            self._takers[kind](frame.data)

    def _deliver(self, message: bytes) -> None:
        self._on_message(message, False)

    def _put(self, data: bytes) -> None:
        padding = bytes((self._settings.padding,)) * (FRAME_BYTES - len(data))
        self._port.send(Frame(self._send_id, data + padding))

    def _tap(self, time_ns: int, segment: str, frame: Frame, sender: str) -> None:
        del time_ns, segment
        if sender == self._node and frame.arbitration_id == self._send_id:
            self._sender.sent(frame.data[0] >> 4)

    def _count(self, fault: Fault) -> None:
        self.faults[fault] = self.faults.get(fault, 0) + 1

    def _ended(self, fault: Fault | None) -> None:
        self._scheduler.after(0, self._untap)  # not now: the bus may be walking through its taps
        if fault is not None:
            self._count(fault)
        elif self.on_sent is not None:
            self.on_sent()

    def _untap(self) -> None:
        if self._is_tapped and not self.is_sending:
            self._is_tapped = False
            self._bus.taps.remove(self._tap)
