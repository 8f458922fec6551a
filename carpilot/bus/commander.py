"""The one transmit handle of the copilot: commands that the gate let through become frames.

Before each command frame goes a `CopilotDecision` frame with the request's number, the command's index, the verdict, the
deciding rule's index, and the identifier and counter of the command frame that follows. So a log alone shows which
request caused which frame.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from carpilot.bus.authentication import TRIP_SHIFT, Authenticator
from carpilot.bus.bus import Port
from carpilot.bus.database import COMMAND_SUFFIX, DECISION_MESSAGE, Database, to_bus
from carpilot.bus.e2e import Protector, counter_of
from carpilot.bus.frame import Frame
from carpilot.vehicle.catalogue import Catalogue, Value

VERDICTS = {"allow": "Allow", "confirm": "Confirm", "deny": "Deny", "withdrawn": "Withdrawn"}
NO_RULE, NO_FRAME_ID, NO_FRAME_COUNTER = 255, 2047, 255


@dataclass(frozen=True, slots=True)
class Order:
    """One judged command: its index within the request, and what was decided of it."""

    index: int
    path: str
    target: Value
    verdict: str
    rule_index: int


class Commander:
    """Encodes, authenticates, protects and sends; whoever holds it has already asked the gate."""

    def __init__(self, catalogue: Catalogue, database: Database, port: Port, key: bytes) -> None:
        self._catalogue = catalogue
        self._database = database
        self.port = port
        commands = [info for info in database.info.values() if info.name.endswith(COMMAND_SUFFIX)]
        self._protectors = {info.name: Protector(info.data_id, info.profile) for info in commands}
        self._authenticators = {
            info.name: Authenticator(key, info.data_id) for info in commands if info.is_authenticated
        }
        self._is_fresh = True

    def probe(self) -> None:
        """Send a decision about nothing, to see whether the bus still takes our frames."""
        self._announce(0, Order(0, "", False, "withdrawn", NO_RULE), NO_FRAME_ID, NO_FRAME_COUNTER)

    def lose_freshness(self) -> None:
        """Forget the freshness of authentic commands, as a control unit that lost its memory."""
        for authenticator in self._authenticators.values():
            authenticator.freshness = 0
        self._is_fresh = False

    def resynchronise(self, trip: int) -> None:
        """Begin a trip later than the one that the receiver tells; without a loss there is nothing to do."""
        if not self._is_fresh:
            self._is_fresh = all(a.resync(trip << TRIP_SHIFT) for a in self._authenticators.values())

    def acted_on(self, path: str) -> None:
        """Take note that a unit has done what a command asked: the next loss of freshness has all its tries again."""
        command = self._catalogue[path].command
        if command is not None and command[0] in self._authenticators:
            self._authenticators[command[0]].confirm()

    def send(self, request_number: int, orders: Sequence[Order]) -> dict[str, int]:
        """Send one frame a message with all its orders. Return the identifier of the frame that carries each path."""
        messages: dict[str, list[Order]] = {}
        for order in orders:
            command = self._catalogue[order.path].command
            assert command is not None
            messages.setdefault(command[0], []).append(order)
        carried = {}
        for name, group in messages.items():
            frame = self._frame(name, {order.path: order.target for order in group})
            for order in group:
                self._announce(
                    request_number,
                    order,
                    frame.arbitration_id,
                    counter_of(frame.data, self._database.info[name].profile),
                )
                carried[order.path] = frame.arbitration_id
            self.port.send(frame)
        return carried

    def announce(self, request_number: int, order: Order) -> None:
        """Put a decision on the bus that sends nothing: a refusal or a question."""
        self._announce(request_number, order, NO_FRAME_ID, NO_FRAME_COUNTER)

    def _frame(self, message: str, targets: Mapping[str, Value]) -> Frame:
        values = {}
        for path, target in targets.items():
            signal = self._catalogue[path]
            assert signal.command is not None
            values[signal.command[1]] = to_bus(signal, signal.check(target))
        info, data = self._database.info[message], self._database.codecs[message].pack(values)
        if message in self._authenticators:
            data = self._authenticators[message].sign(data)
        return self._database.frame(info, self._protectors[message].protect(data))

    def _announce(self, request_number: int, order: Order, frame_id: int, counter: int) -> None:
        values: dict[str, int | float | str] = {
            "RequestNumber": request_number & 0xFFFF,
            "CommandIndex": order.index & 0xFF,
            "Verdict": VERDICTS[order.verdict],
            "CommandCounter": counter,
            "CommandId": frame_id,
            "RuleIndex": order.rule_index,
        }
        self.port.send(self._database.encode(DECISION_MESSAGE, values))
