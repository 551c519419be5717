"""The networks of the slides, through `keras.applications`: RGB 0..255 in, preprocessing inside, one flat graph.

The weights are files that Keras keeps under `$KERAS_HOME/models` (`~/.keras/models` otherwise). This module looks
there, and in `keras_home/models` of the folders that COURSE_DATA names, and never downloads unless asked.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from helpers import files
from helpers.files import MissingError, hdf5
from helpers.files.downloads import search_folders
from helpers.runtime import keras

_HOST = "https://storage.googleapis.com/tensorflow/keras-applications/"
_MEAN_BGR = (103.939, 116.779, 123.68)
_MOBILENET_ALPHAS = {1.0: "1_0", 0.75: "7_5", 0.5: "5_0", 0.25: "2_5"}


class Family(NamedTuple):
    """What is known of one of Keras's networks; pairs are (with its classifier, without)."""

    function: str  # its name in keras.applications
    mode: str  # preprocessing: "caffe" (BGR minus the mean) or "tf" (-1..1)
    input_size: int
    megabytes: tuple[int, int]
    vgg_equivalent: dict[str, str]
    md5: tuple[str, ...]  # Keras's own sums, "" where Keras lists none

    @property
    def mean_colour(self) -> tuple[float, float, float]:
        """The RGB colour that becomes zero inside the network."""
        return _MEAN_BGR[::-1] if self.mode == "caffe" else (127.5, 127.5, 127.5)


# VGG19 has the same names (its blocks 3 to 5 have one convolution more).
_VGG = [f"block{b}_conv{c}" for b in range(1, 6) for c in range(1, 3 if b < 3 else 4)]
_VGG += [*(f"block{b}_pool" for b in range(1, 6)), "fc1", "fc2", "predictions"]
_PARTS = (*(f"block{b}_conv1" for b in range(1, 6)), "block5_conv3", "block5_pool", "fc2", "predictions")


def _slide(*first: str, last: str, features: str = "avg_pool") -> dict[str, str]:
    """Which layers play the parts that the slides give to VGG16's layers; first: those of its five blocks.

    Keras numbers some layers anew in every session; "first Conv2D" means the first layer of that class.
    """
    return dict(zip(_PARTS, (*first, last, last, features, "predictions"), strict=True))


_RESNET_BLOCKS = (f"conv{stage}_block1_1_conv" for stage in range(2, 6))
_XCEPTION_BLOCKS = (f"block{block}_sepconv1" for block in (2, 3, 4, 14))
_INCEPTION_BLOCKS = ("first Conv2D", "first MaxPooling2D", "mixed0", "mixed3", "mixed8")
_INCEPTION_RESNET_BLOCKS = ("first Conv2D", "first MaxPooling2D", "mixed_5b", "mixed_6a", "conv_7b")
_MOBILENET_BLOCKS = ("conv1", "conv_pw_1", "conv_pw_3", "conv_pw_5", "conv_dw_13")
_MOBILENET_V2_BLOCKS = ("Conv1", "block_1_expand", "block_3_expand", "block_5_expand", "block_16_expand")
_MOBILE_POOL = "first GlobalAveragePooling2D"
_SLIDES = {
    "vgg16": {name: name for name in _VGG},
    "vgg19": {name: name for name in _VGG},
    "resnet50": _slide("conv1_conv", *_RESNET_BLOCKS, last="conv5_block3_out"),
    "inception_v3": _slide(*_INCEPTION_BLOCKS, last="mixed10"),
    "inception_resnet_v2": _slide(*_INCEPTION_RESNET_BLOCKS, last="conv_7b_ac"),
    "xception": _slide("block1_conv1", *_XCEPTION_BLOCKS, last="block14_sepconv2_act"),
    "mobilenet": _slide(*_MOBILENET_BLOCKS, last="conv_pw_13_relu", features=_MOBILE_POOL),
    "mobilenet_v2": _slide(*_MOBILENET_V2_BLOCKS, last="out_relu", features=_MOBILE_POOL),
}
_MD5 = {
    "vgg16": "64373286793e3c8b2b4e3219cbf3544b 6d6bbae143d832006294945121d1f1fc",
    "vgg19": "cbe5617147190e668d6c5d5026f83318 253f8cb515780f3b799900260a226db6",
    "resnet50": "2cb95161c43110f7111970584f804107 4d473c1dd8becc155b73f8504c6f6626",
    "inception_v3": "9a0d58056eeedaa3f26cb7ebd46da564 bcbd6486424b2319ff4ef7d526e38f63",
    "inception_resnet_v2": "e693bd0210a403b3192acc6073ad2e96 d19885ff4a710c122648d3b5c3b684e4",
    "xception": "0a58e3b7378bc2990ea3b43d5981f1f6 b0042744bf5b25fce3cb969f33bebb97",
}
_FACTS = {
    "vgg16": ("VGG16", "caffe", 224, (553, 59)),
    "vgg19": ("VGG19", "caffe", 224, (575, 80)),
    "resnet50": ("ResNet50", "caffe", 224, (103, 95)),
    "inception_v3": ("InceptionV3", "tf", 299, (96, 88)),
    "inception_resnet_v2": ("InceptionResNetV2", "tf", 299, (225, 219)),
    "xception": ("Xception", "tf", 299, (92, 84)),
    "mobilenet": ("MobileNet", "tf", 224, (17, 13)),
    "mobilenet_v2": ("MobileNetV2", "tf", 224, (15, 9)),
}
FAMILIES = {
    name: Family(*facts, _SLIDES[name], tuple(_MD5.get(name, " ").split(" "))) for name, facts in _FACTS.items()
}


def build(name: str, include_top: bool, weights: str | None, input_shape: tuple | None, **options):
    """Build a network of `keras.applications` as one flat graph; the weights are loaded too.

    options go to Keras's function (for example alpha=0.25). Returns (inputs, outputs) as Keras tensors: the outputs
    are the logits, or the last maps without the top. Raises MissingError when the weights are not on this machine.
    """
    family = FAMILIES[name]
    path = None if weights is None else weights_path(name, include_top, input_shape, **options)
    layers = keras().layers
    inputs = keras().Input(input_shape or (None, None, 3), name="image")
    x = inputs
    if include_top and family.function.startswith("VGG"):  # its first dense layer fixes the size
        x = layers.Resizing(family.input_size, family.input_size, name="resize")(x)
    if family.mode == "caffe":
        x = keras().ops.flip(x, axis=-1)  # RGB to BGR
        x = layers.Rescaling(1.0, offset=[-value for value in _MEAN_BGR], name="preprocess")(x)
    else:
        x = layers.Rescaling(1 / 127.5, offset=-1.0, name="preprocess")(x)
    if include_top:
        options["classifier_activation"] = None
    function = getattr(keras().applications, family.function)
    base = function(include_top=include_top, weights=None, input_tensor=x, **options)
    if path is not None:
        _load_weights(base, path, _command(name, include_top, options.pop("alpha", 1.0)), options)
    return inputs, base.output


def _load_weights(base: Any, path: str, command: str, options: dict) -> None:
    """Fill a network from its file.

    Raises MissingError, with the command that brings the file anew, if it is damaged; ValueError if it is the options
    that give the network other weights than the file has.
    """
    try:
        base.load_weights(path)
    except Exception as error:  # Keras and h5py raise many kinds for what a damaged file holds
        chosen = {key: value for key, value in options.items() if key != "classifier_activation"}
        if chosen:
            raise ValueError(f"the ImageNet weights do not fit {base.name} with {chosen}; use weights=None") from None
        reason = f"its arrays are not those of {base.name} ({type(error).__name__})"
        raise MissingError(_damaged(Path(path), reason, command)) from None
    if not all(np.isfinite(array).all() for array in base.get_weights()):
        raise MissingError(_damaged(Path(path), "some of its values are not numbers", command))


def weights_path(name: str, include_top: bool = True, input_shape: tuple | None = None, **options) -> str:
    """The weights file of a network on this machine, looked through: Keras's sum where it has one, else its parts.

    Raises MissingError with the size and the command when there is none, or none that is whole.
    """
    alpha = options.get("alpha", 1.0)
    command = _command(name, include_top, alpha)
    md5 = FAMILIES[name].md5[0 if include_top else 1]
    faults = []
    for path in _here(name, include_top, input_shape, alpha):
        reason = weights_problem(path, md5)
        if reason is None:
            return str(path)
        faults.append(_damaged(path, reason, command))
    if faults:
        raise MissingError(faults[0])
    megabytes = FAMILIES[name].megabytes[0 if include_top else 1]
    raise MissingError(
        f"the ImageNet weights of {name}{'' if include_top else ' without its classifier'} (about {megabytes} MB, "
        f"{Path(_file(name, include_top, input_shape, alpha)).name}) are not on this machine; bring them with: "
        f"{command}; meanwhile use efficientnet_lite0 or squeezenet, or weights=None for an untrained network"
    )


def is_here(name: str, include_top: bool) -> bool:
    """Whether a weights file of full length is on this machine, without reading all of it."""
    for path in _here(name, include_top, None, 1.0):
        with contextlib.suppress(OSError), path.open("rb") as file:
            if hdf5.cut(file, path.stat().st_size) is None:
                return True
    return False


def weights_problem(path: Path, md5: str = "") -> str | None:
    """Say what is wrong with a weights file, None if nothing is. md5: its sum, "" where it is not known."""
    try:
        state = path.stat()
        return _problem(path, md5, state.st_size, state.st_mtime_ns)
    except OSError as error:
        return f"it cannot be read ({error.strerror})"


@functools.lru_cache(maxsize=32)
def _problem(path: Path, md5: str, size: int, changed: int) -> str | None:
    """Read a file once; `size` and `changed` are in the key, so that another file of that name is read again."""
    with path.open("rb") as file:
        reason = hdf5.cut(file, size)
    if reason or not md5:
        return reason or hdf5.problem(path)[0]
    with path.open("rb") as file:
        return None if hashlib.file_digest(file, "md5").hexdigest() == md5 else "its md5 sum is not Keras's"


def download(name: str, include_top: bool = True, alpha: float = 1.0) -> Path:
    """Bring the weights file of a network into Keras's own cache, checked against Keras's own sum where it has one.

    A file that is there already is checked, too, and replaced when it is damaged.
    """
    family, which = FAMILIES[name], 0 if include_top else 1
    file = _file(name, include_top, None, alpha)
    target = _model_folders()[0] / Path(file).name
    return files.fetch(
        _HOST + file,
        target,
        md5=family.md5[which] or None,
        label=target.name,
        at_most=family.megabytes[which] * 1_100_000,
        check=weights_problem,
    )


def _command(name: str, include_top: bool, alpha: float) -> str:
    label = name if alpha == 1.0 else f"{name}:{alpha}"
    return f"python3 course.py download {label}{'' if include_top else '-no-top'}"


def _damaged(path: Path, reason: str, command: str) -> str:
    return f"the weights file {path} is damaged: {reason}; bring it anew with: {command}"


def _here(name: str, include_top: bool, input_shape: tuple | None, alpha: float) -> list[Path]:
    """The files of that name in the folders where weights may lie."""
    file = Path(_file(name, include_top, input_shape, alpha)).name
    return [folder / file for folder in _model_folders() if (folder / file).is_file()]


def _file(name: str, include_top: bool, input_shape: tuple | None, alpha: float) -> str:
    """The file of a network at Keras's host; MobileNets have one per width (alpha) and input size (rows)."""
    rows = input_shape[0] if input_shape and input_shape[0] in (96, 128, 160, 192, 224) else 224
    if name == "mobilenet" and alpha not in _MOBILENET_ALPHAS:
        raise ValueError(f"alpha is {alpha}; ImageNet weights of mobilenet exist for 0.25, 0.5, 0.75 and 1.0")
    if name == "mobilenet":
        return f"mobilenet/mobilenet_{_MOBILENET_ALPHAS[alpha]}_{rows}_tf{'' if include_top else '_no_top'}.h5"
    kernels = f"{name}_weights_tf_dim_ordering_tf_kernels"
    if name == "mobilenet_v2":
        return f"{name}/{kernels}_{float(alpha)}_{rows}{'' if include_top else '_no_top'}.h5"
    return f"{name.replace('resnet50', 'resnet')}/{kernels}{'' if include_top else '_notop'}.h5"


def _model_folders() -> list[Path]:
    """Where weights files may lie: Keras's cache, then the folders of COURSE_DATA."""
    home = Path(os.environ.get("KERAS_HOME") or Path(os.path.expanduser("~")) / ".keras")
    return [home / "models", *(folder / "keras_home" / "models" for folder in search_folders())]
