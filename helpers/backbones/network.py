"""One object for one network: its model, its logits, its layers, its class names, and its compiled functions."""

from __future__ import annotations

import difflib
import heapq
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from helpers import images
from helpers.memory import Recent, give_back
from helpers.quiet import keras, tensorflow

# Each compiled function holds 10 to 20 MB; an explorer that goes through all layers would fill the memory with them.
MOST_COMPILED = 8

# Keras class -> the word the course uses; layers of other classes are not worth a look of their own.
KINDS = {
    "Conv2D": "convolution",
    "DepthwiseConv2D": "depthwise convolution",
    "SeparableConv2D": "separable convolution",
    "ReLU": "relu",
    "Activation": "activation",
    "MaxPooling2D": "max pooling",
    "AveragePooling2D": "average pooling",
    "GlobalAveragePooling2D": "global average",
    "GlobalMaxPooling2D": "global maximum",
    "Add": "add",
    "Concatenate": "concatenate",
    "Dense": "dense",
    "Softmax": "softmax",
}


class Layer(NamedTuple):
    """A layer worth looking at: shape is (height, width, channels) or (units,) at the network's usual input size."""

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int


class Network:
    """A network that takes RGB pictures, 0..255, shape (n, height, width, 3), and whatever the course asks about it.

    Everything compiled for it lives on this object, so that a question asked twice is traced once and everything is
    freed with it.
    """

    def __init__(
        self,
        name: str,
        model: Any,
        logits: Any = None,
        input_size: int = 224,
        class_names: list[str] | None = None,
        slide_layers: dict[str, str] | None = None,
        mean_colour: tuple[float, float, float] = (127.5, 127.5, 127.5),
    ) -> None:
        """name: shown in titles. model: a flat `keras.Model`. logits: its tensor of scores before the softmax, None
        for a base without a classifier. slide_layers: the slides' layer names -> names of layers of this model.
        mean_colour: the RGB colour that preprocessing turns into zero, the network's idea of "nothing"."""
        self.name, self.model, self.logits, self.input_size = name, model, logits, input_size
        self.class_names = class_names or []
        self.mean_colour = np.array(mean_colour, dtype=np.float32)
        self._slide_layers = slide_layers or {}
        self._compiled = Recent(MOST_COMPILED, dropped=give_back)
        self._layers: list[Layer] | None = None

    def __repr__(self) -> str:
        return f"Network({self.name!r}, {self.model.count_params():,} parameters, {len(self.class_names)} classes)"

    def prepare(self, image: np.ndarray) -> np.ndarray:
        """Resize and crop a photo the course's way to uint8 (input_size, input_size, 3)."""
        return images.prepare(image, self.input_size)

    def compiled(self, key: Any, build: Callable[[], Callable]) -> Callable:
        """The function that `build()` makes, made once per key and kept on this object while it is among the last."""
        return self._compiled.answer(key, build)

    def probabilities(self, batch: np.ndarray) -> np.ndarray:
        """Class probabilities, float32 (n, classes), of a batch (n, height, width, 3) or one picture, 0..255.

        Raises ValueError without a classifier or for a batch of another shape.
        """
        if self.logits is None:
            raise ValueError(f"{self.name} was loaded without its classifier; load it with include_top=True to predict")
        if self.logits_inside:
            return self.scores(batch)[1]
        function = self.compiled("probabilities", lambda: compile_model(self.model))
        return function(self.batch(batch)).numpy()

    @property
    def logits_inside(self) -> bool:
        """Whether the logits lie in the graph of a model with one output, so that `scores` gives both."""
        operation = getattr(self.logits, "_keras_history", (None,))[0]
        known = getattr(self.model, "operations", self.model.layers)  # a Sequential model has layers only
        return len(self.model.outputs) == 1 and any(one is operation for one in known)

    def scores(self, batch: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Logits and probabilities of a batch, both float32 (n, classes), from one function that is compiled once.

        To compile a network takes as long as to run it fifty times. Needs `logits_inside`.
        """

        def build() -> Callable:
            return compile_model(keras().Model(self.model.inputs[0], [self.logits, self.model.outputs[0]]))

        found = self.compiled("scores", build)(self.batch(batch))
        return tuple(one.numpy().astype(np.float32) for one in found)

    def predict_top(self, image: np.ndarray, k: int = 5) -> list[tuple[str, float]]:
        """The k most probable classes of one photo of any size, as (name, probability), best first.

        The photo is prepared the course's way. Raises ValueError for k outside 1..number of classes.
        """
        scores = self.probabilities(self.prepare(image))[0]
        if not 1 <= k <= len(scores):
            raise ValueError(f"k is {k}, expected 1 to {len(scores)}, the number of classes of {self.name}")
        return [(self.class_names[i], float(scores[i])) for i in np.argsort(scores)[::-1][:k]]

    def batch(self, pictures: np.ndarray) -> np.ndarray:
        """A float32 batch (n, height, width, 3) out of one picture or several; ValueError for other shapes or NaN."""
        array = np.asarray(pictures, dtype=np.float32)
        array = array[None] if array.ndim == 3 else array
        if array.ndim != 4 or array.shape[-1] != 3:
            raise ValueError(
                f"the pictures have shape {np.shape(pictures)}, expected (height, width, 3) or (n, height, width, 3); "
                f"images.load() turns any photo into such an array"
            )
        if not np.isfinite(array).all():
            raise ValueError("the pictures hold NaN or infinite values, expected numbers from 0 to 255")
        return array

    def layer(self, name: str) -> Any:
        """The Keras layer of that name. Raises ValueError that names the nearest layers otherwise."""
        for layer in self.model.layers:
            if layer.name == name:
                return layer
        raise ValueError(f"{self.name} has no layer {name!r}; {_nearest(name, [la.name for la in self.model.layers])}")

    def features(self, layer: str | list[str]) -> Any:
        """A `keras.Model` from the picture to a layer's output (or a list of layers' outputs)."""
        names = [layer] if isinstance(layer, str) else layer
        outputs = [self.layer(name).output for name in names]
        return keras().Model(self.model.inputs[0], outputs[0] if isinstance(layer, str) else outputs)

    def features_of(self, batch: np.ndarray, layer: str) -> np.ndarray:
        """A layer's output for a batch (n, height, width, 3), as numpy, through a compiled function that is kept."""
        function = self.compiled(("features", layer), lambda: compile_model(self.features(layer)))
        return function(self.batch(batch)).numpy()

    @property
    def layers(self) -> list[Layer]:
        """The layers worth looking at, in order: name, kind, shape at the usual input size, parameters."""
        if self._layers is None:
            found = [layer for layer in self.model.layers if type(layer).__name__ in KINDS]
            probe = keras().Model(self.model.inputs[0], [layer.output for layer in found])
            size = [s or self.input_size for s in self.model.inputs[0].shape[1:3]]
            shapes = probe.compute_output_shape((1, *size, 3))
            self._layers = [
                Layer(layer.name, KINDS[type(layer).__name__], tuple(shape[1:]), layer.count_params())
                for layer, shape in zip(found, shapes, strict=True)
            ]
        return self._layers

    def class_index(self, name: str | int) -> int:
        """The output number of a class name (or of a number, checked).

        Raises ValueError for an unknown name (with the nearest ones), a number out of range, or a name that two
        classes share (with both numbers).
        """
        if isinstance(name, int | np.integer):
            if not 0 <= name < len(self.class_names):
                raise ValueError(
                    f"class {name} does not exist; {self.name} has classes 0 to {len(self.class_names) - 1}"
                )
            return int(name)
        wanted = str(name).replace("_", " ").lower()
        found = [i for i, known in enumerate(self.class_names) if known.lower() == wanted]
        if not found:
            raise ValueError(f"{self.name} has no class {name!r}; {_nearest(wanted, self.class_names)}")
        if len(found) > 1:
            raise ValueError(f"the name {name!r} means two classes; say which by its number: {found[0]} or {found[1]}")
        return found[0]

    def on_slide(self, slide_layer: str) -> str:
        """The layer of this network that plays the part of a VGG16 layer named on the slides.

        Raises ValueError when the slides' name is not known or this network has no layer in that part.
        """
        if slide_layer not in self._slide_layers:
            known = ", ".join(self._slide_layers) or "none are known for it"
            raise ValueError(f"no layer of {self.name} is known to play {slide_layer!r}; known slide layers: {known}")
        return self._slide_layers[slide_layer]


def compile_model(model: Any) -> Callable:
    """A compiled inference call of a model with one image input; one trace serves every batch and picture size."""
    pictures = tensorflow().TensorSpec((None, *model.inputs[0].shape[1:]), "float32")
    return compile_once(lambda pictures: model(pictures, training=False), pictures)


def compile_once(function: Callable, *signature: Any) -> Callable:
    """Compile a function of tensors for one signature (tf.TensorSpec, None for any size), traced now and never again.

    The result takes numpy arrays or tensors and returns tensors. Without XLA, which is several times slower on a CPU.
    """
    return tensorflow().function(function, input_signature=signature).get_concrete_function()


def _nearest(name: str, known: list[str]) -> str:
    """A half sentence with the nearest known names."""

    def likeness(other: str) -> float:  # whole names, or the best of their words: "elefant" is near "African elephant"
        candidates = [other.lower(), *other.lower().split()]
        return max(difflib.SequenceMatcher(None, name.lower(), part).ratio() for part in candidates)

    near = heapq.nlargest(3, dict.fromkeys(known), key=likeness)
    return f"the nearest are {', '.join(near)}"
