"""What a request may depend on: facts of the car's state, and readings held against a number that was said.

A model only says on what; whether it is so is read from the car, at the instant of the decision.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from carpilot.errors import ModelOutputError
from carpilot.vehicle.catalogue import Value
from carpilot.vehicle.state import VehicleState

ONLY_IF, ONLY_IF_NUMBER = "only_if", "only_if_number"
SIDES = ("above", "below")
NOT_SO = "I leave that as it is."
NOT_KNOWN = "I cannot tell now whether that is so, so I leave it as it is."
Numbers = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Fact:
    """Something that is so or not: it holds where a reading of any of its paths is above, below or one of."""

    name: str
    paths: tuple[str, ...]
    above: float | None = None
    below: float | None = None
    one_of: tuple[Value, ...] = ()

    def holds(self, state: VehicleState) -> bool | None:
        """Return whether it is so, or None if what is known does not tell."""
        values = [state.actual(path) for path in self.paths]
        if any(value is not None and self._is_met(value) for value in values):
            return True
        return None if None in values else False

    def _is_met(self, value: Value) -> bool:
        if isinstance(value, bool | str) or self.one_of:
            return value in self.one_of
        is_above = self.above is not None and value > self.above
        return is_above or (self.below is not None and value < self.below)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A reading that is compared with a number; `per` is how many of the signal's unit one of those said is."""

    name: str
    path: str
    per: float = 1.0


@dataclass(frozen=True, slots=True)
class Judgement:
    """Whether a condition holds (None: not known), on which paths it rests, and both in a few words."""

    holds: bool | None
    paths: tuple[str, ...]
    words: str


def read_fact(name: str, row: Mapping[str, Any]) -> Fact:
    """Return a fact as the catalogue declares it."""
    return Fact(name, tuple(row["paths"]), row.get("above"), row.get("below"), tuple(row.get("one_of", ())))


def read_quantity(name: str, row: Mapping[str, Any]) -> Quantity:
    """Return a quantity as the catalogue declares it."""
    return Quantity(name, row["path"], row.get("per", 1.0))


def judge_fact(facts: Mapping[str, Fact], arguments: Mapping[str, Any], state: VehicleState) -> Judgement:
    """Return whether `only_if(fact=..., is=...)` lets its request be. Raises ModelOutputError."""
    name, wanted = str(arguments.get("fact")), arguments.get("is", True)
    if name not in facts or not isinstance(wanted, bool) or set(arguments) - {"fact", "is"}:
        raise ModelOutputError(
            f"{ONLY_IF} takes a fact, one of {', '.join(facts)}, and whether it is so: not {arguments}"
        )
    is_so = facts[name].holds(state)
    words = f"{'' if wanted else 'not '}{name.replace('_', ' ')}"
    return Judgement(None if is_so is None else is_so is wanted, facts[name].paths, words)


def judge_number(quantities: Mapping[str, Quantity], arguments: Mapping[str, Any], state: VehicleState) -> Judgement:
    """Return whether `only_if_number(what=..., above|below=...)` lets its request be. Raises ModelOutputError."""
    name, sides = str(arguments.get("what")), [side for side in SIDES if side in arguments]
    limit = arguments[sides[0]] if sides else None
    is_bool = isinstance(limit, bool)
    if name not in quantities or len(arguments) != 2 or is_bool or not isinstance(limit, int | float):
        known = ", ".join(quantities)
        raise ModelOutputError(f"{ONLY_IF_NUMBER} takes one of {known}, and above or below a number: not {arguments}")
    quantity = quantities[name]
    reading = state.number(quantity.path)
    words = f"{name.replace('_', ' ')} {sides[0]} {limit:g}"
    if reading is None:
        return Judgement(None, (quantity.path,), words)
    said = reading / quantity.per
    return Judgement(said > limit if sides[0] == "above" else said < limit, (quantity.path,), words)


def told(judgements: Sequence[Judgement]) -> str:
    """Return conditions with what came of them: `dark: yes, speed above 50: no`."""
    answers = {True: "yes", False: "no", None: "not known"}
    return ", ".join(f"{judgement.words}: {answers[judgement.holds]}" for judgement in judgements)
