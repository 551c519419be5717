"""A network's features, computed once and kept on disk: what a layer answers to every photo of a data set.

A stored file is found by what made it: the network's weights up to the layer, the layer, the preparation of the photos
and the photos' own content. Whoever changes one of these gets new features, never old ones.
"""

from __future__ import annotations

import errno
import hashlib
import json
import os
import stat
import warnings
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from helpers import images, stored_arrays
from helpers.backbones import graph
from helpers.backbones.network import Network, compile_model
from helpers.backbones.settings import described
from helpers.downloads import cache_folder
from helpers.progress import Progress
from helpers.quiet import keras

PREPARATION = "shortest side, bicubic, centre crop; 1"  # to be changed with what helpers.images.prepare does
_THREADS = 4  # reading a JPEG is Pillow's work, which lets other threads run
_WORTH_A_BAR = 200  # photos


def extract(
    network: Network,
    photos: Any,
    layer: str | Sequence[str] | None = None,
    size: int | tuple[int, int] | None = None,
    average: bool = False,
    batch: int = 32,
    cache: bool = True,
) -> Any:
    """Return what a layer answers to every photo: float32 `(n, units)` or `(n, rows, columns, channels)`.

    photos: a `Split` of `helpers.datasets`, a list of paths, or pictures `(n, height, width, 3)`, 0..255. Files are
    prepared the course's way (`helpers.images.prepare`), arrays are resized to `size` pixels (default: the network's).
    layer: a name, None for the features before the classifier, or several names, which gives a dict and costs one pass.
    average: take the mean over rows and columns. batch: photos in memory at once; the number of photos does not matter.
    With `cache` the features are kept in the cache folder and read from there the next time; a damaged file is noticed
    and computed again. More than 256 MB come as a read-only array that stays on the disk.
    Raises ValueError for no photos or an unknown layer, ImageError, with the file's name, for an unreadable photo.
    """
    source = _source(photos)
    size = size or network.input_size
    if np.min(size) < 1 or batch < 1:
        raise ValueError(f"the size {size} and the batch {batch} must be 1 or more")
    _check_size(network, size)
    names = [layer] if isinstance(layer, str) else [before_classifier(network)] if layer is None else list(layer)
    request = _Request(network, names, size, average, batch)
    found = _cached(request, source) if cache else _in_memory(request, source)
    return found if layer is not None and not isinstance(layer, str) else found[names[0]]


def fingerprint(network: Network, layer: str) -> str:
    """A sum (sha256) over all that a layer's answer depends on: the operations on the way from the picture to it, their
    settings, the constants given to them (127.5 of `x / 127.5`), the code of a student's own functions, and weights."""
    total = hashlib.sha256()
    steps = graph.way(network.output_of(layer))
    numbers = {id(tensor): (at, place) for at, step in enumerate(steps) for place, tensor in enumerate(step.outputs)}
    for step in steps:
        sources = [numbers[id(tensor)] for tensor in step.inputs]
        text = repr([described(step.operation), list(map(described, graph.constants(step))), sources])
        total.update(text.encode())
        for weight in getattr(step.operation, "weights", []):
            array = np.ascontiguousarray(weight.numpy())
            total.update(f"{array.shape}{array.dtype}".encode())
            total.update(array)
    return total.hexdigest()


def before_classifier(network: Network) -> str:
    """The layer whose output the network's own classifier reads ("fc2" of the slides), or its last layer without one.

    Of a network of your own: what its last dense layer reads, dropout left out.
    """
    try:
        return network.on_slide("fc2")
    except ValueError:
        if network.logits is None:
            return graph.call_of(network.model.outputs[network.output]).operation.name
    call = graph.call_of(network.logits)
    if not getattr(call.operation, "weights", []):  # a mean over places: the features themselves
        return call.operation.name
    call = graph.call_of(call.inputs[0])
    while type(call.operation).__name__ == "Dropout":
        call = graph.call_of(call.inputs[0])
    return call.operation.name


class _Request(NamedTuple):
    """What is asked of the network."""

    network: Network
    layers: list[str]
    size: int | tuple[int, int]
    average: bool
    batch: int

    def function(self) -> Callable:
        """The compiled function from a batch of pictures to the list of the layers' outputs."""
        return self.network.compiled(_compile, self.average, *self.layers)

    def path(self, layer: str, content: str) -> Path:
        """The stored file for one layer and photos of this content."""
        average = self.average and len(self.network.output_of(layer).shape) == 4  # a vector has nothing to average
        parts = [fingerprint(self.network, layer), layer, average, self.size, PREPARATION, content]
        key = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
        readable = "".join(c if c.isalnum() or c in "_." else "_" for c in f"{self.network.name}-{layer}")
        return cache_folder() / "features" / f"{readable[:80]}-{_sides(self.size)[0]}-{key}.npy"


def _compile(network: Network, average: bool, *layers: str) -> Callable:
    """Compiled: pictures in, the list of the layers' outputs out, or of their means over places."""
    outputs = [network.output_of(name) for name in layers]
    if average:
        outputs = [keras().ops.mean(o, axis=(1, 2)) if len(o.shape) == 4 else o for o in outputs]
    return compile_model(keras().Model(network.model.inputs[0], outputs))


class _Source(NamedTuple):
    """Photos as files or as an array; one of the two is None."""

    paths: list[Path] | None
    pixels: np.ndarray | None

    def __len__(self) -> int:
        return len(self.paths if self.paths is not None else self.pixels)

    def content(self) -> str:
        """A sum over the photos' content, as it is on the disk now."""
        if self.pixels is not None:
            pixels = np.ascontiguousarray(self.pixels)
            return _joined([f"{pixels.shape}{pixels.dtype}".encode(), hashlib.sha256(pixels).digest()])
        with ThreadPoolExecutor(_THREADS) as pool:
            return _joined(pool.map(lambda path: hashlib.sha256(_bytes(path)).digest(), self.paths))

    def batches(self, size: Any, batch: int) -> Iterator[tuple[np.ndarray, list[bytes]]]:
        """Yield (pictures, the sums of the files they were read from); the next batch is read meanwhile."""

        def read(row: int) -> tuple[np.ndarray, bytes]:
            if self.pixels is not None:
                return _resized(self.pixels[row], size), b""
            data = _bytes(self.paths[row])
            picture = images.prepare(images.load({"name": str(self.paths[row]), "content": data}), size)
            return picture, hashlib.sha256(data).digest()

        starts = range(0, len(self), batch)
        # Reading silences Pillow's warnings for a moment, which threads could leave undone; this undoes it for sure.
        with warnings.catch_warnings(), ThreadPoolExecutor(_THREADS) as pool:
            waiting: list[list[Future]] = []
            for start in starts:
                waiting.append([pool.submit(read, row) for row in range(start, min(start + batch, len(self)))])
                if len(waiting) == 2:
                    yield _collected(waiting.pop(0))
            for futures in waiting:
                yield _collected(futures)


def _collected(futures: list[Future]) -> tuple[np.ndarray, list[bytes]]:
    results = [future.result() for future in futures]
    return np.stack([picture for picture, _ in results]), [digest for _, digest in results]


def _source(photos: Any) -> _Source:
    """Paths or pixels out of a Split, a list of paths or an array."""
    if hasattr(photos, "labels") and hasattr(photos, "paths"):
        paths, pixels = photos.paths, photos.pixels
    elif isinstance(photos, np.ndarray):
        paths, pixels = None, photos[None] if photos.ndim == 3 else photos
    else:
        paths, pixels = [photos] if isinstance(photos, str | os.PathLike) else list(photos), None
        if paths and isinstance(paths[0], np.ndarray):
            paths, pixels = None, np.stack([images.load(picture) for picture in paths])
    source = _Source(None if paths is None else [Path(path) for path in paths], pixels)
    if not len(source):
        raise ValueError("there are no photos to compute features of; give one or more")
    if pixels is not None and (pixels.ndim != 4 or pixels.shape[-1] != 3):
        raise ValueError(f"the pictures have shape {pixels.shape}, expected (n, height, width, 3)")
    return source


def _check_size(network: Network, size: int | tuple[int, int]) -> None:
    fixed, sides = tuple(network.model.inputs[0].shape[1:3]), _sides(size)
    if any(own not in (None, side) for own, side in zip(fixed, sides, strict=True)):
        raise ValueError(
            f"{network.name} was built for pictures of {fixed[0]} x {fixed[1]} pixels, not {size}; "
            f"give size={fixed[0] if fixed[0] == fixed[1] else fixed}, or load the network without input_shape"
        )


def _sides(size: int | tuple[int, int]) -> tuple[int, int]:
    return (size, size) if np.ndim(size) == 0 else tuple(size)


def _resized(picture: np.ndarray, size: int | tuple[int, int]) -> np.ndarray:
    height, width = _sides(size)
    if picture.shape[:2] == (height, width):
        return picture
    if picture.shape[0] * width == picture.shape[1] * height:
        return images.resize(picture, (height, width))
    return images.prepare(picture, size)


def _bytes(path: Path) -> bytes:
    try:
        if not stat.S_ISREG(path.stat().st_mode):  # a pipe would be waited for, for ever
            raise OSError(errno.EINVAL, "it is no file")
        return path.read_bytes()
    except OSError as error:
        raise images.ImageError(
            f"the photo {path} cannot be read ({error.strerror or error}); check the path"
        ) from None


def _joined(sums: Any) -> str:
    total = hashlib.sha256()
    for part in sums:
        total.update(part)
    return total.hexdigest()


def _computed(request: _Request, source: _Source) -> Iterator[tuple[list[np.ndarray], list[bytes]]]:
    """Yield ([the layers' float32 answers to one batch], sums of the files); a progress bar where it takes time."""
    function = request.function()
    batches = source.batches(request.size, request.batch)
    label = f"{request.network.name}, {', '.join(request.layers)}: photos"
    with Progress(label, len(source)) if len(source) >= _WORTH_A_BAR else _Silent() as progress:
        for pictures, sums in batches:
            answers = function(request.network.batch(pictures))
            answers = answers if isinstance(answers, list | tuple) else [answers]  # Keras unpacks a list of one
            yield [answer.numpy().astype(np.float32, copy=False) for answer in answers], sums
            progress.update(len(pictures))


class _Silent:
    """A progress bar for what is over at once."""

    def __enter__(self) -> _Silent:
        return self

    def __exit__(self, *error: object) -> None:
        return None

    def update(self, n: int) -> None:
        return None


def _in_memory(request: _Request, source: _Source) -> dict[str, np.ndarray]:
    parts = [answers for answers, _ in _computed(request, source)]
    return {name: np.concatenate([part[i] for part in parts]) for i, name in enumerate(request.layers)}


def _cached(request: _Request, source: _Source) -> dict[str, np.ndarray]:
    """Read the layers that are stored, compute and store the others in one pass."""
    content = source.content()
    found: dict[str, np.ndarray] = {}
    for name in request.layers:
        stored = stored_arrays.read(request.path(name, content))
        if stored is not None:
            found[name] = stored
    missing = [name for name in request.layers if name not in found]
    if missing:
        found.update(_store(request._replace(layers=missing), source, content))
    return found


def _store(request: _Request, source: _Source, content: str) -> dict[str, np.ndarray]:
    """Compute features batch by batch into files; in memory only, with a notice, where no file can be written."""
    folder = cache_folder() / "features"
    writers: list[stored_arrays.Writer] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        writers = [stored_arrays.Writer(folder) for _ in request.layers]
        sums: list[bytes] = []
        for answers, read in _computed(request, source):
            sums += read
            for writer, answer in zip(writers, answers, strict=True):
                writer.write(answer, len(source))
        if source.paths is not None:
            content = _joined(sums)  # of what was really read: a photo may have changed since the first look
        paths = [request.path(name, content) for name in request.layers]
        for writer, path in zip(writers, paths, strict=True):
            writer.finish(path)
        stored_arrays.make_room(folder, keep=set(paths))
        return {name: stored_arrays.open_array(path) for name, path in zip(request.layers, paths, strict=True)}
    except images.ImageError:
        raise
    except OSError as error:
        print(f"The features could not be kept in {folder.name} ({error.strerror or error}); they stay in memory only.")
        for writer in writers:  # before the second try, which may need the room
            writer.discard()
        return _in_memory(request, source)
    finally:
        for writer in writers:
            writer.discard()
