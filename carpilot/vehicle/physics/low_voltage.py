"""The 12 V network: a lead battery, and a DC/DC converter that feeds it from the traction battery.

A full lead battery stands at 12.8 V and an empty one at 11.8 V without load (usual makers' tables for AGM batteries); 50 Ah
and 8 milliohm with its cables are own figures. The converter gives 14.4 V, drooping by 0.2 V at its 2.5 kW (own figure).
ISO 16750-2 tests control units down to 6 V (starting) and asks most to work from 9 V.
"""

from dataclasses import dataclass

CAPACITY_J = 50 * 3600 * 12.5
FULL_V, EMPTY_V = 12.8, 11.8
INTERNAL_OHM = 0.008
CONVERTER_V = 14.4
CONVERTER_W = 2_500.0
CONVERTER_DROOP_V = 0.2
CONVERTER_EFFICIENCY = 0.93
BROWN_OUT_V = 9.0
CHARGE_MOST_W = 300.0


@dataclass(slots=True)
class LowVoltage:
    """Voltage and charge of the 12 V side. `forced_v`, when given, is the voltage whatever else holds (a fault)."""

    charge_percent: float = 95.0
    voltage_v: float = 14.3
    is_converter_on: bool = True
    is_converter_failed: bool = False
    forced_v: float | None = None
    drawn_w: float = 0.0

    @property
    def is_brown_out(self) -> bool:
        """Whether the voltage is too low for control units."""
        return self.voltage_v < BROWN_OUT_V

    def step(self, load_w: float, is_awake: bool, dt_s: float) -> None:
        """Advance charge and voltage; `drawn_w` is then what the converter takes from the traction battery."""
        self.is_converter_on = is_awake and not self.is_converter_failed
        if self.is_converter_on and load_w <= CONVERTER_W:
            charging_w = min(CHARGE_MOST_W, CONVERTER_W - load_w, (100 - self.charge_percent) * 40.0)
            self.charge_percent = min(100.0, self.charge_percent + charging_w * dt_s / CAPACITY_J * 100)
            self.voltage_v = CONVERTER_V - CONVERTER_DROOP_V * (load_w + charging_w) / CONVERTER_W
            self.drawn_w = (load_w + charging_w) / CONVERTER_EFFICIENCY
        else:
            from_battery_w = load_w - (CONVERTER_W if self.is_converter_on else 0.0)
            self.charge_percent = max(0.0, self.charge_percent - from_battery_w * dt_s / CAPACITY_J * 100)
            rest_v = EMPTY_V + (FULL_V - EMPTY_V) * self.charge_percent / 100
            if self.charge_percent == 0:
                rest_v = 5.0
            self.voltage_v = max(0.0, rest_v - INTERNAL_OHM * from_battery_w / rest_v)
            self.drawn_w = CONVERTER_W / CONVERTER_EFFICIENCY if self.is_converter_on else 0.0
        if self.forced_v is not None:
            self.voltage_v = self.forced_v
