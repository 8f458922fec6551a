"""CAR-bench's instruction to a played driver, put in that driver's own words by rules.

The instruction is written to a language model: "You want ... If the assistant asks ..., you ...". A sentence that requests
something, or wishes something of a device, is a turn. What follows "if the assistant asks" is an answer, said where the car
asks back; consent is given by the case. Sentences of feeling, expectation and stage direction are not said. "you" becomes "I",
or "me" after a preposition.
"""

import re
from dataclasses import dataclass

SENTENCE = re.compile(r"(?<=[.!?])\s+")
REQUEST = re.compile(
    r"^.*?\b(?:(?:you (?:will )?(?:then )?|start by |then |to )?(?:ask|request|tell|stat)(?:ing|s)?"
    r"(?: (?:to )?the assistant)?(?: to| that| you want to)?(?: you want to)?|want the (?:assistant|car|system) to(?: also)?)\s+",
    re.IGNORECASE,
)
ASK_FOR = re.compile(r"\byou (?:also |then )?ask for\b", re.IGNORECASE)
ASKS = re.compile(r"\b(?:ask(?:ing|s)?|request|tell|stating|want the (?:assistant|car|system) to)\b", re.IGNORECASE)
WISH = re.compile(
    r"\byou(?:'d| would)?\b(?: \w+ly)?(?: also| then| initially| specifically| still)? (?:want|like|need|wish|prefer)",
    re.I,
)
DEVICE = re.compile(
    r"\b(?:windows?|sunroof|sunshade|trunk|temperature|heating|fan|airflow|air conditioning|ac|air circulation|fresh air mode"
    r"|change this|defrost|lights?|beams?|headlights|degrees|distance)\b",
    re.IGNORECASE,
)
NOT_SAID = re.compile(
    r"\b(?:it is expected|you (?:understand|expect)|you are (?:also )?(?:okay|fine|aware)|do not (?:come|make|specify|tell)"
    r"|you should|natural conversation|the assistant (?:will|might|mentions|proposes|says))\b",
    re.IGNORECASE,
)
PLAYED = re.compile(r"^(?:if|when) (?:the assistants?|he|it)\b", re.IGNORECASE)
QUESTION = re.compile(
    r"^(?:if|when) (?:the assistants?|he|it) (?:asks?|suggests?|proposes)\b(?!.*\bconfirm)[^,]*,\s*(?:then )?(?P<answer>.+)$",
    re.IGNORECASE,
)
TAIL = re.compile(r"[,;]?\s*(?:-|\()?\s*\b(?:if|when) (?:the assistant|he)\b.*$", re.IGNORECASE)
PARENTHESIS = re.compile(r"\s*\([^)]*\)")
LEAD = re.compile(r"^(?:you )?(?:specifically )?(?:specify|tell them)(?: that)?\s+", re.IGNORECASE)
DENIAL = re.compile(r"\b(?:deny|go with whatever)\b", re.IGNORECASE)
AFTER = r"(?:for|to|with|of|around|at|both|and|by|near|toward|towards|cooling|cool|warm)"
PRONOUNS = (
    (re.compile(r"\byou're\b", re.I), "I'm"),
    (re.compile(r"\byou'll\b", re.I), "I'll"),
    (re.compile(r"\byou'd\b", re.I), "I'd"),
    (re.compile(r"\byou are\b", re.I), "I am"),
    (re.compile(r"\byourself\b", re.I), "myself"),
    (re.compile(r"\byour\b", re.I), "my"),
    (re.compile(rf"\b({AFTER}) you\b(?! (?:want|are|would|need|also|don|like|have|realize))", re.I), r"\1 me"),
    (re.compile(r"\byou\b", re.I), "I"),
)


@dataclass(frozen=True, slots=True)
class Part:
    """What a played driver says: turns, and answers for when the car asks back."""

    turns: tuple[str, ...]
    answers: tuple[str, ...]


def read_part(instruction: str) -> Part:
    """Return the driver's part of an instruction; it may have no turn."""
    sentences = [PARENTHESIS.sub("", s).strip() for s in SENTENCE.split(instruction.strip())]
    answers = [TAIL.sub("", found["answer"]) for s in sentences if (found := QUESTION.match(s))]
    said = [ASK_FOR.sub("you want", TAIL.sub("", s)) for s in sentences if not PLAYED.match(s)]
    requests = [
        REQUEST.sub("", s, count=1) if ASKS.search(s) else s
        for s in said
        if not NOT_SAID.search(s) and (ASKS.search(s) or (WISH.search(s) and DEVICE.search(s)))
    ]
    told = [LEAD.sub("", answer) for answer in answers if not DENIAL.search(answer)]
    return Part(tuple(map(_in_words, requests)), tuple(map(_in_words, told)))


def _in_words(words: str) -> str:
    """Return a sentence as the driver says it."""
    for pattern, replacement in PRONOUNS:
        words = pattern.sub(replacement, words)
    words = words.strip().rstrip(".;, ")
    return f"{words[:1].upper()}{words[1:]}."
