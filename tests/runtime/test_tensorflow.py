"""TensorFlow's notices stay away however it is imported; that it is missing is said as always."""

import os
import subprocess
import sys

import pytest


def stderr_of(code: str) -> str:
    """What a process of its own writes to file descriptor 2, with TensorFlow's log level as a user has it."""
    environment = {name: value for name, value in os.environ.items() if name != "TF_CPP_MIN_LOG_LEVEL"}
    return subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True).stderr


@pytest.mark.parametrize("module", ["keras", "tensorflow"])
def test_no_notice_on_import_and_with_the_first_network(module):
    code = f"import helpers, {module}; import keras; keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])"
    assert stderr_of(code) == ""


def test_importing_helpers_loads_nothing_heavy():
    heavy = "{'tensorflow', 'keras', 'numpy', 'matplotlib', 'ipywidgets'}"
    assert stderr_of(f"import helpers, sys; sys.exit(str(sorted({heavy} & set(sys.modules))))").strip() == "[]"


def test_the_module_keeps_its_own_loader():
    code = (
        "import helpers, importlib.util, sys; assert importlib.util.find_spec('tensorflow'); import tensorflow as tf; "
        "sys.exit(type(tf.__loader__).__name__ + type(tf.__spec__.loader).__name__)"
    )
    assert stderr_of(code).strip() == "SourceFileLoader" * 2


def test_a_missing_tensorflow_is_heard():
    code = "import helpers, sys; sys.path = [p for p in sys.path if 'site-packages' not in p]; import tensorflow"
    assert "ModuleNotFoundError: No module named 'tensorflow'" in stderr_of(code)
