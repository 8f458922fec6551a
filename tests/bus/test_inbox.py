"""The receive buffer: newest status kept, no event lost before the last status, every loss told."""

from carpilot.bus.frame import Frame
from carpilot.bus.inbox import Inbox

STATUS, OTHER_STATUS, EVENT = 0x100, 0x101, 0x200


class Desk:
    """A listener that writes down what it hears, and a clock that ticks at every frame."""

    def __init__(self) -> None:
        self.heard: list[tuple[int, bytes, int]] = []
        self.told: list[int] = []
        self.now_ns = 0
        self.inbox = Inbox(self._hear, (STATUS, OTHER_STATUS), lambda: self.now_ns, self.told.append)

    def _hear(self, frame: Frame, came_ns: int) -> None:
        self.heard.append((frame.arbitration_id, frame.data, came_ns))

    def send(self, arbitration_id: int, value: int) -> None:
        self.now_ns += 1
        self.inbox(Frame(arbitration_id, bytes([value])))


def test_given_a_listener_with_time_when_frames_come_then_each_is_handed_on_at_once() -> None:
    desk = Desk()
    desk.send(STATUS, 1)
    desk.send(EVENT, 2)
    assert desk.heard == [(STATUS, b"\x01", 1), (EVENT, b"\x02", 2)]


def test_given_a_pause_when_it_ends_then_the_newest_status_and_every_event_come_in_order_with_their_time() -> None:
    desk = Desk()
    desk.inbox.is_paused = True
    for arbitration_id, value in ((STATUS, 1), (EVENT, 2), (STATUS, 3), (EVENT, 4)):
        desk.send(arbitration_id, value)
    assert desk.heard == []
    desk.now_ns = 99
    desk.inbox.resume()
    assert desk.heard == [(EVENT, b"\x02", 2), (STATUS, b"\x03", 3), (EVENT, b"\x04", 4)]
    assert (desk.inbox.lost, desk.told) == (0, [])


def test_given_a_full_buffer_when_more_comes_then_a_status_goes_before_any_event_and_it_is_told_once() -> None:
    desk = Desk()
    desk.inbox.is_paused, desk.inbox.capacity = True, 2
    for arbitration_id in (EVENT, STATUS, EVENT):
        desk.send(arbitration_id, 0)
    assert (desk.inbox.lost, desk.inbox.lost_events) == (1, 0)
    desk.send(EVENT, 9)
    assert (desk.inbox.lost, desk.inbox.lost_events) == (2, 1)
    desk.inbox.resume()
    desk.inbox.resume()
    assert [row[0] for row in desk.heard] == [EVENT, EVENT]
    assert desk.told == [2]
