"""The copilot finds out over the bus why a lamp is on."""

import pytest

from carpilot.cabin import Cabin
from carpilot.ecu.trouble_codes import Lamp, trouble_codes
from carpilot.exchange import Result
from carpilot.reasoning.scripted import ScriptedReasoner
from carpilot.reasoning.tools import Call
from carpilot.trouble import READER, reasons, tell_reasons

PRESSURE = "Vehicle.Chassis.Axle.Row1.Wheel.Left.Tire.Pressure"
WORDS = "why is that lamp on?"


def cabin() -> Cabin:
    return Cabin(ScriptedReasoner({WORDS: [Call("answer", {"about": "warning_lamps"})]}))


def test_without_a_lamp_nothing_is_asked_on_the_bus() -> None:
    ride = cabin()
    exchange = ride.ask(WORDS)
    assert (exchange.result, exchange.reply) == (Result.ANSWERED, "No warning lamp is on.")
    assert 0x7E0 not in {row.arbitration_id for row in ride.frames.rows}


def test_a_tyre_that_lost_air_is_told_with_what_to_do() -> None:
    ride = cabin()
    ride.world(PRESSURE, 150)
    ride.advance(10)
    reply = ride.ask(WORDS).reply
    assert reply.startswith("Tyre lamp on. The front left tyre has too little air.")
    assert "check the tyre pressures" in reply
    asked = [row for row in ride.frames.rows if row.arbitration_id == 0x7E0 and row.segment == "infotainment"]
    assert [row.data[:2] for row in asked] == [bytes((1, 3))]  # service 03 and nothing else


def test_a_gateway_that_does_not_answer_is_told_too() -> None:
    ride = cabin()
    ride.world(PRESSURE, 150)
    ride.advance(10)
    for port in ride.car.buses["infotainment"].ports:
        if port.node == READER:
            port.mute()
    assert ride.ask(WORDS).reply == "Tyre lamp on. The gateway did not tell me why."


@pytest.mark.parametrize("lamp", [lamp for lamp in Lamp if lamp is not Lamp.NONE])
def test_every_lamp_has_reasons_and_the_most_urgent_goes_first(lamp: Lamp) -> None:
    numbers = {code.number >> 8 for code in trouble_codes().values()}
    rows = reasons([lamp], numbers)
    assert rows
    assert [row.urgency for row in rows] == sorted(row.urgency for row in rows)
    assert rows[0].meaning in tell_reasons([lamp], numbers)


def test_a_lamp_without_a_code_is_told_plainly() -> None:
    assert tell_reasons([Lamp.TYRE], frozenset()) == "No trouble code is stored for it."
