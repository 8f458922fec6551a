"""One request on its way through the gate and over the bus, until the car has answered.

Commands are judged at the instant of sending, with their side effects. "Done" is said only of an actuator whose status
frame shows the target; one whose ECU is silent, refuses or stops short ends as "not done", with the reason.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum

from carpilot.bus.commander import Order
from carpilot.car import Car
from carpilot.decision import Command, Outcome, Verdict
from carpilot.policy.judge import Channel, judge_all
from carpilot.policy.rules import Policy
from carpilot.request import Request
from carpilot.speech import say_value
from carpilot.units import NS_PER_MS, NS_PER_S
from carpilot.vehicle.catalogue import Value
from carpilot.vehicle.state import Quality, VehicleState

REFUSALS = {
    "RefusedRange": "refused the value",
    "RefusedState": "refuses that now",
    "Jammed": "is jammed",
    "RefusedIntegrity": "found the frame damaged",
    "Booting": "is starting up",
}
TRIP = "Vehicle.Private.Access.Trip"
ANSWER_NOT_BEFORE_NS = 20 * NS_PER_MS
GRACE_NS = NS_PER_S // 2


class Status(Enum):
    """How far one command has come."""

    WAITING = "waiting"
    SENT = "sent"
    CONFIRMED = "confirmed"
    REFUSED = "refused"
    NOT_DONE = "not done"


@dataclass(slots=True)
class Row:
    """One command with everything that became of it. Times are simulation time; `confirmed_ns` is the status frame's.

    `moved_ns` is that of the status frame that last showed another value.
    """

    command: Command
    verdict: Verdict
    old: Value | None
    status: Status
    detail: str = ""
    actual: Value | None = None
    command_id: int | None = None
    status_id: int | None = None
    sent_ns: int | None = None
    settled_ns: int | None = None
    moved_ns: int | None = None
    confirmed_ns: int | None = None

    @property
    def is_settled(self) -> bool:
        """Whether nothing more will become of it."""
        return self.status not in (Status.WAITING, Status.SENT)


@dataclass(slots=True)
class Execution:
    """A request being carried out. `refresh` looks at the car; it is called while time passes."""

    car: Car
    policy: Policy
    request: Request
    rows: list[Row] = field(default_factory=list)
    on_settled: Callable[[Row], None] = lambda row: None

    def judge(self, commands: Sequence[Command], channel: Channel) -> list[Row]:
        """Judge commands with their side effects on the state of this instant; nothing is sent."""
        state = self.car.state()
        expanded = self.policy.expand(commands, state)
        verdicts = judge_all(self.policy, expanded, state, self.request.seat, channel)
        return [self._row(command, verdict, state) for command, verdict in zip(expanded, verdicts, strict=True)]

    def _row(self, command: Command, verdict: Verdict, state: VehicleState) -> Row:
        row = Row(command, verdict, state.actual(command.path), Status.WAITING, actual=state.actual(command.path))
        row.status_id = self.car.database.message(self.car.catalogue[command.path].status[0]).arbitration_id
        if verdict.outcome is Outcome.DENY:
            row.status, row.detail = Status.REFUSED, verdict.reason
        return row

    def send(self, rows: Sequence[Row]) -> None:
        """Send what is allowed, and put the refusals and questions on the bus as decisions without a frame."""
        indices = {rule.id: rule.index for rule in self.policy.rules}
        orders = {}
        for row in rows:
            index = len(self.rows)
            self.rows.append(row)
            order = Order(
                index,
                row.command.path,
                row.command.target,
                row.verdict.outcome.value,
                indices.get(row.verdict.rule, 255),
            )
            if row.verdict.outcome is Outcome.ALLOW:
                orders[row.command.path] = order
            else:
                self.car.commander.announce(self.request.number, order)
        trip = self.car.observer.reading(TRIP)
        if trip.is_valid and isinstance(trip.value, int):
            self.car.commander.resynchronise(trip.value)
        carried = self.car.commander.send(self.request.number, list(orders.values()))
        for row in rows:
            if row.command.path in carried:
                row.status, row.sent_ns = Status.SENT, self.car.now_ns
                row.command_id = carried[row.command.path]
                self.car.observer.targets[row.command.path] = row.command.target

    def withdraw(self, reason: str) -> None:
        """Settle what still waits for a confirmation: it will not be sent."""
        for row in self.rows:
            if row.status is Status.WAITING:
                self._settle(row, Status.NOT_DONE, reason)

    def give_way(self, path: str, reason: str) -> None:
        """Settle what is still open of one actuator: somebody else moves it now."""
        for row in self.rows:
            if row.command.path == path and not row.is_settled:
                self._settle(row, Status.NOT_DONE, reason)

    def give_up(self, reason: str) -> None:
        """Settle everything that is still open."""
        for row in self.rows:
            if not row.is_settled:
                self._settle(row, Status.NOT_DONE, reason)

    @property
    def is_settled(self) -> bool:
        """Whether every command that was sent has an end."""
        return all(row.status is not Status.SENT for row in self.rows)

    def refresh(self) -> None:
        """Compare what is reported with what was asked for."""
        open_rows = [row for row in self.rows if row.status is Status.SENT]
        if not open_rows:
            return
        state = self.car.state()
        for row in open_rows:
            self._look(row, state)

    def _look(self, row: Row, state: VehicleState) -> None:
        assert row.sent_ns is not None
        signal = self.car.catalogue[row.command.path]
        reading = state.reading(row.command.path)
        is_new = reading.is_valid and reading.time_ns > row.sent_ns
        if is_new and reading.value != row.actual:
            row.actual, row.moved_ns = reading.value, reading.time_ns
        if is_new and reading.value == row.command.target:
            row.confirmed_ns = reading.time_ns
            self._settle(row, Status.CONFIRMED, "")
            return
        answer = self.car.observer.answers.get(signal.ecu)
        waited_ns = state.time_ns - row.sent_ns
        is_answered = answer is not None and answer.time_ns - row.sent_ns > ANSWER_NOT_BEFORE_NS
        is_moving = row.moved_ns is not None and state.time_ns - row.moved_ns < GRACE_NS
        if is_answered and answer is not None and answer.response in REFUSALS:
            if is_moving:  # the answer is about another actuator of the same unit
                return
            self._settle(row, Status.NOT_DONE, f"the {signal.ecu} unit {REFUSALS[answer.response]}")
        elif waited_ns > signal.settles_within_s * NS_PER_S + GRACE_NS:
            self._settle(row, Status.NOT_DONE, self._why(row, state))

    def _why(self, row: Row, state: VehicleState) -> str:
        signal = self.car.catalogue[row.command.path]
        reading = state.reading(row.command.path)
        if reading.quality is Quality.VALID:
            return f"it stopped at {say_value(signal, reading.value)}"
        return f"the {signal.ecu} unit is silent"

    def _settle(self, row: Row, status: Status, detail: str) -> None:
        row.status, row.detail, row.settled_ns = status, detail, self.car.now_ns
        targets = self.car.observer.targets
        if status is Status.CONFIRMED:
            self.car.commander.acted_on(row.command.path)
        if status is not Status.CONFIRMED and targets.get(row.command.path) == row.command.target:
            del targets[row.command.path]
        self.on_settled(row)
