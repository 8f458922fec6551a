from carpilot.dashboard.entry import Entry
from carpilot.request import MAX_REQUEST_CHARACTERS


def typed(text: str) -> Entry:
    entry = Entry()
    entry.insert(text)
    return entry


def test_text_goes_in_at_the_caret() -> None:
    entry = typed("wrm")
    entry.move(-2)
    entry.insert("a")
    assert (entry.text, entry.caret) == ("warm", 2)


def test_the_caret_stays_between_the_ends() -> None:
    entry = typed("ab")
    entry.move(9)
    assert entry.caret == 2
    entry.move(-9)
    entry.erase()
    assert (entry.text, entry.caret) == ("ab", 0)


def test_erasing_before_ahead_and_by_word() -> None:
    entry = typed("open the boot")
    entry.erase()
    assert entry.text == "open the boo"
    entry.erase_word()
    assert (entry.text, entry.caret) == ("open the ", 9)
    entry.move(-9)
    entry.erase(ahead=True)
    assert entry.text == "pen the "


def test_pasted_lines_become_one_and_are_bounded() -> None:
    entry = typed("one\ntwo\tthree\0")
    assert entry.text == "one two three "
    entry.insert("x" * 2 * MAX_REQUEST_CHARACTERS)
    assert len(entry.text) == MAX_REQUEST_CHARACTERS


def test_history_goes_back_and_returns_to_the_draft() -> None:
    entry = Entry()
    for words in ("first", "second", "second", "  "):
        entry.insert(words)
        entry.take()
    entry.insert("draft")
    seen = []
    for step in (-1, -1, -1, 1, 1, 1):
        entry.recall(step)
        seen.append(entry.text)
    assert seen == ["second", "first", "first", "second", "draft", "draft"]


def test_taking_a_line_trims_it_and_starts_anew() -> None:
    entry = typed("  warmer ")
    assert entry.take() == "warmer"
    assert (entry.text, entry.caret) == ("", 0)
