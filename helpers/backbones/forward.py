"""Forward passes, by LiteRT where that is quicker and surely right, else by TensorFlow: one place decides.

LiteRT answers for networks that are loaded and not being trained, from a file that is made once and kept in the cache
folder under a sum of all that the answers depend on. Where that file is there, whoever only looks gets its answers, as
long as the network is bit for bit what the file was made from (see `State`). What is stored or learned from
goes by the number of photos alone, so that a cache never changes a result. One picture at a time is passed on: batches
are no quicker, and so an answer does not depend on its neighbours.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import json
import os
import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from helpers.backbones import graph
from helpers.backbones.functions import is_keras_function
from helpers.backbones.state import State, weights
from helpers.files import array_cache, cache_folder
from helpers.runtime import keras, tensorflow
from helpers.runtime.memory import Recent, give_memory_back
from helpers.runtime.processors import threads
from helpers.runtime.quiet import silent_stderr

MANY = 100  # photos for which a file is made
LITERT, TENSORFLOW = "LiteRT", "TensorFlow"
_FEW = 4  # pictures at once for which all maps are made though only some are asked for
_TOLERANCE = 1e-4  # of the largest value: a file that answers otherwise is not used
_LARGEST = 100_000_000  # bytes of weights; the file holds them once more
_LEAST = 20_000_000  # multiplications for a picture; TensorFlow needs 2 ms for so many
_FOLDER_LIMIT = 1_000_000_000  # bytes of files; the least recently used go first
_TINY = 8  # times smaller than usual: maps may have no place left, of which LiteRT says something and TensorFlow NaN
_VERSION = 1  # to be changed with what a file holds
_HEAD, _REFUSAL = 400, b"refused: "  # bytes; what a file begins with that holds the reason why there is no model
_MISSING = "its file has not been made"

_models = Recent(4, dropped=give_memory_back)  # by file and size of the pictures: 25 to 60 MB each


def answer(
    network: Any, batch: np.ndarray, names: Sequence[str] = (), average: bool = False, photos: int | None = None
) -> list[np.ndarray]:
    """What layers answer to a checked batch, float32 `(n, ...)` each; without names [logits, probabilities].

    average: of maps only the means over rows and columns. photos: how many the whole piece of work has, where its
    answers are stored or learned from; None where they are only looked at. `network.engine` then says who answered.
    """
    asked = network.compiled(Pass, average, *names)
    found = asked.by_litert(batch, photos)
    if found is None and photos is None and names and not average and len(batch) <= _FEW:
        shown = _shown(network)
        if set(names) <= set(shown):
            whole = network.compiled(Pass, False, *shown)
            found = whole.by_litert(batch, None, [shown.index(name) for name in names])
    network.engine = LITERT if found is not None else f"{TENSORFLOW}: {asked.reason}"
    return asked(batch) if found is None else found


def engine(network: Any, names: Sequence[str], average: bool, photos: int) -> str:
    """Who answers for so many photos that are stored or learned from; LiteRT's file is made if need be."""
    return LITERT if network.compiled(Pass, average, *names).file(photos) else TENSORFLOW


def make_files(network: Any, scores: bool = True, maps: bool = True, soon: bool = False) -> None:
    """Make the files of a network, for its scores and for the maps that are worth a look, as far as they are missing.

    soon: while something else goes on, for an explorer that is just being opened.
    """
    names = ([()] if scores and network.logits is not None else []) + ([_shown(network)] if maps else [])
    for asked in (network.compiled(Pass, False, *some) for some in names):
        if not asked.unfit and not blocked():
            threading.Thread(target=asked.make, name="LiteRT").start() if soon else asked.make()


def compile_once(function: Callable, *signature: Any) -> Callable:
    """Compile a function of tensors for one signature (tf.TensorSpec, None for any size), traced now and never again.

    The result takes numpy arrays or tensors and returns tensors. Without XLA, which is several times slower on a CPU.
    """
    return tensorflow().function(function, input_signature=signature).get_concrete_function()


class Pass:
    """One question to a network, such as for its scores, and the engines that answer it. Threads may ask together."""

    def __init__(self, network: Any, average: bool, *names: str) -> None:
        outputs = [network.output_of(name) for name in names] or [network.logits]
        self._call = _call(network, outputs, average, not names)
        self._steps, self._asked = graph.way(*outputs), [*names, average, network.squashing]
        self._signature, self._sides = network.signature, network.sides
        self._state, self._lock, self._function = State(self._steps), threading.RLock(), None
        self._network, self._file, self.unfit = network, None, _unfit(network, self._state.operations)
        self._unkept: dict[Path, bytes] = {}  # the content of a file that could not be written
        self._look, self._tried, self._seen = True, False, False  # for a file; to make one; the network before
        self.reason = ""  # why TensorFlow answers; unfit: why LiteRT never does, from the layers alone

    def __call__(self, batch: np.ndarray) -> list[np.ndarray]:
        """The answers of TensorFlow's compiled function."""
        with self._lock:
            if self._state.is_rebuilt() or self._function is None:
                self._function = compile_once(self._call, self._signature)
                give_memory_back()  # to trace leaves much behind
            function = self._function
        return [one.numpy() for one in function(batch)]

    def by_litert(
        self, batch: np.ndarray, photos: int | None, places: Sequence[int] | None = None
    ) -> list[np.ndarray] | None:
        """The answers of LiteRT, of some outputs only; None where it is TensorFlow's turn, and `reason` says why."""
        shape = batch.shape[1:]
        is_usual = len(batch) and _TINY * min(shape[:2]) >= min(self._sides)
        path = self.file(photos) if is_usual else None
        try:
            source = self._unkept.get(path, path)
            return path and _models.answer((path, shape), lambda: _opened(source, shape))(batch, places)
        except (ValueError, RuntimeError, ImportError) as error:  # a size that it does not take, no file any more
            self.reason = f"LiteRT does not take such pictures ({str(error).strip()[:80]})"
            return None

    def file(self, photos: int | None) -> Path | None:
        """LiteRT's file of the network as it is now, made if need be for many photos; None where there is none."""
        few = photos is not None and photos < MANY
        why = self.unfit or blocked() or (f"fewer than {MANY} photos, to be stored or learned from" if few else "")
        self.reason = why or self.reason
        with self._lock:
            if why or (photos is None and self._file is None and not self._look):
                return None
            if self._is_changed():
                self._file, self._look, self._tried = None, True, False
                if photos is None and self._seen:  # it may be learning: when it is asked again unchanged, it rests
                    self.reason = "it has changed since the last question"
                    return None
            self._seen = True
            if self._look and not self.unfit:  # it may be so since the last question
                self._look, self._file = False, self._found()
            if self._file is None and photos is not None and not self._tried:
                self._tried = True
                self.make()
                self._look, self._file = False, self._found()
            return self._file

    def make(self) -> None:
        """Convert the network into a file, unless it is there; where that fails the file says why.

        Nothing is kept of a network that has changed meanwhile.
        """
        state = State(self._steps)
        state.is_moved()
        path = self._path(state)
        if array_cache.head(path, _HEAD) is None:
            shape = (1, *self._signature.shape[1:])
            content = _converted(compile_once(self._call, tensorflow().TensorSpec(shape, "float32")), self._sides)
            if state.is_moved() or state.is_rebuilt():
                return
            try:
                array_cache.write_sealed(path, content)
                array_cache.make_room(path.parent, {path}, "*.tflite", _FOLDER_LIMIT)
            except OSError:  # a cache that is full or read-only must not change who answers
                self._unkept = {path: content}
        self._look = True

    def _is_changed(self) -> bool:
        """Whether the network is another one than at the last look."""
        rebuilt = self._state.is_rebuilt()
        if rebuilt:
            self._function, self.unfit = None, _unfit(self._network, self._state.operations)
        return self._state.is_moved() or rebuilt

    def _found(self) -> Path | None:
        self.reason = _MISSING
        if not self._unkept and not any((cache_folder() / "forward").glob("*.tflite")):  # the sum need not be made
            return None
        path = self._path(self._state)
        head = self._unkept.get(path) or array_cache.head(path, _HEAD) or _REFUSAL
        if head.startswith(_REFUSAL):
            self.reason = head.removeprefix(_REFUSAL).decode() or _MISSING
            return None
        return path

    def _path(self, state: State) -> Path:
        versions = [_VERSION, tensorflow().__version__, importlib.metadata.version("ai-edge-litert")]
        parts = [state.fingerprint(), self._asked, versions]
        key = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
        return cache_folder() / "forward" / f"{key}.tflite"


def blocked() -> str:
    """Why LiteRT answers nothing in this program; empty where it may. COURSE_ENGINE=tensorflow switches it off."""
    if os.environ.get("COURSE_ENGINE", "").strip().lower() == TENSORFLOW.lower():
        return "COURSE_ENGINE asks for it"
    return "" if importlib.util.find_spec("ai_edge_litert") else "LiteRT is not installed here"


def _unfit(network: Any, operations: Sequence[Any]) -> str:
    """Why LiteRT is not for this question, as far as it can be told from the layers; empty where it may be."""
    variables, names = weights(operations), {one.name for one in operations}
    work = [layer.parameters * np.prod(layer.shape[:-1]) for layer in network.layers if layer.name in names]
    spread = tensorflow().distribute.DistributedValues
    kinds = [getattr(one, "compute_dtype", "float32") for one in operations] + [one.dtype for one in variables]
    reasons = {
        "code of its own, whose changes nobody sees": any(map(_has_own_code, operations)),
        "numbers other than float32": any(kind != "float32" for kind in kinds),
        "its weights lie on other devices": any(isinstance(one, spread) or "GPU" in one.device for one in variables),
        "a fixed number of pictures": network.model.inputs[0].shape[0] not in (None, 1),
        "its weights are many": sum(4 * one.shape.num_elements() for one in variables) > _LARGEST,
        "so small that it is as quick": sum(work) < _LEAST,
    }
    return next((why for why, holds in reasons.items() if holds), "")


def _has_own_code(operation: Any) -> bool:
    function = getattr(operation, "activation", None)
    own = callable(function) and not is_keras_function(function)
    return own or graph.is_own(operation) or type(operation).__name__ == "Lambda"


def _shown(network: Any) -> list[str]:
    """The layers whose maps are worth a look, none where there are no maps: their file holds all of them."""
    from helpers.backbones.layers import BEFORE_RELU, NORMALISED, map_layers  # which stands above this module

    try:
        return [layer.name for layer in map_layers(network) if layer.role not in (NORMALISED, BEFORE_RELU)]
    except ValueError:
        return []


def _call(network: Any, outputs: list[Any], average: bool, are_scores: bool) -> Callable:
    """Pictures in, the list of some layers' outputs as float32 out, or of their means over places.

    For scores the logits, and what the network's last function makes of them.
    """
    tf, model = tensorflow(), keras().Model(network.model.inputs[0], outputs)
    squash = tf.sigmoid if network.squashing == "sigmoid" or outputs[0].shape[-1] == 1 else tf.nn.softmax

    def call(pictures):
        found = [tf.cast(one, tf.float32) for one in keras().tree.flatten(model(pictures, training=False))]
        if are_scores:
            return [*found, squash(found[0])]
        return [tf.reduce_mean(one, (1, 2)) if average and len(one.shape) == 4 else one for one in found]

    return call


def _converted(function: Any, sides: tuple[int, int]) -> bytes:
    """The file's content: LiteRT's model of a compiled function of one picture, or why there is none."""
    picture = np.random.default_rng(0).uniform(0, 255, (1, *sides, function.inputs[0].shape[-1])).astype(np.float32)
    try:
        with silent_stderr():
            # The second argument keeps a notice away; of a function nothing is written to a folder.
            made = tensorflow().lite.TFLiteConverter.from_concrete_functions([function], function).convert()
        found, right = _opened(made, picture.shape[1:])(picture), [one.numpy() for one in function(picture)]
        difference = max(np.abs(a - b).max() / (np.abs(b).max() or 1) for a, b in zip(found, right, strict=True))
    except Exception as error:  # the converter raises many kinds; each means that TensorFlow answers
        words = ascii(" ".join(str(error).split())[:200])
        return _REFUSAL + f"LiteRT cannot hold it ({type(error).__name__}: {words})".encode()
    if not difference <= _TOLERANCE:
        return _REFUSAL + f"LiteRT answers otherwise, by {difference:.1g} of the largest value".encode()
    return made


def _opened(source: Path | bytes, shape: tuple[int, ...]) -> Callable[..., list[np.ndarray]]:
    """A function (batch, places=None) -> outputs, all or some, of a file, or its content, for pictures of a shape.

    One picture goes at a time, and one thread, which LiteRT does not see to by itself.
    """
    from ai_edge_litert.interpreter import Interpreter

    lock = threading.Lock()
    given = {"model_content": source} if isinstance(source, bytes) else {"model_path": str(source)}
    with silent_stderr():  # it tells how it computes
        model = Interpreter(**given, num_threads=threads())
        entrance = model.get_input_details()[0]["index"]
        model.resize_tensor_input(entrance, (1, *shape), strict=True)
        model.allocate_tensors()
    outputs = [one["index"] for one in model.get_output_details()]

    def run(batch: np.ndarray, places: Sequence[int] | None = None) -> list[np.ndarray]:
        wanted, found = outputs if places is None else [outputs[place] for place in places], []
        with lock:
            for picture in batch:
                model.set_tensor(entrance, picture[None])
                model.invoke()
                found.append([model.get_tensor(output) for output in wanted])
        return [some[0] if len(some) == 1 else np.concatenate(some) for some in zip(*found, strict=True)]

    return run
