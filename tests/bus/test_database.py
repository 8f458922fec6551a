import cantools
import pytest
from cantools.database.can import Database as CantoolsDatabase
from cantools.database.can.signal import Signal as CantoolsSignal

from carpilot.bus.codec import NOT_AVAILABLE
from carpilot.bus.database import (
    SEGMENTS,
    Database,
    check_database,
    default_database,
    from_bus,
    to_bus,
)
from carpilot.bus.frame import Frame
from carpilot.errors import UnknownNameError, WireError
from carpilot.files import asset
from carpilot.vehicle.catalogue import Signal, Value, default_catalogue

CATALOGUE = default_catalogue()
DATABASE = default_database()
ACTUATORS = [pytest.param(signal, id=signal.path) for signal in CATALOGUE.actuators]
SIGNALS = [pytest.param(signal, id=path) for path, signal in CATALOGUE.items()]


def load(segment: str) -> CantoolsDatabase:
    loaded = cantools.database.load_file(asset("vehicle", f"{segment}.dbc"), strict=True)
    assert isinstance(loaded, CantoolsDatabase)
    return loaded


def values_of(signal: Signal) -> list[Value]:
    """Every value that the catalogue's range and step allow."""
    if signal.type == "boolean":
        return [False, True]
    if signal.type == "string":
        return list(signal.allowed)
    assert signal.minimum is not None and signal.maximum is not None and signal.step is not None
    count = round((signal.maximum - signal.minimum) / signal.step)
    return [signal.check(signal.minimum + number * signal.step) for number in range(count + 1)]


@pytest.mark.parametrize("signal", ACTUATORS)
def test_given_every_value_of_an_actuator_when_sent_as_command_then_the_same_value_is_read(signal: Signal) -> None:
    assert signal.command is not None
    message, name = signal.command
    for value in values_of(signal):
        frame = DATABASE.encode(message, {name: to_bus(signal, value)})
        decoded = DATABASE.decode(frame)
        assert from_bus(signal, decoded[name]) == value
        others = DATABASE.info[message].signals
        assert all(decoded[other] is None for other in others if other != name)


@pytest.mark.parametrize("signal", ACTUATORS)
def test_given_every_value_of_an_actuator_when_reported_then_the_same_value_is_read(signal: Signal) -> None:
    message, name = signal.status
    for value in values_of(signal):
        frame = DATABASE.encode(message, {name: to_bus(signal, value)})
        assert from_bus(signal, DATABASE.decode(frame)[name]) == value


@pytest.mark.parametrize("signal", SIGNALS)
def test_given_nothing_to_report_when_encoded_then_the_reader_knows_nothing(signal: Signal) -> None:
    for place in (signal.status, signal.command):
        if place is not None:
            assert from_bus(signal, DATABASE.decode(DATABASE.encode(place[0], {}))[place[1]]) is None


@pytest.mark.parametrize("signal", SIGNALS)
def test_given_every_raw_value_when_decoded_then_the_meaning_is_the_signals_own_type_or_nothing(signal: Signal) -> None:
    message, name = signal.status
    described = load(DATABASE.home[message]).get_message_by_name(message).get_signal_by_name(name)
    kind = {"boolean": bool, "string": str, "integer": int, "float": float}[signal.type]
    for raw in range(min(1 << described.length, 1 << 10)):
        data = (raw << described.start).to_bytes(8, "little")
        value = from_bus(signal, DATABASE.decode(Frame(DATABASE.info[message].arbitration_id, data))[name])
        assert value is None or type(value) is kind


def test_given_the_shipped_files_when_checked_then_nothing_is_missing() -> None:
    assert check_database(CATALOGUE, DATABASE) == ()


def test_given_a_database_of_one_segment_when_checked_then_the_missing_places_are_named() -> None:
    database = Database({"infotainment": asset("vehicle", "infotainment.dbc")})
    del database.info["MEDIA_Status"]
    missing = check_database(CATALOGUE, database)
    assert "Vehicle.Cabin.Infotainment.Media.Volume: MEDIA_Status.Volume" in missing


@pytest.mark.parametrize("segment", SEGMENTS)
def test_given_a_dbc_file_when_loaded_strictly_then_no_signals_overlap_and_all_fit(segment: str) -> None:
    database = load(segment)
    for message in database.messages:
        taken: set[int] = set()
        for signal in message.signals:
            bits = set(range(signal.start, signal.start + signal.length))
            assert signal.byte_order == "little_endian"
            assert not bits & taken
            assert max(bits) < message.length * 8
            taken |= bits
    identifiers = [message.frame_id for message in database.messages]
    assert len(identifiers) == len(set(identifiers))


def test_given_both_files_when_a_message_stands_in_both_then_its_layout_is_the_same() -> None:
    def layout(signal: CantoolsSignal) -> tuple[object, ...]:
        choices = {raw: str(name) for raw, name in (signal.choices or {}).items()}
        return signal.name, signal.start, signal.length, signal.scale, signal.offset, choices

    whole = load("infotainment")
    for segment in ("powertrain", "body"):
        for one in load(segment).messages:
            other = whole.get_message_by_name(one.name)
            assert (one.frame_id, one.length, one.is_fd) == (other.frame_id, other.length, other.is_fd)
            assert [layout(s) for s in one.signals] == [layout(s) for s in other.signals]


def test_given_all_messages_when_listed_then_protected_ones_have_data_ids_of_their_own() -> None:
    data_ids = [info.data_id for info in DATABASE.info.values() if info.data_id]
    assert len(data_ids) == len(set(data_ids))
    for info in DATABASE.info.values():
        assert bool(info.data_id) == (info.name != "CopilotDecision")


@pytest.mark.parametrize("signal", SIGNALS)
def test_given_a_signal_when_looked_up_then_its_places_belong_to_its_ecu_and_the_copilot(signal: Signal) -> None:
    status = DATABASE.message(signal.status[0])
    assert status.sender == signal.ecu
    assert status.cycle_ns > 0
    assert signal.is_actuator == (signal.command is not None)
    if signal.command is not None:
        assert DATABASE.message(signal.command[0]).sender == "COPILOT"


def test_given_all_signals_when_listed_then_no_place_on_the_bus_is_used_twice() -> None:
    places = [place for signal in CATALOGUE.values() for place in (signal.status, signal.command) if place]
    assert len(places) == len(set(places))


def test_given_all_commands_when_listed_then_each_can_say_not_available() -> None:
    for signal in CATALOGUE.actuators:
        assert signal.command is not None
        assert DATABASE.raw_choice(*signal.command, NOT_AVAILABLE) > 0


@pytest.mark.parametrize(
    ("frame", "text"),
    [
        (Frame(0x7FE, bytes(8)), "no message has the identifier 0x7fe"),
        *((Frame(0x210, bytes(length)), f"HVAC_Cmd has 8 bytes, not {length}") for length in range(8)),
    ],
)
def test_given_a_frame_that_is_none_of_ours_when_decoded_then_wire_error(frame: Frame, text: str) -> None:
    with pytest.raises(WireError, match=text):
        DATABASE.decode(frame)


def test_given_unknown_names_when_asked_then_the_message_shows_what_exists() -> None:
    with pytest.raises(UnknownNameError, match=r"no message 'HVAC_Comd'; there is .*HVAC_Cmd"):
        DATABASE.message("HVAC_Comd")
    with pytest.raises(UnknownNameError, match="no choice 'Maybe'"):
        DATABASE.raw_choice("HVAC_Cmd", "Auto", "Maybe")


def test_given_the_car_when_counted_then_the_list_is_long_enough() -> None:
    domains = {signal.domain for signal in CATALOGUE.actuators}
    assert len(domains) >= 18
    assert len(CATALOGUE.actuators) >= 120
