"""What holds commands back that the policy would allow: a hand on the control, and too many changes of one actuator."""

from collections import deque

from carpilot.decision import Outcome, Verdict
from carpilot.execution import Row, Status
from carpilot.policy.judge import Channel
from carpilot.policy.rules import Limits
from carpilot.request import Request
from carpilot.speech import sentence
from carpilot.units import seconds_to_ns

BY_HAND = "you used the control yourself"


class Restraint:
    """Remembers when a hand moved an actuator, and when commands did."""

    def __init__(self, limits: Limits) -> None:
        self._limits = limits
        self._touched_ns: dict[str, int] = {}
        self._changes: deque[tuple[int, str]] = deque()

    def touch(self, path: str, now_ns: int) -> None:
        """Note that a hand moves an actuator."""
        self._touched_ns[path] = now_ns

    def review(self, row: Row, request: Request, channel: Channel, now_ns: int) -> Row:
        """Return the row as it was judged, or refused."""
        if channel is not Channel.HAND and self._has_hand_moved(row, request):
            return _refuse(row, "request.hand", f"{BY_HAND}, so I leave it")
        if row.verdict.outcome is not Outcome.ALLOW:
            return row
        horizon_ns = now_ns - seconds_to_ns(self._limits.within_seconds)
        while self._changes and self._changes[0][0] < horizon_ns:
            self._changes.popleft()
        path = row.command.path
        if sum(changed == path for _, changed in self._changes) >= self._limits.changes_of_one_actuator:
            return _refuse(row, "request.rate", "that was changed too often just now")
        self._changes.append((now_ns, path))
        return row

    def _has_hand_moved(self, row: Row, request: Request) -> bool:
        """Tell whether a hand has moved the actuator since the words were said."""
        return row.verdict.outcome is not Outcome.DENY and self._touched_ns.get(row.command.path, -1) > request.time_ns


def _refuse(row: Row, rule: str, reason: str) -> Row:
    verdict = Verdict(Outcome.DENY, rule, sentence(reason))
    return Row(row.command, verdict, row.old, Status.REFUSED, verdict.reason, row.actual)
