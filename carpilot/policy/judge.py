"""The gate on meaning: one command, one moment, one verdict."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from carpilot.decision import Command, Outcome, Verdict
from carpilot.policy.conditions import Moment, surroundings
from carpilot.policy.rules import Policy, Rule
from carpilot.request import Seat
from carpilot.vehicle.state import VehicleState

SEVERITY = {Outcome.ALLOW: 0, Outcome.CONFIRM: 1, Outcome.DENY: 2}
NO_RULE = Verdict(Outcome.ALLOW, "none")


class Channel(Enum):
    """How a command came: spoken, confirmed by the driver's yes, or by the driver's hand on a control."""

    SPOKEN = "spoken"
    CONFIRMED = "confirmed"
    HAND = "hand"


def judge(
    policy: Policy, command: Command, state: VehicleState, seat: Seat, channel: Channel = Channel.SPOKEN
) -> Verdict:
    """Return what may be done with a command now.

    A confirmation turns CONFIRM into ALLOW; it never turns DENY into anything.
    """
    moment = Moment(command, state, seat)
    strictest: tuple[Outcome, Rule] | None = None
    for rule in policy.by_path.get(command.path, ()):
        if not rule.applies(moment):
            continue
        outcome = rule.by_hand if channel is Channel.HAND else rule.outcome
        if channel is Channel.CONFIRMED and outcome is Outcome.CONFIRM:
            outcome = Outcome.ALLOW
        if strictest is None or SEVERITY[outcome] > SEVERITY[strictest[0]]:
            strictest = outcome, rule
    if strictest is None:
        return NO_RULE
    outcome, rule = strictest
    is_silent = outcome is Outcome.ALLOW and rule.outcome is not Outcome.ALLOW
    return Verdict(outcome, rule.id, "" if is_silent else rule.reason)


def judge_all(
    policy: Policy, commands: Sequence[Command], state: VehicleState, seat: Seat, channel: Channel = Channel.SPOKEN
) -> tuple[Verdict, ...]:
    """Return a verdict for each command of one request; many calls at once are asked about as a whole."""
    verdicts = tuple(judge(policy, command, state, seat, channel) for command in commands)
    calls = {command.call for command in commands if not command.is_side_effect}
    if channel is not Channel.SPOKEN or len(calls) <= policy.limits.calls_without_confirmation:
        return verdicts
    many = Verdict(Outcome.CONFIRM, "request.many", "Shall I do all of that?")
    return tuple(many if verdict.outcome is Outcome.ALLOW else verdict for verdict in verdicts)


@dataclass(frozen=True, slots=True)
class Confirmation:
    """An open question: bound to exact commands and the state in which it was asked; one use; it expires."""

    request_number: int
    commands: tuple[Command, ...]
    question: str
    surroundings: tuple[bool, ...]
    expires_ns: int

    @staticmethod
    def ask(
        number: int, commands: Sequence[Command], question: str, state: VehicleState, lasts_ns: int
    ) -> "Confirmation":
        """Return a question about commands, asked now."""
        return Confirmation(number, tuple(commands), question, surroundings(state), state.time_ns + lasts_ns)

    def problem(self, state: VehicleState, seat: Seat) -> str | None:
        """Return why a yes does not count now, or None if it does."""
        if seat is not Seat.DRIVER:
            return "only the driver can confirm"
        if state.time_ns > self.expires_ns:
            return "the question has expired"
        if surroundings(state) != self.surroundings:
            return "the situation has changed since I asked"
        return None
