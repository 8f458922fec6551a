"""Plain words of consent and refusal, understood without a model while a question is open."""

YES = frozenset({"yes", "yeah", "yep", "yes please", "sure", "ok", "okay", "do it", "go ahead", "confirm", "please do"})
NO = frozenset(
    {"no", "nope", "no thanks", "no leave it", "leave it", "cancel", "stop", "never mind", "don't", "do not"}
)


def consent(text: str) -> bool | None:
    """Return whether words say yes or no; None where they say neither."""
    words = " ".join("".join(c for c in text.lower() if c.isalnum() or c in " '").split())
    return True if words in YES else False if words in NO else None
