"""MEDIA: playback, source, volume, tone, and a small library of titles."""

from typing import ClassVar

from carpilot.ecu.device import Device, Motion
from carpilot.vehicle.catalogue import Value

ACTION = "Vehicle.Cabin.Infotainment.Media.Action"
PLAYBACK = "Vehicle.Private.Media.Playback"
VOLUME = "Vehicle.Cabin.Infotainment.Media.Volume"
MUTED = "Vehicle.Private.Media.IsMuted"
SOURCE = "Vehicle.Cabin.Infotainment.Media.Played.Source"
TITLE = "Vehicle.Private.Media.SelectedTrack"
STATION = "Vehicle.Private.Media.Station"
SHUFFLE = "Vehicle.Private.Media.IsShuffleOn"
RADIO = ("FM", "DAB")
TITLES, STATIONS = 24, 6
TITLE_S = 210.0
SKIP_S = 0.4
SHUFFLE_STEP = 7
"""Shuffling goes through the titles in steps of seven, which meets each of the 24 once before any comes again."""


class Media(Device):
    """The head unit's player. Volume up ends the mute; a skip, a title or another source starts playing."""

    name = "MEDIA"
    motions: ClassVar = {
        "Media.Volume": Motion(rate_per_s=200),
        "Played.Source": Motion(delay_s=0.8),
        "SelectedTrack": Motion(delay_s=0.5),
        "Media.Station": Motion(delay_s=0.5),
    }
    falls_back_after_s: ClassVar = {ACTION: SKIP_S}
    _played_s = 0.0

    def on_target(self, path: str, target: Value) -> None:
        """Apply what goes with a new target."""
        if path == VOLUME and isinstance(target, int) and target > 0 and self.actual[MUTED] is True:
            self.aim(MUTED, False)
        if path in (ACTION, SOURCE, TITLE, STATION) and target != "UNKNOWN":
            self.aim(PLAYBACK, "PLAYING")
        if path == TITLE and self.target[SOURCE] in RADIO:
            self.aim(SOURCE, "USB")
        if path == STATION and self.target[SOURCE] not in RADIO:
            self.aim(SOURCE, "FM")

    def on_fallen_back(self, path: str) -> None:
        """Be at the next or the previous item when a skip is over."""
        del path
        self._skip(1 if self.target_of_skip == "SKIP_FORWARD" else -1)

    target_of_skip: Value = "UNKNOWN"

    def aim(self, path: str, target: Value) -> None:
        """Remember which way a skip goes."""
        if path == ACTION:
            self.target_of_skip = target
        super().aim(path, target)

    def _skip(self, by: int) -> None:
        if self.actual[SOURCE] in RADIO:
            self.set_by_hand(STATION, (int(self.actual[STATION]) - 1 + by) % STATIONS + 1)
        else:
            step = SHUFFLE_STEP if self.actual[SHUFFLE] is True else 1
            self.set_by_hand(TITLE, (int(self.actual[TITLE]) - 1 + by * step) % TITLES + 1)

    def live(self, dt_s: float) -> bool:
        """Go on to the next title when one has ended."""
        if self.actual[PLAYBACK] != "PLAYING" or self.actual[SOURCE] in RADIO:
            return False
        self._played_s += dt_s
        if self._played_s < TITLE_S:
            return False
        self._played_s = 0.0
        if self.actual["Vehicle.Private.Media.RepeatMode"] != "ONE":
            self._skip(1)
        return True

    def sensed(self, path: str) -> Value | None:
        """Return the number of the item being played: the station's on the radio, else the title's."""
        del path
        return self.actual[STATION if self.actual[SOURCE] in RADIO else TITLE]
