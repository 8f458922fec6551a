"""The physical world around and inside the car, advanced in steps: `World` holds it, one module a subject explains it."""

from carpilot.vehicle.physics.world import DRIVE, NEUTRAL, PARK, REVERSE, ClimateInput, World, approach

__all__ = ["DRIVE", "NEUTRAL", "PARK", "REVERSE", "ClimateInput", "World", "approach"]
