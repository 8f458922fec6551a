"""The policy file, read and checked: rules, side effects, limits."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import Any

from carpilot.decision import Command, Outcome
from carpilot.errors import InputError, UnknownNameError
from carpilot.files import asset, load_yaml
from carpilot.policy.conditions import CONDITIONS, Moment
from carpilot.vehicle.catalogue import Catalogue, Value, default_catalogue
from carpilot.vehicle.state import VehicleState

TargetTest = Callable[[Moment], bool]


@dataclass(frozen=True, slots=True)
class Rule:
    """One row of the policy. `index` is its place in the file, as the bus carries it."""

    id: str
    index: int
    paths: frozenset[str]
    target: TargetTest
    when: tuple[str, ...]
    outcome: Outcome
    by_hand: Outcome
    reason: str
    unless: frozenset[tuple[str, Value]]

    def applies(self, moment: Moment) -> bool:
        """Return whether the rule speaks of this command in this moment."""
        return (
            moment.command.path in self.paths
            and (moment.command.path, moment.command.target) not in self.unless
            and self.target(moment)
            and all(CONDITIONS[name](moment) for name in self.when)
        )


@dataclass(frozen=True, slots=True)
class SideEffect:
    """Another actuator that is set along. It applies only where its reading calls for it; unknown calls for it."""

    on: tuple[str, Value]
    path: str
    to: Value
    above: float | None = None
    below: float | None = None
    unless: str | None = None

    def needed(self, state: VehicleState) -> bool:
        """Return whether the actuator has to be moved."""
        if self.unless is not None and state.actual(self.unless) is True:
            return False
        number = state.number(self.path)
        if self.above is not None:
            return number is None or number > self.above
        if self.below is not None:
            return number is None or number < self.below
        return state.actual(self.path) != self.to


@dataclass(frozen=True, slots=True)
class Limits:
    """How much and how often without asking."""

    calls_without_confirmation: int
    changes_of_one_actuator: int
    within_seconds: float
    confirmation_seconds: float


@dataclass(frozen=True)
class Policy:
    """Everything the policy file says."""

    rules: tuple[Rule, ...]
    side_effects: tuple[SideEffect, ...]
    limits: Limits

    @cached_property
    def by_path(self) -> Mapping[str, tuple[Rule, ...]]:
        """The rules that can speak of each actuator, in their order."""
        found: dict[str, tuple[Rule, ...]] = {}
        for rule in self.rules:
            for path in rule.paths:
                found[path] = (*found.get(path, ()), rule)
        return found

    def expand(self, commands: Sequence[Command], state: VehicleState) -> tuple[Command, ...]:
        """Return the commands with their side effects, each actuator once; what was asked for goes before."""
        found = {command.path: command for command in commands}
        queue = list(commands)
        while queue:
            command = queue.pop(0)
            for effect in self.side_effects:
                if effect.on == (command.path, command.target) and effect.path not in found and effect.needed(state):
                    added = Command(effect.path, effect.to, command.call, is_side_effect=True)
                    found[effect.path] = added
                    queue.append(added)
        return tuple(found.values())


def _target_test(text: Any) -> TargetTest:
    if text is None:
        return lambda moment: True
    if isinstance(text, list):
        return lambda moment: moment.command.target in text
    if isinstance(text, str) and text.startswith(("opening", "closing")):
        _, _, above = text.partition("above")
        return lambda moment: _travels(moment, text.startswith("opening"), float(above or 0))
    if isinstance(text, str) and text.startswith((">", "<")):
        limit = float(text[1:])
        is_over = text[0] == ">"
        return lambda moment: (
            (float(moment.command.target) > limit) if is_over else (float(moment.command.target) < limit)
        )
    return lambda moment: bool(moment.command.target == text)


def _travels(moment: Moment, is_opening: bool, above: float) -> bool:
    """Return whether something opens (or closes): moves away from 0, on either side, since a tilted roof is open too."""
    now, target = moment.state.number(moment.command.path), abs(float(moment.command.target))
    if is_opening:
        return target > above and (now is None or target > abs(now))
    return now is None or target < abs(now)


def _rule(index: int, row: Mapping[str, Any], catalogue: Catalogue) -> Rule:
    for name in row.get("when", ()):
        if name not in CONDITIONS:
            raise UnknownNameError("condition", name, CONDITIONS)
    paths = frozenset(path for pattern in row["paths"] for path in catalogue.matching(pattern))
    outcome = Outcome(row["verdict"])
    return Rule(
        id=row["id"],
        index=index,
        paths=frozenset(path for path in paths if catalogue[path].is_actuator),
        target=_target_test(row.get("target")),
        when=tuple(row.get("when", ())),
        outcome=outcome,
        by_hand=Outcome(row.get("by_hand", row["verdict"])),
        reason=row["reason"],
        unless=frozenset((path, catalogue[path].check(target)) for path, target in row.get("unless", {}).items()),
    )


def _side_effects(rows: Sequence[Mapping[str, Any]], catalogue: Catalogue) -> tuple[SideEffect, ...]:
    effects = []
    for row in rows:
        on = (catalogue[row["command"]["path"]].path, row["command"]["target"])
        for item in row["set"]:
            low = item.get("at_least")
            to = catalogue[item["path"]].check(item["to"] if low is None else low)
            effects.append(SideEffect(on, item["path"], to, item.get("above"), low, item.get("unless")))
    return tuple(effects)


def read_policy(path: Path, catalogue: Catalogue) -> Policy:
    """Return the policy that a file describes. Raises InputError where it names what does not exist."""
    data = load_yaml(path)
    try:
        rules = tuple(_rule(index, row, catalogue) for index, row in enumerate(data["rules"]))
        return Policy(rules, _side_effects(data["side_effects"], catalogue), Limits(**data["limits"]))
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(f"{path}: a rule is incomplete: {error}") from error


@cache
def default_policy() -> Policy:
    """Return the policy that ships with carpilot."""
    return read_policy(asset("vehicle", "policy.yaml"), default_catalogue())
