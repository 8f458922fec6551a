"""MEDIA: playback, source, volume and skipping through a list of items."""

from typing import ClassVar

from carpilot.ecu.device import Device, Motion
from carpilot.vehicle.catalogue import Value

ACTION = "Vehicle.Cabin.Infotainment.Media.Action"
PLAYBACK = "Vehicle.Private.Media.Playback"
VOLUME = "Vehicle.Cabin.Infotainment.Media.Volume"
MUTED = "Vehicle.Private.Media.IsMuted"
SOURCE = "Vehicle.Cabin.Infotainment.Media.Played.Source"
ITEMS = 20
SKIP_S = 0.4


class Media(Device):
    """The head unit's player. Volume up ends the mute; a skip or another source starts playing."""

    name = "MEDIA"
    motions: ClassVar = {"Media.Volume": Motion(rate_per_s=200), "Played.Source": Motion(delay_s=0.8)}
    _item = 1
    _skipped_for_s = 0.0

    def on_target(self, path: str, target: Value) -> None:
        """Apply what goes with a new target."""
        if path == VOLUME and isinstance(target, int) and target > 0 and self.actual[MUTED] is True:
            self.target[MUTED] = False
        if path in (ACTION, SOURCE) and target != "UNKNOWN":
            self.target[PLAYBACK] = "PLAYING"

    def live(self, dt_s: float) -> None:
        """Let a skip fall back."""
        action = self.actual[ACTION]
        if action == "UNKNOWN":
            return
        if self._skipped_for_s == 0:
            self._item = (self._item - 1 + (1 if action == "SKIP_FORWARD" else -1)) % ITEMS + 1
        self._skipped_for_s += dt_s
        if self._skipped_for_s >= SKIP_S:
            self.set_by_hand(ACTION, "UNKNOWN")
            self._skipped_for_s = 0.0

    def sensed(self, path: str) -> Value | None:
        """Return the number of the item being played."""
        return self._item
