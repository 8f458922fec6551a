"""PHONE: calls and messages over the driver's telephone.

Choosing a contact dials; the other side picks up after three seconds. A message is read out in six seconds and is then no
longer unread. Contacts and replies are fixed words: no text from outside enters here.
"""

from typing import ClassVar

from carpilot.ecu.device import Device, Motion
from carpilot.vehicle.catalogue import Value

CALL = "Vehicle.Private.Phone.CallState"
CONTACT = "Vehicle.Private.Phone.Contact"
READ_OUT = "Vehicle.Private.Messages.ReadOut"
REPLY = "Vehicle.Private.Messages.QuickReply"
PICKS_UP_AFTER_S = 3.0
RINGS_FOR_S = 25.0


class Phone(Device):
    """The telephone unit."""

    name = "PHONE"
    motions: ClassVar = {"Phone.Contact": Motion(delay_s=0.3), "QuickReply": Motion(delay_s=0.8)}
    falls_back_after_s: ClassVar = {READ_OUT: 6.0, REPLY: 1.0}
    unread = 2
    _state_s = 0.0

    def refuses(self, path: str, target: Value) -> bool:
        """Refuse to answer or hold a call that is not there, and to read a message that has not come."""
        call = self.actual[CALL]
        if path == CALL:
            return (target in ("ACTIVE", "HELD") and call == "IDLE") or target in ("RINGING", "DIALING")
        if path == CONTACT:
            return target != "NONE" and call in ("ACTIVE", "RINGING")
        return path == REPLY and target != "NONE" and self.unread == 0 and not self._has_read

    _has_read = False

    def on_target(self, path: str, target: Value) -> None:
        """Dial a chosen contact; hanging up forgets it."""
        if path == CONTACT:
            self.aim(CALL, "IDLE") if target == "NONE" else self._enter("DIALING")
        elif path == CALL and target == "IDLE":
            self.aim(CONTACT, "NONE")

    def _enter(self, state: str) -> None:
        self.set_by_hand(CALL, state)
        self._state_s = 0.0

    @property
    def is_active(self) -> bool:
        """Whether a call is being set up."""
        return super().is_active or self.actual[CALL] in ("DIALING", "RINGING")

    def ring(self) -> None:
        """Let a call come in."""
        if self.actual[CALL] == "IDLE":
            self._enter("RINGING")

    def live(self, dt_s: float) -> bool:
        """Let the other side pick up, and an unanswered call end."""
        state = self.actual[CALL]
        self._state_s += dt_s
        if state == "DIALING" and self._state_s >= PICKS_UP_AFTER_S:
            self._enter("ACTIVE")
        elif state == "RINGING" and self._state_s >= RINGS_FOR_S:
            self._enter("IDLE")
        return self.actual[CALL] != state

    def on_fallen_back(self, path: str) -> None:
        """Count a message that was read out."""
        if path == READ_OUT:
            self._has_read = True
            self.unread = max(0, self.unread - 1)

    def sensed(self, path: str) -> Value | None:
        """Return how many messages are unread."""
        return self.unread if path.endswith("UnreadCount") else None
