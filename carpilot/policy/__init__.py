"""May it be done? Rules from a file, judged on the state at the instant of sending. Pure: no clock, no bus, no model."""
