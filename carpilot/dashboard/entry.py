"""The line of text being typed, with its caret and what was said before. No pygame."""

from carpilot.request import MAX_REQUEST_CHARACTERS

HISTORY_KEPT = 100


class Entry:
    """A line of text. The caret is the number of characters before it."""

    def __init__(self) -> None:
        self.text = ""
        self.caret = 0
        self._history: list[str] = []
        self._at = 0
        self._draft = ""

    def insert(self, text: str) -> None:
        """Put text at the caret, in one line; what goes over the longest request is left out."""
        clean = "".join(c if c.isprintable() else " " for c in text)
        clean = clean[: MAX_REQUEST_CHARACTERS - len(self.text)]
        self.text = self.text[: self.caret] + clean + self.text[self.caret :]
        self.caret += len(clean)

    def erase(self, ahead: bool = False) -> None:
        """Remove the character before the caret, or the one after it."""
        if ahead:
            self.text = self.text[: self.caret] + self.text[self.caret + 1 :]
        elif self.caret:
            self.text = self.text[: self.caret - 1] + self.text[self.caret :]
            self.caret -= 1

    def erase_word(self) -> None:
        """Remove the word before the caret."""
        left = self.text[: self.caret].rstrip()
        left = left[: left.rfind(" ") + 1]
        self.text, self.caret = left + self.text[self.caret :], len(left)

    def move(self, steps: int) -> None:
        """Move the caret, not beyond the ends."""
        self.caret = min(max(self.caret + steps, 0), len(self.text))

    def clear(self) -> None:
        """Remove everything."""
        self.text, self.caret = "", 0

    def recall(self, steps: int) -> None:
        """Show an earlier (-1) or later (1) request; after the latest comes what was being typed."""
        if self._at == len(self._history):
            self._draft = self.text
        self._at = min(max(self._at + steps, 0), len(self._history))
        self.text = self._draft if self._at == len(self._history) else self._history[self._at]
        self.caret = len(self.text)

    def take(self) -> str:
        """Return the finished line and start a new one; an empty line is not remembered."""
        text = self.text.strip()
        if text and (not self._history or self._history[-1] != text):
            self._history = [*self._history, text][-HISTORY_KEPT:]
        self._at, self._draft = len(self._history), ""
        self.clear()
        return text
