"""Small tools under the course's notebooks: data, networks, pictures, and the methods that look inside a network.

Importing this package loads nothing heavy. Import what you need: `from helpers import datasets, images, plots`; the
library itself plainly, afterwards: `import keras`, `import tensorflow as tf`.

TensorFlow's C++ part writes notices on oneDNN and missing graphics cards straight to file descriptor 2 while it is
imported and with its first tensor. They frighten newcomers and tell them nothing, so both happen here with the
descriptor closed off. A failing import is still heard: the exception passes through. Later "errors" of oneDNN, which
only say that another kernel is used on this processor, are hidden by the log level; real errors are exceptions.
"""

import importlib.abc
import importlib.machinery
import os
import sys
from types import ModuleType
from typing import Any

__version__ = "1.0.0"


class _QuietTensorFlow(importlib.abc.MetaPathFinder):
    """Find TensorFlow as usual, and have it loaded without its notices."""

    def find_spec(self, name: str, path: Any, target: Any = None) -> importlib.machinery.ModuleSpec | None:
        spec = importlib.machinery.PathFinder.find_spec(name, path) if name == "tensorflow" else None
        if spec is not None and spec.loader is not None:
            spec.loader = _QuietLoader(spec.loader)
        return spec


class _QuietLoader(importlib.abc.Loader):
    """Load a module by its own loader with standard error closed off, and make its first tensor."""

    def __init__(self, own: Any) -> None:
        self.own = own

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self.own.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        from helpers.runtime.processors import cores, threads
        from helpers.runtime.quiet import silent_stderr

        module.__loader__ = module.__spec__.loader = self.own
        with silent_stderr():
            self.own.exec_module(module)
            if threads() != cores():
                module.config.threading.set_intra_op_parallelism_threads(threads())
                module.config.threading.set_inter_op_parallelism_threads(threads())
            module.constant(0)  # the device search, the second source of notices, runs with the first tensor


if not any(isinstance(finder, _QuietTensorFlow) for finder in sys.meta_path):
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    sys.meta_path.insert(0, _QuietTensorFlow())
