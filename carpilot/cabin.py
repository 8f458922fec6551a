"""The composition root: a car, a model, the gate between them, and the conversation.

One request is in hand at a time. `ask` runs the model where it stands and lets simulated time pass until everything is
settled; `submit` starts the model in a thread and `advance` picks its decision up. Either way the decision is judged and
sent at the instant when it arrives, not on the state that the model saw.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from random import Random

from carpilot.bus.couplings import Couplings
from carpilot.bus.guardian import BusHealth
from carpilot.car import Car
from carpilot.consent import consent
from carpilot.decision import Act, Command, Outcome
from carpilot.drive_record import DriveRecord
from carpilot.exchange import Exchange, Result, conclude, plan_row, turns
from carpilot.execution import Execution, Row
from carpilot.faults import Fault, inject
from carpilot.faults.words import parse_fault
from carpilot.frame_window import FrameWindow
from carpilot.policy.judge import Channel, Confirmation
from carpilot.policy.rules import Policy, default_policy
from carpilot.reasoning.agent import Exit, Proposal, propose
from carpilot.reasoning.reasoner import THINK_SECONDS, Control, Reasoner
from carpilot.reasoning.tools import ToolCatalogue, default_tools
from carpilot.request import Request, Seat
from carpilot.restraint import BY_HAND, Restraint
from carpilot.snapshot import Snapshot
from carpilot.speech import NO_LAMP, sentence, tell
from carpilot.thinking import Thinking
from carpilot.trouble import ANSWER_WITHIN_NS, lamps_among, tell_reasons
from carpilot.units import NS_PER_MS, NS_PER_S, NS_PER_US, seconds_to_ns
from carpilot.vehicle.catalogue import Value

TICK_NS = 10 * NS_PER_MS
KEPT_TURNS = 8
SETTLE_LIMIT_NS = 12 * NS_PER_S
MODEL_TIME_IN_REPLAY_NS = 200 * NS_PER_MS
AFTER_SETTLED_NS = 100 * NS_PER_MS
DEGRADED = {BusHealth.OVERLOADED: "full", BusHealth.STUCK: "dead", BusHealth.SILENT: "silent"}


class Cabin:
    """A car with a copilot in it."""

    def __init__(
        self,
        reasoner: Reasoner,
        start: Mapping[str, Value] | None = None,
        *,
        bus_log: Path | None = None,
        decision_log: Path | None = None,
        attach: bool = False,
        policy: Policy | None = None,
        tools: ToolCatalogue | None = None,
        seed: int = 0,
        think_seconds: float = THINK_SECONDS,
    ) -> None:
        self.reasoner = reasoner
        self._think_seconds = think_seconds
        self.policy = policy or default_policy()
        self.tools = tools or default_tools()
        self.record = DriveRecord(bus_log, decision_log)
        self.exchanges: list[Exchange] = []
        self._open: list[Exchange] = []
        self._confirmation: Confirmation | None = None
        self._thinking: Thinking | None = None
        self.frames = FrameWindow(lambda frame: self.car.name_of(frame) if hasattr(self, "car") else "")
        self._restraint = Restraint(self.policy.limits)
        self._random = Random(seed)
        self.car = Car(start, (self.frames, self.record.on_frame) if bus_log else (self.frames,), seed=seed)
        self.record.follow(self.car)
        self.car.commander.port.on_bus_off = lambda: self._give_up("the copilot is cut off from the bus")
        self.car.on_degraded = lambda health: self._give_up(f"the car's network is {DEGRADED[health]}")
        self.couplings = Couplings(self.car.buses, attach)
        self.record.write("start", model=reasoner.name, start=dict(start or {}))

    @property
    def now_ns(self) -> int:
        """Simulation time."""
        return self.car.now_ns

    def close(self) -> None:
        """End what runs and finish the logs."""
        if self._thinking:
            self._thinking.close()
        self.couplings.close()
        self.record.close()

    # Time

    def advance(self, seconds: float) -> None:
        """Let simulated time pass."""
        self.advance_ns(seconds_to_ns(seconds))

    def advance_ns(self, duration_ns: int) -> None:
        """Let simulated time pass, looking every 10 ms at what is open."""
        end_ns = self.now_ns + duration_ns
        while self.now_ns < end_ns:
            self._collect()
            self.couplings.poll()
            self.car.advance(min(TICK_NS, end_ns - self.now_ns))
            self._refresh()

    def _refresh(self) -> None:
        self.record.watch()
        for exchange in tuple(self._open):
            if exchange.execution:
                exchange.execution.refresh()
                if exchange.execution.is_settled:
                    self._open.remove(exchange)
                    self._end(exchange)
        if self._confirmation and self.now_ns > self._confirmation.expires_ns:
            self._drop_confirmation("the question has expired")

    def _collect(self) -> None:
        thinking = self._thinking
        if thinking and thinking.is_over:
            self._thinking = None
            if thinking.answer:
                self._carry_out(thinking.exchange, thinking.answer)
            else:
                self._finish(thinking.exchange, Result.FAILED, "I could not work that out, so I did nothing.")

    # Requests

    def ask(self, text: str, seat: Seat = Seat.DRIVER, on_thought: Callable[[str], None] | None = None) -> Exchange:
        """Hear a request, think, act, and return when everything has an end."""
        exchange = self._hear(text, seat)
        if exchange.result is None and not self._answer_in_words(exchange):
            proposal = self._propose(
                exchange, Control(on_thought or (lambda piece: None), max_seconds=self._think_seconds)
            )
            self.advance_ns(MODEL_TIME_IN_REPLAY_NS)
            self._carry_out(exchange, proposal)
        self._settle(exchange)
        return exchange

    def begin(self, text: str, seat: Seat = Seat.DRIVER) -> Exchange:
        """Hear a request and decide, with simulated time passing only for the model; what follows is up to `advance`."""
        exchange = self._hear(text, seat)
        if not self._answer_in_words(exchange):
            proposal = self._propose(exchange, Control(max_seconds=self._think_seconds))
            self.advance_ns(MODEL_TIME_IN_REPLAY_NS)
            self._carry_out(exchange, proposal)
        return exchange

    def submit(self, text: str, seat: Seat = Seat.DRIVER) -> None:
        """Hear a request; the model works on it in a thread. A request that is still being thought about is given up."""
        if self._thinking:
            self._thinking.cancel()
            self._finish(self._thinking.exchange, Result.FAILED, "All right, I leave it.")
            self._thinking = None
        exchange = self._hear(text, seat)
        if self._answer_in_words(exchange):
            return
        self._thinking = Thinking(exchange, self._propose, self._think_seconds)

    def _hear(self, text: str, seat: Seat) -> Exchange:
        request = Request(len(self.exchanges) + 1, text, seat, self.now_ns)
        exchange = Exchange(request, first_frame=len(self.frames.all or ()))
        self.exchanges.append(exchange)
        self.record.write("request", number=request.number, text=text, seat=seat.value)
        return exchange

    def _propose(self, exchange: Exchange, control: Control) -> Proposal:
        history = turns(self.exchanges, KEPT_TURNS)
        return propose(self.reasoner, exchange.request, self.car.state(), self.tools, history, control)

    def _answer_in_words(self, exchange: Exchange) -> bool:
        """Take plain words of consent or refusal while a question is open."""
        is_yes = consent(exchange.request.text) if self._confirmation else None
        if is_yes is None:
            return False
        self._answer(exchange, is_yes)
        return True

    def confirm(self, text: str, seat: Seat, yes: bool) -> Exchange:
        """Hear words that answer the open question, whatever they are; without a question they are nothing."""
        exchange = self._hear(text, seat)
        if self._confirmation is None:
            self._finish(exchange, Result.NOT_DONE, "There is nothing to confirm.")
        else:
            self._answer(exchange, yes)
        return exchange

    def answer(self, yes: bool) -> None:
        """Answer the open question by hand."""
        if self._confirmation is not None:
            self._answer(self._hear("yes" if yes else "no", Seat.DRIVER), yes)

    def _answer(self, exchange: Exchange, yes: bool) -> None:
        confirmation = self._confirmation
        assert confirmation is not None
        problem = confirmation.problem(self.car.state(), exchange.request.seat)
        if exchange.request.seat is not Seat.DRIVER:
            self._finish(exchange, Result.DENIED, "Only the driver can confirm that.")
            return
        if yes and not problem and self.record.is_broken:
            problem = "the log cannot be written, and a confirmation must be on record"
        self._confirmation = None
        if not yes or problem:
            reason = problem or "you said no"
            self._withdraw(confirmation, reason)
            if problem:
                self._finish(exchange, Result.NOT_DONE, sentence(f"not done: {problem}"))
            else:
                self._finish(exchange, Result.REFUSED, "All right, I leave it.")
            return
        self.record.write("confirmed", number=exchange.request.number, of=confirmation.request_number)
        self._execute(exchange, confirmation.commands, Channel.CONFIRMED)

    def _withdraw(self, confirmation: Confirmation, reason: str) -> None:
        for exchange in self.exchanges:
            if exchange.request.number == confirmation.request_number and exchange.execution:
                exchange.execution.withdraw(reason)
        self.record.write("withdrawn", number=confirmation.request_number, reason=reason)

    def _drop_confirmation(self, reason: str) -> None:
        confirmation, self._confirmation = self._confirmation, None
        if confirmation:
            self._withdraw(confirmation, reason)

    # From decision to frames

    def _carry_out(self, exchange: Exchange, proposal: Proposal) -> None:
        exchange.proposal, exchange.decided_ns = proposal, self.now_ns
        decision = proposal.decision
        exchange.thought = decision.thought or exchange.thought
        self.record.write(
            "decision",
            number=exchange.request.number,
            act=decision.act.value,
            thought=decision.thought,
            calls=list(map(str, decision.calls)),
            exit=proposal.exit.value,
        )
        if decision.act is Act.COMMAND:
            self._drop_confirmation("another request came")
            self._execute(exchange, decision.commands, Channel.SPOKEN)
        elif decision.act is Act.ANSWER:
            self._finish(exchange, Result.ANSWERED, f"{decision.reply} {self._tell(decision.about)}".strip())
        elif proposal.exit is not Exit.DECIDED:
            self._finish(exchange, Result.FAILED, decision.reply)
        else:
            self._finish(exchange, Result.ASKED if decision.act is Act.ASK else Result.REFUSED, decision.reply)

    def _tell(self, about: Sequence[str]) -> str:
        """Return an answer; of warning lamps, which are lit and why."""
        lit = [path for path in about if self.car.state().actual(path) is True]
        if not lamps_among(about):
            return tell(self.car.catalogue, about, self.car.state())
        if not lit:
            return NO_LAMP
        self.car.reader.ask()
        self.car.advance(ANSWER_WITHIN_NS)
        reason = tell_reasons(lamps_among(lit), self.car.reader.codes)
        return f"{tell(self.car.catalogue, lit, self.car.state())} {reason}"

    def _execute(self, exchange: Exchange, commands: Sequence[Command], channel: Channel) -> None:
        execution = Execution(self.car, self.policy, exchange.request)
        execution.on_settled = lambda row: self._log_row("settled", exchange, row)
        start_ns = time.perf_counter_ns()
        rows = execution.judge(commands, channel)
        exchange.gate_us += (time.perf_counter_ns() - start_ns) / NS_PER_US
        rows = [self._restraint.review(row, exchange.request, channel, self.now_ns) for row in rows]
        exchange.execution = execution
        execution.send(rows)
        for row in rows:
            self._log_row("verdict", exchange, row)
        waiting = [row for row in rows if row.verdict.outcome is Outcome.CONFIRM]
        if waiting:
            lasts_ns = seconds_to_ns(self.policy.limits.confirmation_seconds)
            question = waiting[0].verdict.reason
            self._confirmation = Confirmation.ask(
                exchange.request.number, [row.command for row in waiting], question, self.car.state(), lasts_ns
            )
        if execution.is_settled:
            self._end(exchange)
        else:
            self._open.append(exchange)

    def _log_row(self, event: str, exchange: Exchange, row: Row) -> None:
        fields = {"path": row.command.path, "target": row.command.target, "old": row.old, "actual": row.actual}
        if event == "verdict":
            fields |= {"verdict": row.verdict.outcome.value, "rule": row.verdict.rule, "reason": row.verdict.reason}
        else:
            fields |= {"status": row.status.value, "detail": row.detail}
        self.record.write(event, number=exchange.request.number, **fields)

    # The end of a request

    def _end(self, exchange: Exchange) -> None:
        self._finish(exchange, *conclude(self.car.catalogue, exchange.rows))

    def _finish(self, exchange: Exchange, result: Result, reply: str) -> None:
        exchange.result, exchange.reply, exchange.ended_ns = result, reply, self.now_ns
        self.record.write("end", number=exchange.request.number, result=result.value, reply=reply)

    def _settle(self, exchange: Exchange) -> None:
        limit_ns = self.now_ns + SETTLE_LIMIT_NS
        while exchange.result is None and self.now_ns < limit_ns:
            self.advance_ns(TICK_NS)
        self.advance_ns(AFTER_SETTLED_NS)

    # Hands, feet, and the world

    def touch(self, path: str, target: Value) -> None:
        """Ask for a target with a hand on the control: gate, bus, ECU, status, like words. The hand wins over words."""
        checked = self.car.catalogue[path].check(target)
        self._yield_to_hand(path)
        exchange = self._hear(f"touch {self.car.catalogue[path].label}", Seat.DRIVER)
        exchange.is_by_hand = True
        self._execute(exchange, (Command(path, checked),), Channel.HAND)

    def _yield_to_hand(self, path: str) -> None:
        """Let go of an actuator: what was asked of it in words before this instant is not done."""
        self._restraint.touch(path, self.now_ns)
        for exchange in self._open:
            if exchange.execution:
                exchange.execution.give_way(path, BY_HAND)
        if self._confirmation and any(command.path == path for command in self._confirmation.commands):
            self._drop_confirmation(BY_HAND)

    def drive(self, throttle: float, brake: float) -> None:
        """Hold the pedals, each 0 to 1. Braking withdraws what still waits for a yes."""
        world = self.car.world
        world.throttle, world.brake = min(1.0, max(0.0, throttle)), min(1.0, max(0.0, brake))
        if throttle > 0 or brake > 0:
            world.is_speed_held = False
        if brake > 0:
            self._drop_confirmation("you braked")

    def shift(self, gear: int) -> None:
        """Move the selector: 126 P, -1 R, 0 N, 127 D. Park and a change of direction need standstill."""
        if self.car.world.speed_mps < 1.0 or gear == 0:
            self.car.set("Vehicle.Powertrain.Transmission.CurrentGear", gear)

    def world(self, path: str, value: Value) -> None:
        """Change the world round the car, or an actuator as the driver's own hand would."""
        if self.car.catalogue[path].is_actuator:
            self._yield_to_hand(path)
        self.car.set(path, value)
        self.record.write("set", path=path, value=value)

    def fault(self, fault: Fault) -> None:
        """Let a part fail for a time. Raises InputError for a fault that cannot be."""
        inject(self.car, fault, self._random)
        given = {name: value for name, value in asdict(fault).items() if value is not None}
        self.record.write("fault", **given)

    def fault_in_words(self, text: str) -> None:
        """Let a fault loose that is written as `faults.words` says, perhaps later. Raises InputError."""
        at_s, fault = parse_fault(text, self.car.catalogue)
        if at_s <= 0:
            self.fault(fault)
        else:
            self.car.scheduler.after(seconds_to_ns(at_s), lambda: self.fault(fault))

    def _give_up(self, reason: str) -> None:
        """Give up everything that is open: nothing old is sent when the bus comes back."""
        self.car.commander.port.clear()
        for exchange in self._open:
            if exchange.execution:
                exchange.execution.give_up(reason)
        self._drop_confirmation(reason)

    # The picture

    def snapshot(self) -> Snapshot:
        """Return the picture of this instant."""
        spoken = next((exchange for exchange in reversed(self.exchanges) if not exchange.is_by_hand), None)
        shown = self.exchanges[-1] if self.exchanges else None
        plan = tuple(plan_row(row) for row in shown.rows) if shown else ()
        return Snapshot(
            time_ns=self.now_ns,
            state=self.car.state(),
            request_text=spoken.request.text if spoken else "",
            thought=spoken.thought if spoken else "",
            reply=shown.reply if shown else "",
            busy=self._thinking is not None,
            plan=plan,
            confirmation=self._confirmation.question if self._confirmation else None,
            frames=tuple(self.frames.rows),
        )
