"""TensorFlow, imported without its start-up notices."""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Iterator
from types import ModuleType


def tensorflow() -> ModuleType:
    """Return the `tensorflow` module; the first call imports it and hides its start-up notices.

    TensorFlow's C++ part writes notices on oneDNN and missing graphics cards straight to file descriptor 2, whatever
    the log level says. They frighten newcomers and tell them nothing, so the descriptor is closed off during the
    import only. A failing import is still heard: the exception passes through. Later "errors" of oneDNN, which only say
    that another kernel is used on this processor, are hidden by the log level: real errors reach Python as exceptions.
    """
    if "tensorflow" in sys.modules and hasattr(sys.modules["tensorflow"], "function"):
        return sys.modules["tensorflow"]
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    with _silent_stderr():
        import tensorflow

        tensorflow.constant(0)  # the device search, the second source of notices, runs with the first tensor
    return tensorflow


def keras() -> ModuleType:
    """Return the `keras` module on the TensorFlow back end, imported without notices."""
    tensorflow()
    import keras

    return keras


@contextlib.contextmanager
def _silent_stderr() -> Iterator[None]:
    """Point file descriptor 2 at the null device for a moment."""
    kept = os.dup(2)
    null = os.open(os.devnull, os.O_WRONLY)
    try:
        os.dup2(null, 2)
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(null)
