"""What a message of an error must be."""

import pytest


def one_sentence(error: pytest.ExceptionInfo) -> str:
    """The message, checked to be one line, one sentence with advice, of bearable length."""
    text = str(error.value)
    assert "\n" not in text and text.endswith(".") and len(text) < 400, text
    assert "; " in text or ": " in text, f"no advice in: {text}"
    assert "object at 0x" not in text and "Traceback" not in text
    return text
