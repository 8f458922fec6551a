"""The plain peer answers what it has seen, asks otherwise, and is the same every time."""

from carpilot.decision import Act
from carpilot.reasoning.reasoner import Control
from carpilot.reasoning.tools import default_tools
from carpilot.request import Request
from carpilot.training.baseline import Baseline
from carpilot.vehicle.catalogue import default_catalogue
from carpilot.vehicle.state import state_of

STATE = state_of(default_catalogue().initial())


def test_a_sentence_of_the_phrase_book_gets_its_calls_and_gibberish_a_question() -> None:
    baseline, other = Baseline(), Baseline()

    def calls(peer: Baseline, text: str) -> tuple[Act, tuple[str, ...]]:
        decision = peer.propose(Request(1, text), STATE, default_tools(), (), Control())
        return decision.act, tuple(map(str, decision.calls))

    assert calls(baseline, "take the chill off") == (Act.COMMAND, ("set_temperature(change=2)",))
    assert calls(baseline, "qwx zzzt brmpf")[0] is Act.ASK
    texts = ("open the window", "it is too dark in here", "what is my range")
    assert [calls(baseline, text) for text in texts] == [calls(other, text) for text in texts]
