"""Plain peers beside the model: keywords, TF-IDF with a linear classifier, and doing nothing.

`Keywords` knows what switched things are called, and on, off and numbers. `Linear` chooses among the calls of the phrase
book, with a place for each number, and fills the places with what was said. Neither knows the car's state or what was said
before; below a fixed score they ask.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from random import Random
from typing import Any

from carpilot.decision import Decision
from carpilot.errors import InputError
from carpilot.reasoning.history import Turn
from carpilot.reasoning.numbers import numbers_said, with_digits
from carpilot.reasoning.phrases import parse_calls, read_phrase_book
from carpilot.reasoning.reasoner import Control, Reasoner
from carpilot.reasoning.thought import calls_line, read_calls
from carpilot.reasoning.tools import ASK, REFUSE, Call, ToolCatalogue
from carpilot.request import Request
from carpilot.training.baseline import Baseline
from carpilot.training.corpus import Corpus
from carpilot.vehicle.state import VehicleState

SENTENCES = 40_000
ASK_BELOW = 0.15
_OFF = re.compile(r"\b(off|stop|close|shut|disable|deactivate|no|kill|end|unfold|unlock|out)\b")
_ASKING = re.compile(r"^(is|are|how|what|which|do|does|did|has|have|when|where|who|why)\b")
_UNSURE = (Call(ASK, {"about": "what"}),)


class Nothing:
    """Does nothing, whatever is said: what a suite gives away for it is worth knowing."""

    name = "nothing"

    def propose(
        self, request: Request, state: VehicleState, tools: ToolCatalogue, history: Sequence[Turn], control: Control
    ) -> Decision:
        """Return a refusal."""
        del history, control
        return tools.decide([Call(REFUSE, {"because": "not_in_car"})], state, request.seat)


class Keywords:
    """The thing with the longest name in the words is switched on, or off where a word of stopping stands beside it."""

    name = "keywords"

    def __init__(self) -> None:
        rows = read_phrase_book().devices
        self._things = sorted(
            ((noun.removeprefix("the ").removeprefix("my "), row) for row in rows for noun in row["nouns"].split("|")),
            key=lambda pair: -len(pair[0]),
        )

    def propose(
        self, request: Request, state: VehicleState, tools: ToolCatalogue, history: Sequence[Turn], control: Control
    ) -> Decision:
        """Return the switching of the thing that is named, or a question."""
        del history
        words = with_digits(request.text)
        found = next((row for noun, row in self._things if re.search(rf"\b{re.escape(noun)}\b", words)), None)
        control.on_thought("the longest name that is known")
        if found is None or _ASKING.search(words):
            return tools.decide(_UNSURE, state, request.seat)
        calls = parse_calls(found["switched_off" if _OFF.search(words) else "switched_on"])
        return tools.decide([_with_number(calls[0], tools, words)], state, request.seat, confidence=None)


def _with_number(call: Call, tools: ToolCatalogue, words: str) -> Call:
    """Return a call with its value replaced by a number that was said, where the two fit."""
    tool = tools[call.name]
    argument = tool.arguments.get(tool.value or "")
    if argument is None or argument.minimum is None or argument.maximum is None:
        return call
    low, high = argument.minimum, argument.maximum
    said = next((number for number in sorted(numbers_said(words)) if low <= number <= high), None)
    return call if said is None else Call(call.name, {**call.arguments, argument.name: said})


class Linear:
    """Logistic regression over TF-IDF of words and pairs of words; a class is a line of calls with places for numbers."""

    name = "linear"

    def __init__(self, seed: int = 1) -> None:
        try:
            from sklearn.feature_extraction.text import TfidfVectorizer
            from sklearn.linear_model import SGDClassifier
        except ImportError as error:
            raise InputError("the linear peer needs scikit-learn: pip install 'carpilot[train]'") from error
        corpus = Corpus(read_phrase_book(), (), frozenset(), Random(seed))
        examples = [corpus.plain() for _ in range(SENTENCES)]
        self._read: Any = TfidfVectorizer(ngram_range=(1, 2), min_df=2, sublinear_tf=True, token_pattern=r"[a-z0-9'.]+")
        self._choose: Any = SGDClassifier(loss="log_loss", alpha=1e-6, max_iter=8, tol=None, random_state=seed)
        features = self._read.fit_transform([_placed(example.words) for example in examples])
        self._choose.fit(
            features, [_with_places(example.target.partition("\n")[2], example.words) for example in examples]
        )

    def propose(
        self, request: Request, state: VehicleState, tools: ToolCatalogue, history: Sequence[Turn], control: Control
    ) -> Decision:
        """Return the calls of the likeliest class, or a question."""
        del history
        words = with_digits(request.text)
        scores = self._choose.predict_proba(self._read.transform([_placed(words)]))[0]
        best = int(scores.argmax())
        sure = float(scores[best])
        control.on_thought(f"the likeliest class, {sure:.2f}")
        said = sorted(numbers_said(words))
        line = str(self._choose.classes_[best])
        if sure < ASK_BELOW or line.count('"#') > len(said):
            return tools.decide(_UNSURE, state, request.seat, confidence=sure)
        for place, number in enumerate(said):
            line = line.replace(f'"#{place}"', f"{number:g}").replace(f'"-#{place}"', f"{-number:g}")
        return tools.decide(read_calls(line), state, request.seat, confidence=sure)


def _placed(words: str) -> str:
    """Return words with every number written alike."""
    return re.sub(r"\d+(\.\d+)?", "0", words)


def _with_places(line: str, words: str) -> str:
    """Return a line of calls in which a number that was said is its place among those said, in order of size."""
    said = sorted(numbers_said(words))

    def place(value: Any) -> Any:
        is_number = isinstance(value, int | float) and not isinstance(value, bool)
        if is_number and value in said:
            return f"#{said.index(value)}"
        return f"-#{said.index(-value)}" if is_number and -value in said else value

    return calls_line([Call(c.name, {k: place(v) for k, v in c.arguments.items()}) for c in read_calls(line)])


PEERS: Mapping[str, Callable[[], Reasoner]] = {peer.name: peer for peer in (Baseline, Keywords, Linear, Nothing)}
"""All plain peers, by the names that `carpilot eval --model` takes."""
