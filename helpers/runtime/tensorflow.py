"""TensorFlow and Keras, imported when they are first needed: a module that may need them must not cost its import."""

from types import ModuleType


def tensorflow() -> ModuleType:
    """Return the `tensorflow` module; `helpers` keeps its start-up notices away."""
    import tensorflow

    return tensorflow


def keras() -> ModuleType:
    """Return the `keras` module on the TensorFlow back end."""
    import keras

    return keras
