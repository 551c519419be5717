"""One object for one network: its model, its logits, its layers, its class names, and its compiled functions."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from helpers import images
from helpers.backbones import forward, graph
from helpers.backbones.names import named_classes, nearest, plain
from helpers.runtime import arguments, keras, tensorflow
from helpers.runtime.memory import Recent, free, give_memory_back

# Compiled functions of one network: each holds 10 to 30 MB, and an explorer that goes through all layers makes many.
_KEPT = 6

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
    "Multiply": "multiply",
    "Subtract": "subtract",
    "Maximum": "maximum",
}
OWN = "own layer"  # the kind of a layer whose class a student wrote


class Layer(NamedTuple):
    """A layer worth looking at: shape is (height, width, channels) or (units,) at the network's usual input size."""

    name: str
    kind: str
    shape: tuple[int, ...]
    parameters: int


class Network:
    """A network that takes pictures, 0..255, shape (n, height, width, 3), and whatever the course asks about it.

    Everything compiled for it lives on this object, so that a question asked twice is traced once and everything is
    freed with it. A network of grey pictures, (n, height, width, 1), gets the mean of the colours.
    """

    def __init__(
        self,
        name: str,
        model: Any,
        logits: Any = None,
        input_size: int | tuple[int, int] = 224,
        class_names: Sequence[str] | Mapping | None = None,
        slide_layers: dict[str, str] | None = None,
        mean_colour: tuple[float, float, float] = (127.5, 127.5, 127.5),
        output: int = 0,
        ends: dict[str, str] | None = None,
    ) -> None:
        """name: shown in titles. model: a flat `keras.Model`. logits: its tensor of scores before the softmax, None
        for a base without a classifier. input_size: the usual side, or (height, width), where the model insists on
        none. class_names: one per class, see `named_classes`. slide_layers: the slides' layer names -> names of layers
        of this model. mean_colour: the RGB colour that preprocessing turns into zero, the network's idea of "nothing".
        output: which output of the model is explained. ends: names of models that were laid open -> the layers that end
        them. Raises ValueError for another number of names than classes."""
        self.name, self.model, self.logits, self.output = name, model, logits, output
        usual = arguments.sides("the input size", input_size)
        height, width = (fixed or own for fixed, own in zip(model.inputs[0].shape[1:3], usual, strict=True))
        self.input_size = height if height == width else (height, width)
        self.squashing = None if logits is None else graph.squashing(model.outputs[output])
        self.class_names = named_classes(class_names, logits)
        colour = np.array(mean_colour, dtype=np.float32)
        self.mean_colour = colour if self._channels() == 3 else colour.mean(keepdims=True)
        self._slide_layers = slide_layers or {}
        self._ends = ends or {}
        self.engine = ""  # which one answered last, "LiteRT" or "TensorFlow: " and why
        self._compiled = Recent(_KEPT, callable, free, lambda key: key[0])  # what is no function weighs nothing

    def __repr__(self) -> str:
        return f"Network({self.name!r}, {self.model.count_params():,} parameters, {len(self.class_names)} classes)"

    @property
    def sides(self) -> tuple[int, int]:
        """(height, width) of the pictures that it usually sees."""
        return arguments.sides("the input size", self.input_size)

    @property
    def signature(self) -> Any:
        """What a compiled function of a batch of pictures takes."""
        return tensorflow().TensorSpec((None, *self.model.inputs[0].shape[1:]), "float32")

    def _channels(self) -> int:
        return self.model.inputs[0].shape[-1] or 3

    def prepare(self, image: np.ndarray) -> np.ndarray:
        """Resize and crop a photo the course's way to uint8 (height, width, 3), or 1 in the end for a grey network."""
        picture = images.prepare(image, self.input_size)
        if self._channels() == 3:
            return picture
        return picture.mean(axis=-1, keepdims=True).round().astype(np.uint8)

    def compiled(self, build: Callable[..., Any], *key: Any) -> Any:
        """What `build(network, *key)` makes, made once for this function and key, and kept on this object.

        Of each building function the last 6 are kept: one for each layer would fill the memory. Give a function of a
        module, not a lambda, which would be another one at each call.
        """

        def make() -> Any:
            made = build(self, *key)
            give_memory_back()  # to trace leaves much behind
            return made

        return self._compiled.answer((build, key), make)

    def probabilities(self, batch: np.ndarray) -> np.ndarray:
        """Class probabilities, float32 (n, classes), of a batch (n, height, width, 3) or one picture, 0..255.

        Always one column per class: the two of one sigmoid sum to 1, those of many sigmoids are independent. Raises
        ValueError without a classifier or for a batch of another shape.
        """
        return self.scores(batch)[1]

    def scores(self, batch: np.ndarray, photos: int | None = None) -> tuple[np.ndarray, np.ndarray]:
        """Logits, float32 (n, outputs), and probabilities, (n, classes), of a batch, from one pass.

        photos: as in `features_of`. Raises ValueError as `probabilities`.
        """
        if self.logits is None:
            raise ValueError(f"{self.name} was loaded without its classifier; load it with include_top=True to predict")
        logits, squashed = forward.answer(self, self.batch(batch), photos=photos)
        return logits, np.hstack([1 - squashed, squashed]) if squashed.shape[1] == 1 else squashed

    def predict_top(self, image: np.ndarray, k: int = 5) -> list[tuple[str, float]]:
        """The k most probable classes of one photo of any size, as (label, probability), best first.

        The photo is prepared the course's way. All classes where there are fewer than k. Labels are `class_label`s,
        which every method takes as a class. Raises ValueError for k below 1.
        """
        scores = self.probabilities(self.prepare(image))[0]
        if k < 1:
            raise ValueError(f"k is {k}, expected 1 to {len(scores)}, the number of classes of {self.name}")
        return [(self.class_label(i), float(scores[i])) for i in np.argsort(-scores, kind="stable")[:k]]

    def batch(self, pictures: np.ndarray, any_size: bool = False) -> np.ndarray:
        """A float32 batch that the network takes, (n, height, width, 3), out of one picture or several.

        A grey network, (n, height, width, 1), takes pictures without the last axis and colour ones, too. Raises
        ValueError for other shapes, for another size than the network's where that is fixed (not with `any_size`: maps
        exist at every size), for NaN, and for what is no array of numbers.
        """
        array = numbers(pictures)
        if self._channels() == 1:
            array = self._grey(array)
        array = array[None] if array.ndim == 3 else array
        if array.ndim != 4 or array.shape[-1] != self._channels():
            raise ValueError(_other_shape(np.shape(pictures), self._channels()))
        fixed = self.model.inputs[0].shape[1:3]
        if not any_size and any(side not in (None, own) for side, own in zip(fixed, array.shape[1:3], strict=True)):
            raise ValueError(
                f"the pictures have {array.shape[1]} x {array.shape[2]} pixels, and {self.name} takes "
                f"{fixed[0]} x {fixed[1]} only; network.prepare(photo) makes such a picture"
            )
        if not np.isfinite(array).all():
            raise ValueError("the pictures hold NaN or infinite values, expected numbers from 0 to 255")
        return array

    def _grey(self, array: np.ndarray) -> np.ndarray:
        """One channel, from pictures with one, none or three; (n, height, width) is told by the network's own sides."""
        if array.ndim == 3 and array.shape[-1] not in (1, 3):
            array = array[..., None]
        elif array.ndim == 2:
            array = array[None, ..., None]
        return array.mean(axis=-1, keepdims=True) if array.shape[-1:] == (3,) else array

    def is_one(self, pictures: np.ndarray) -> bool:
        """Whether `pictures` is one picture, not a batch of them."""
        dimensions = np.ndim(pictures)
        return dimensions == 2 or (dimensions == 3 and (self._channels() == 3 or np.shape(pictures)[-1] in (1, 3)))

    def layer(self, name: str) -> Any:
        """The Keras layer of that name; the name of a model that was laid open means its last layer.

        A function used without a layer has a name, too, such as "add". Raises ValueError that names the nearest layers.
        """
        name = self._ends.get(name, name)
        for operation in self.model.operations:
            if operation.name == name:
                return operation
        known = [operation.name for operation in self.model.operations]
        raise ValueError(f"{self.name} has no layer {name!r}; {nearest(str(name), known)}")

    def output_of(self, name: str) -> Any:
        """The Keras tensor that a layer puts out, the first one where it has several. Raises ValueError as `layer`."""
        operation = self.layer(name)
        found = [call for call in graph.calls(self.model) if call.operation is operation]
        return found[0].outputs[0]

    def features(self, layers: str | list[str]) -> Any:
        """A `keras.Model` from the picture to a layer's output, or to a list of several layers' outputs."""
        one = isinstance(layers, str)
        outputs = self.output_of(layers) if one else [self.output_of(name) for name in layers]
        return keras().Model(self.model.inputs[0], outputs)

    def features_of(
        self, batch: np.ndarray, layers: str | Sequence[str], average: bool = False, photos: int | None = None
    ) -> Any:
        """What a layer answers to a batch, float32 (n, ...); for several layers a list of that, from one pass.

        average: of maps only the means over rows and columns. photos: how many the whole piece of work has, where its
        answers are stored or learned from: 100 and more are LiteRT's; None where they are only looked at.
        """
        names = [layers] if isinstance(layers, str) else layers
        found = forward.answer(self, self.batch(batch), names, average, photos)
        return found[0] if isinstance(layers, str) else found

    @property
    def layers(self) -> list[Layer]:
        """The layers worth looking at, in order: name, kind, shape at the usual input size, parameters."""
        return self.compiled(_layers)

    def shapes(self, names: list[str]) -> list[tuple[int, ...]]:
        """The shapes of layers' outputs for one picture of the usual size: (height, width, channels) or (units,)."""
        if not names:
            return []
        shapes = self.features(names).compute_output_shape((1, *self.sides, self._channels()))
        return [tuple(shape[1:]) for shape in shapes]

    def class_index(self, name: str | int) -> int:
        """The output number of a class: its name, its label, or its number, checked.

        Large and small letters, spaces and underscores make no difference unless two names differ by nothing else.
        Raises ValueError for an unknown name (with the nearest ones), a number out of range, or a name that two classes
        share (with both numbers).
        """
        count = len(self.class_names)
        if isinstance(name, int | np.integer) or (isinstance(name, float | np.floating) and float(name).is_integer()):
            if not 0 <= name < count:
                raise ValueError(f"class {name} does not exist; {self.name} has classes 0 to {count - 1}")
            return int(name)
        found = [i for i, known in enumerate(self.class_names) if known == name]
        found = found or [i for i, known in enumerate(self.class_names) if plain(known) == plain(str(name))]
        found = found or [i for i in range(count) if self.class_label(i) == name]
        if not found:
            raise ValueError(f"{self.name} has no class {name!r}; {nearest(str(name), self.class_names)}")
        if len(found) > 1:
            numbers, many = " or ".join(map(str, found)), "two" if len(found) == 2 else len(found)
            raise ValueError(f"the name {name!r} means {many} classes; say which by its number: {numbers}")
        return found[0]

    def class_label(self, number: int) -> str:
        """A text that means one class only: its name, with the number where two classes share that: "crane (134)"."""
        name = self.class_names[number]
        counts = self.compiled(_counts, *self.class_names)  # anew where somebody has renamed a class
        return f"{name} ({number})" if counts[plain(name)] > 1 else name

    def vgg_equivalent(self, slide_layer: str) -> str:
        """The layer of this network that plays the part of a VGG16 layer named on the slides.

        Raises ValueError when the slides' name is not known or this network has no layer in that part.
        """
        if slide_layer not in self._slide_layers:
            known = ", ".join(self._slide_layers) or "none are known for it"
            raise ValueError(f"no layer of {self.name} is known to play {slide_layer!r}; known slide layers: {known}")
        return self._slide_layers[slide_layer]


def _counts(network: Network, *names: str) -> Counter[str]:
    return Counter(map(plain, names))


def kind_of(operation: Any) -> str:
    """The course's word for what a layer does, "own layer" for a student's own class; empty for the others."""
    if isinstance(operation, keras().layers.Layer) and graph.is_own(operation):
        return OWN
    return KINDS.get(type(operation).__name__, "")


def _layers(network: Network) -> list[Layer]:
    found = [one for one in network.model.operations if kind_of(one)]
    sizes = [one.count_params() if hasattr(one, "count_params") else 0 for one in found]
    names = [one.name for one in found]
    return list(map(Layer, names, map(kind_of, found), network.shapes(names), sizes))


def numbers(pictures: Any) -> np.ndarray:
    """A float32 array. Raises ValueError for a path, text, pictures of different sizes, and other things."""
    if isinstance(pictures, str | os.PathLike):
        raise ValueError(f"{str(pictures)!r} is the name of a file; read it with network.prepare(images.load(...))")
    try:
        return np.asarray(pictures, dtype=np.float32)
    except (ValueError, TypeError):
        raise ValueError(
            f"a {type(pictures).__name__} is no array of numbers (height, width, 3); images.load() reads any photo, "
            f"and network.prepare(photo) makes all photos the same size"
        ) from None


def _other_shape(shape: tuple[int, ...], channels: int) -> str:
    first = len(shape) in (3, 4) and shape[-3] in (1, 3)
    advice = (
        "np.moveaxis(picture, -3, -1) puts the channels last" if first else "images.load() turns any photo into one"
    )
    wanted = f"(height, width, {channels}) or (n, height, width, {channels})"
    return f"the pictures have shape {shape}, expected {wanted}; {advice}"
