"""Numbers in what somebody says: `twenty two and a half` becomes `22.5`, `72 fahrenheit` becomes `22 celsius`.

Both the model's prompt and its grammar read the rewritten words, so a number that nobody said cannot be proposed.
"""

import re

# fmt: off
UNITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
         "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen")
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
# fmt: on
_UNITS = {name: value for value, name in enumerate(UNITS)}
_TENS = {name: 10 * value for value, name in enumerate(TENS, start=2)}
# Alone, "one" and "zero" are mostly no numbers ("this one"); beside these words they are.
_BEFORE_ONE = re.compile(
    r"to|at|by|level|on|speed|step|stage|number|setting|fan|volume|heat(ing|er)?|cooling|ventilation|massage|than|say|rather"
)
_AFTER_ONE = re.compile(r"degrees?|percent|notch|level|celsius|bars?|steps?|amps?|millimetres?|centimetres?")
_WORDS = re.compile(r"\d+(?:[.,]\d+)?|[a-z]+(?:'[a-z]+)?|[^\sa-z\d]")
_NUMBER = re.compile(r"\d+(?:\.\d+)?")
_SIGNED = re.compile(r"(minus |(?<!\d )- ?)?(\d+(?:\.\d+)?)")
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}\b)")
_FAHRENHEIT = re.compile(r"(\d+(?:\.\d+)?) ?(?:degrees |° ?)?(?:fahrenheit|f)\b")


def _tens(words: list[str], at: int) -> tuple[int, int] | None:
    """Return a number below a hundred that starts at a word, and the word after it."""
    word = words[at]
    if word in _TENS:
        after = at + 1
        if after + 1 < len(words) and words[after] == "-" and words[after + 1] in _UNITS:
            after += 1
        if after < len(words) and 0 < _UNITS.get(words[after], 0) < 10:
            return _TENS[word] + _UNITS[words[after]], after + 1
        return _TENS[word], at + 1
    if word in _UNITS:
        return _UNITS[word], at + 1
    return None


def _is_lone_one(words: list[str], at: int, after: int) -> bool:
    if after != at + 1 or words[at] not in ("one", "zero"):
        return False
    before = words[at - 1] if at else ""
    following = words[after] if after < len(words) else ""
    stands_alone = at == 0 and not following
    return not (_BEFORE_ONE.fullmatch(before) or _AFTER_ONE.fullmatch(following) or stands_alone)


def _number(words: list[str], at: int) -> tuple[float, int] | None:
    """Return the number that starts at a word, and the word after it."""
    if words[at : at + 2] in (["a", "hundred"], ["one", "hundred"]) or words[at] == "hundred":
        after = at + (1 if words[at] == "hundred" else 2)
        rest = after + 1 if words[after : after + 1] == ["and"] else after
        more = _tens(words, rest) if rest < len(words) else None
        return (100.0 + more[0], more[1]) if more else (100.0, after)
    whole = _tens(words, at)
    if whole is None:
        if not _NUMBER.fullmatch(words[at].replace(",", ".")):
            return None
        whole_value, after = float(words[at].replace(",", ".")), at + 1
    else:
        if _is_lone_one(words, at, whole[1]):
            return None
        whole_value, after = float(whole[0]), whole[1]
    if words[after : after + 3] == ["and", "a", "half"]:
        return whole_value + 0.5, after + 3
    if after + 1 < len(words) and words[after] == "point":
        tenths = _UNITS.get(words[after + 1], 10)
        if tenths < 10:
            return whole_value + tenths / 10, after + 2
    return whole_value, after


def with_digits(text: str) -> str:
    """Return the words in lower case, single-spaced, with every number in digits and Fahrenheit as Celsius."""
    words = _WORDS.findall(_THOUSANDS.sub("", text.lower().replace("\u2019", "'")))
    parts: list[str] = []
    at = 0
    while at < len(words):
        found = _number(words, at)
        if found is None:
            parts.append(words[at])
            at += 1
        else:
            parts.append(f"{found[0]:g}")
            at = found[1]
    joined = re.sub(r" ([,.;:!?%])", r"\1", " ".join(parts))
    return _FAHRENHEIT.sub(lambda match: f"{round((float(match[1]) - 32) / 1.8 * 2) / 2:g} celsius", joined)


def numbers_said(text: str) -> frozenset[float]:
    """Return the numbers in words that went through `with_digits`; below zero after a minus."""
    return frozenset(float(number) * (-1 if sign else 1) for sign, number in _SIGNED.findall(text))
