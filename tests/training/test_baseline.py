"""The plain peer answers what it has seen, asks otherwise, and is the same every time."""

from carpilot.decision import Act
from carpilot.reasoning.phrases import parse_calls, read_phrase_book
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

    acts = [t for t in read_phrase_book().templates if "(" not in t.text and t.calls.startswith("set_")]
    plain = [t for t in acts if not set(t.text) & set("[{|") and ";" not in t.calls][::40]
    right = [calls(baseline, t.text) == (Act.COMMAND, tuple(map(str, parse_calls(t.calls)))) for t in plain]
    assert len(right) > 20 and sum(right) >= 0.75 * len(right)  # it asks where two are as similar
    assert calls(baseline, "qwx zzzt brmpf")[0] is Act.ASK
    texts = ("open the window", "it is too dark in here", "what is my range")
    assert [calls(baseline, text) for text in texts] == [calls(other, text) for text in texts]
