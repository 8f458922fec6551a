from carpilot.bus.bus import Bus
from carpilot.bus.commander import Commander, Order
from carpilot.bus.database import default_database
from carpilot.bus.e2e import counter_of
from carpilot.bus.frame import Frame
from carpilot.sim.scheduler import Scheduler
from carpilot.vehicle.catalogue import default_catalogue

LEFT = "Vehicle.Cabin.Door.Row1.DriverSide.Window.Position"
RIGHT = "Vehicle.Cabin.Door.Row1.PassengerSide.Window.Position"
HEAT = "Vehicle.Cabin.Seat.Row1.DriverSide.HeatingCooling"
DATABASE = default_database()


class Mouth:
    """A commander on a bus of its own, and what it sent."""

    def __init__(self) -> None:
        self.scheduler = Scheduler()
        bus = Bus("infotainment", self.scheduler)
        self.frames: list[Frame] = []
        bus.attach("LISTENER", self.frames.append)
        self.commander = Commander(default_catalogue(), DATABASE, bus.attach("COPILOT"), b"a key for a test")

    def decoded(self) -> list[tuple[str, dict[str, int | float | str | None]]]:
        self.scheduler.run_until(self.scheduler.now_ns + 10**9)
        return [(DATABASE.by_id[frame.arbitration_id].name, DATABASE.decode(frame)) for frame in self.frames]


def test_given_orders_for_one_message_when_sent_then_one_frame_carries_them_all() -> None:
    mouth = Mouth()
    carried = mouth.commander.send(7, [Order(0, LEFT, 30, "allow", 255), Order(1, RIGHT, 40, "allow", 3)])
    assert carried == {LEFT: 0x230, RIGHT: 0x230}
    rows = mouth.decoded()
    assert [name for name, _ in rows] == ["CopilotDecision", "CopilotDecision", "DOOR_WindowCmd"]
    command = rows[2][1]
    assert (command["WindowFrontLeft"], command["WindowFrontRight"]) == (30, 40)
    assert command["WindowRearLeft"] is None and command["RearWindowLock"] is None
    for index, rule in ((0, "NoRule"), (1, 3)):
        decision = rows[index][1]
        assert decision["RequestNumber"] == 7
        assert decision["CommandIndex"] == index
        assert decision["Verdict"] == "Allow"
        assert decision["CommandId"] == 0x230
        assert decision["CommandCounter"] == counter_of(mouth.frames[2].data)
        assert decision["RuleIndex"] == rule


def test_given_twenty_orders_when_sent_then_each_decision_names_the_counter_of_its_frame() -> None:
    mouth = Mouth()
    for number in range(20):
        mouth.commander.send(number, [Order(0, HEAT, 33, "allow", 255)])
        mouth.scheduler.run_until(mouth.scheduler.now_ns + 10**7)
    rows = mouth.decoded()
    counters = [(rows[i][1]["CommandCounter"], rows[i + 1][1]["Counter"]) for i in range(0, len(rows), 2)]
    assert counters == [(number % 15, number % 15) for number in range(20)]


def test_given_a_refusal_when_announced_then_no_command_frame_follows() -> None:
    mouth = Mouth()
    mouth.commander.announce(9, Order(2, LEFT, 30, "deny", 4))
    ((name, decision),) = mouth.decoded()
    assert name == "CopilotDecision"
    assert decision == {
        "RequestNumber": 9,
        "CommandIndex": 2,
        "Verdict": "Deny",
        "CommandCounter": "NoFrame",
        "CommandId": "NoFrame",
        "RuleIndex": 4,
    }


def test_given_no_orders_when_sent_then_nothing_is_on_the_bus() -> None:
    mouth = Mouth()
    assert mouth.commander.send(1, []) == {}
    assert mouth.decoded() == []
