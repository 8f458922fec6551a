"""What the picture tests look at: an idle car, a busy one, a question, a car that reports nothing."""

from carpilot.snapshot import FrameRow, PlanRow, Snapshot
from carpilot.vehicle.catalogue import Value, default_catalogue
from carpilot.vehicle.state import Quality, Reading, VehicleState, state_of

STATION = "Vehicle.Cabin.HVAC.Station.Row1"
SEAT = "Vehicle.Cabin.Seat"
DOOR = "Vehicle.Cabin.Door"
LIGHTS = "Vehicle.Body.Lights"

BUSY: dict[str, Value] = {
    "Vehicle.Speed": 72.4,
    "Vehicle.Powertrain.Transmission.CurrentGear": 127,
    "Vehicle.Powertrain.ElectricMotor.Power": 38.0,
    "Vehicle.Chassis.ParkingBrake.IsEngaged": False,
    "Vehicle.Exterior.AirTemperature": -6.5,
    "Vehicle.Exterior.LightIntensity": 12.0,
    "Vehicle.Body.Raindetection.Intensity": 40,
    f"{LIGHTS}.Beam.Low.IsOn": True,
    f"{LIGHTS}.Parking.IsOn": True,
    f"{LIGHTS}.Fog.Rear.IsOn": True,
    "Vehicle.Body.Windshield.Front.Wiping.Mode": "RAIN_SENSOR",
    f"{STATION}.Driver.Temperature": 23.0,
    f"{STATION}.Driver.FanSpeed": 60,
    f"{SEAT}.Row1.DriverSide.HeatingCooling": 66,
    f"{SEAT}.Row1.PassengerSide.HeatingCooling": -33,
    f"{SEAT}.Row1.PassengerSide.IsOccupied": True,
    f"{SEAT}.Row2.PassengerSide.IsOccupied": True,
    f"{DOOR}.Row1.DriverSide.IsLocked": True,
    f"{DOOR}.Row1.PassengerSide.IsLocked": True,
    f"{DOOR}.Row1.PassengerSide.Window.Position": 40,
    "Vehicle.Cabin.HVAC.IsRearDefrosterActive": True,
    "Vehicle.Cabin.Light.AmbientLight.Row1.DriverSide.IsLightOn": True,
    "Vehicle.Cabin.Light.AmbientLight.Row1.DriverSide.Color": "BLUE",
    "Vehicle.Cabin.Light.Spotlight.Row2.PassengerSide.IsLightOn": True,
    "Vehicle.Private.Media.Playback": "PLAYING",
}
PLAN = (
    PlanRow(f"{STATION}.Driver.Temperature", 21.0, 23.0, "confirmed", frame_id=0x310, milliseconds=38.2),
    PlanRow(f"{SEAT}.Row1.DriverSide.HeatingCooling", 0, 66, "confirmed", frame_id=0x320, milliseconds=41.0),
    PlanRow("Vehicle.Cabin.HVAC.IsRearDefrosterActive", False, True, "sent"),
    PlanRow(f"{DOOR}.Row1.PassengerSide.Window.Position", 40, 0, "queued"),
    PlanRow("Vehicle.Body.Trunk.Rear.IsOpen", False, True, "refused", "the boot stays shut while the car is moving"),
)
FRAMES = tuple(
    FrameRow(12_408_000_000 + k * 2_000_000, segment, number, name, bytes(data), request)
    for k, (segment, number, name, data, request) in enumerate(
        [("body", 0x100, "VCU_Motion", [0x1C, 0x48, 0, 0x7F, 0, 0x26, 0x3A, 0x5E], None)] * 20
        + [
            ("body", 0x342, "BCM_Environment", [0xAA, 0xBB, 0xCC, 0xDD, 0xEE, 0xFF, 0x1C, 0x5A], None),
            ("body", 0x700, "CopilotDecision", [0, 7, 0, 1, 0, 0, 0x1C, 0x5A], 7),
            ("body", 0x210, "HVAC_Cmd", [0x2E, 0, 0x17, 0x40, 0, 0, 0x1C, 0x5A], 7),
            ("infotainment", 0x310, "HVAC_Status", [0x2E, 0, 0x17, 0x40, 0, 0, 0x1D, 0x91], 7),
            ("infotainment", 0x331, "DOOR_LockStatus", [0x03, 0x0A, 0, 0, 0, 0, 0x1C, 0x22], None),
        ]
    )
)
REQUEST = "I'm cold and the rear window is fogged"
THOUGHT = "The driver is cold: raise the temperature and heat the seat. A fogged rear window wants the rear defroster."


def idle() -> Snapshot:
    return Snapshot(83_000_000_000, state_of(default_catalogue().initial(), 83_000_000_000))


def busy(**changes: Value) -> Snapshot:
    state = state_of({**default_catalogue().initial(), **BUSY, **changes}, 754_000_000_000)
    state = VehicleState(
        state.time_ns,
        state.readings,
        {f"{STATION}.Passenger.Temperature": 19.5, f"{DOOR}.Row1.PassengerSide.Window.Position": 0},
    )
    return Snapshot(
        754_000_000_000, state, REQUEST, THOUGHT, "Temperature and seat are warmer.", False, PLAN, None, FRAMES
    )


def standing() -> Snapshot:
    return busy(**{"Vehicle.Speed": 0.0, "Vehicle.Powertrain.ElectricMotor.Power": -12.0})


def question() -> Snapshot:
    shown = standing()
    plan = (PlanRow("Vehicle.Body.Trunk.Rear.IsOpen", False, True, "waiting"),)
    asked = "The boot opens wide and it is raining. Shall I really open it now?"
    return Snapshot(shown.time_ns, shown.state, "open the boot", "", "", False, plan, asked, FRAMES)


def silent() -> Snapshot:
    readings = {
        path: Reading(value, 0, Quality.STALE) for path, value in {**default_catalogue().initial(), **BUSY}.items()
    }
    return Snapshot(9_000_000_000, VehicleState(9_000_000_000, readings, {}), frames=FRAMES)


def everything_open() -> Snapshot:
    changes: dict[str, Value] = {
        f"{DOOR}.{p}.IsOpen": True
        for p in ("Row1.DriverSide", "Row1.PassengerSide", "Row2.DriverSide", "Row2.PassengerSide")
    }
    changes |= {
        f"{DOOR}.{p}.Window.Position": 100
        for p in ("Row1.DriverSide", "Row1.PassengerSide", "Row2.DriverSide", "Row2.PassengerSide")
    }
    changes |= {
        "Vehicle.Body.Trunk.Rear.IsOpen": True,
        "Vehicle.Speed": 188.0,
        f"{LIGHTS}.Beam.High.IsOn": True,
        f"{LIGHTS}.Hazard.IsSignaling": True,
        f"{LIGHTS}.Fog.Front.IsOn": True,
    }
    changes |= {
        "Vehicle.Chassis.ParkingBrake.IsEngaged": True,
        "Vehicle.Cabin.Light.IsDomeOn": True,
        "Vehicle.Exterior.AirTemperature": -40.0,
        "Vehicle.Powertrain.ElectricMotor.Power": -80.0,
    }
    changes |= {
        "Vehicle.Powertrain.TractionBattery.StateOfCharge.Displayed": 100.0,
        "Vehicle.Powertrain.Range": 999000,
        f"{LIGHTS}.LightSwitch": "POSITION",
        "Vehicle.Body.Windshield.Front.Wiping.Mode": "INTERVAL",
    }
    changes |= {
        "Vehicle.Cabin.Infotainment.Media.Volume": 100,
        "Vehicle.Cabin.Infotainment.Media.Played.Source": "BLUETOOTH",
        f"{STATION}.Driver.FanSpeed": 100,
        f"{STATION}.Driver.AirDistribution": "UP",
        "Vehicle.Body.Raindetection.Intensity": 100,
    }
    return busy(**changes)


SCENES = {
    "idle": idle,
    "busy": busy,
    "standing": standing,
    "question": question,
    "silent": silent,
    "open": everything_open,
}
