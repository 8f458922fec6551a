"""What is said: sentences built from observed values only, so that a false "done" cannot be spoken."""

from collections.abc import Sequence

from carpilot.units import SYMBOLS
from carpilot.vehicle.catalogue import Catalogue, Signal, Value
from carpilot.vehicle.state import VehicleState

GEAR_LETTERS = {126: "P", -1: "R", 0: "N", 127: "D"}
OPEN_WORDS = {True: "open", False: "closed"}
LOCK_WORDS = {True: "locked", False: "unlocked"}
MAX_NAMED = 3
NO_LAMP = "No warning lamp is on."


def say_value(signal: Signal, value: Value | None) -> str:
    """Return a value as a person would say it."""
    if value is None:
        return "not known"
    if isinstance(value, bool):
        if signal.path.endswith("IsLocked"):
            return LOCK_WORDS[value]
        if signal.path.endswith("IsOpen"):
            return OPEN_WORDS[value]
        if signal.path.endswith("IsOccupied"):
            return "occupied" if value else "free"
        return "on" if value else "off"
    if isinstance(value, str):
        return value.removeprefix("SKIP_").lower().replace("_", " ")
    if signal.path.endswith("CurrentGear"):
        return GEAR_LETTERS.get(int(value), str(value))
    return _say_number(signal, value)


def _say_number(signal: Signal, value: float) -> str:
    if signal.path.endswith("HeatingCooling"):
        level = round(abs(value) / 33.3)
        return "heating off" if level == 0 else f"{'ventilation' if value < 0 else 'heating'} level {level}"
    if signal.path.endswith("Window.Position"):
        return {0: "closed", 100: "open"}.get(int(value), f"{value:g} % open")
    if signal.unit == "metre":
        return f"{value / 1000:.0f} km"
    text = f"{value:.1f}".rstrip("0").rstrip(".") if signal.type == "float" else f"{value:g}"
    return f"{text} {SYMBOLS.get(signal.unit, '')}".strip()


def say(signal: Signal, value: Value | None) -> str:
    """Return a signal and its value: driver temperature 22 °C, passenger seat ventilation level 2."""
    label = signal.label
    if signal.path.endswith("HeatingCooling") and value is not None:  # one signal for both, whose value says which
        label = label.removesuffix(" heating")
    return f"{label} {say_value(signal, value)}"


def join(parts: Sequence[str]) -> str:
    """Return parts as a list in a sentence."""
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"


def sentence(text: str) -> str:
    """Return text with a capital first letter and a full stop."""
    stripped = text.strip()
    return f"{stripped[:1].upper()}{stripped[1:]}" + ("" if stripped.endswith((".", "?", "!")) else ".")


def tell(catalogue: Catalogue, paths: Sequence[str], state: VehicleState) -> str:
    """Return the answer to a question about signals: their actual values."""
    said = [say(catalogue[path], state.actual(path)) for path in paths]
    return sentence(join(said))


def tell_changes(catalogue: Catalogue, changes: Sequence[tuple[str, Value | None]]) -> str:
    """Return what is now so, as observed, with a long list cut short."""
    said = [say(catalogue[path], actual) for path, actual in changes]
    if len(said) > MAX_NAMED + 1:
        said = [*said[:MAX_NAMED], f"{len(said) - MAX_NAMED} more"]
    return sentence(join(said))
