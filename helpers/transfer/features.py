"""A network's features, computed once and kept on disk: what a layer answers to every photo of a data set.

A stored file is found by what made it: the network's weights up to the layer, the layer, the preparation of the photos
and the photos' own content. Whoever changes one of these gets new features, never old ones.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import warnings
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from helpers import images
from helpers.backbones import Network, graph
from helpers.backbones.settings import described
from helpers.files import array_cache, cache_folder
from helpers.runtime import Progress, arguments

_PREPARATION = "shortest side, bicubic, centre crop; 1"  # to be changed with what helpers.images.prepare does
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
    names = [before_classifier(network)] if layer is None else [layer] if isinstance(layer, str) else list(layer)
    size = arguments.sides("the size", size or network.input_size)
    request = _Request(network, names, size, average, arguments.whole("the batch", batch, 1))
    given = _photos(photos)
    found = _cached(request, given) if cache else _in_memory(request, given)
    return found if layer is not None and not isinstance(layer, str) else found[names[0]]


def fingerprint(network: Network, *layers: str) -> str:
    """A sum (sha256) over all that the layers' answers depend on: the operations on the way from the picture to them,
    their settings, the constants given to them (127.5 of `x / 127.5`), the code of a student's own functions, and
    weights."""
    total = hashlib.sha256()
    steps = graph.way(*(network.output_of(layer) for layer in layers))
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
    with contextlib.suppress(ValueError):
        return network.vgg_equivalent("fc2")
    if network.logits is None:
        return graph.call_of(network.model.outputs[network.output]).operation.name
    call = graph.call_of(network.logits)
    if getattr(call.operation, "weights", []):  # else a mean over places: the features themselves
        call = graph.call_of(call.inputs[0])
        while type(call.operation).__name__ == "Dropout":
            call = graph.call_of(call.inputs[0])
    return call.operation.name


@contextlib.contextmanager
def writers(count: int) -> Iterator[list[array_cache.Writer]]:
    """Files in the features' folder that wait to be written; those that are not finished in the end are removed."""
    folder = cache_folder() / "features"
    folder.mkdir(parents=True, exist_ok=True)
    with contextlib.ExitStack() as unfinished:
        opened = [array_cache.Writer(folder) for _ in range(count)]
        for writer in opened:
            unfinished.callback(writer.discard)
        yield opened


class _Request(NamedTuple):
    """What is asked of the network."""

    network: Network
    layers: list[str]
    size: tuple[int, int]
    average: bool
    batch: int

    def path(self, layer: str, content: str) -> Path:
        """The stored file for one layer and photos of this content."""
        average = self.average and len(self.network.output_of(layer).shape) == 4  # a vector has nothing to average
        parts = [fingerprint(self.network, layer), layer, average, self.size, _PREPARATION, content]
        key = hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
        readable = "".join(c if c.isalnum() or c in "_." else "_" for c in f"{self.network.name}-{layer}")
        return cache_folder() / "features" / f"{readable[:80]}-{self.size[0]}-{key}.npy"


class _Photos(NamedTuple):
    """Photos as files or as an array; one of the two is None."""

    paths: list[Path] | None
    pixels: np.ndarray | None

    def __len__(self) -> int:
        return len(self.pixels if self.paths is None else self.paths)

    def content(self) -> str:
        """A sum over the photos' content, as it is on the disk now."""
        if self.paths is None:
            pixels = np.ascontiguousarray(self.pixels)
            return _joined([f"{pixels.shape}{pixels.dtype}".encode(), hashlib.sha256(pixels).digest()])
        with ThreadPoolExecutor(_THREADS) as pool:
            return _joined(pool.map(lambda path: hashlib.sha256(_bytes(path)).digest(), self.paths))

    def read(self, row: int, size: tuple[int, int]) -> tuple[np.ndarray, bytes]:
        """One prepared photo, and the sum of the file that it was read from."""
        if self.paths is None:
            return _resized(self.pixels[row], size), b""
        data = _bytes(self.paths[row])
        picture = images.load({"name": str(self.paths[row]), "content": data})
        return images.prepare(picture, size), hashlib.sha256(data).digest()

    def batches(self, size: tuple[int, int], batch: int) -> Iterator[tuple[np.ndarray, list[bytes]]]:
        """Yield (pictures, the sums of the files they were read from); the next batch is read meanwhile."""
        # Reading silences Pillow's warnings for a moment, which threads could leave undone; this undoes it for sure.
        with warnings.catch_warnings(), ThreadPoolExecutor(_THREADS) as pool:
            waiting = None
            for start in [*range(0, len(self), batch), len(self)]:
                rows = range(start, min(start + batch, len(self)))
                following = pool.map(self.read, rows, [size] * len(rows))  # begins now
                if waiting is not None:
                    pictures, sums = zip(*waiting, strict=True)
                    yield np.stack(pictures), list(sums)
                waiting = following


def _photos(photos: Any) -> _Photos:
    """Paths or pixels out of a Split, a list of paths or an array."""
    if hasattr(photos, "labels") and hasattr(photos, "paths"):
        paths, pixels = photos.paths, photos.pixels
    elif isinstance(photos, np.ndarray):
        paths, pixels = None, photos[None] if photos.ndim == 3 else photos
    else:
        paths, pixels = [photos] if isinstance(photos, str | os.PathLike) else list(photos), None
        if paths and isinstance(paths[0], np.ndarray):
            paths, pixels = None, np.stack([images.load(picture) for picture in paths])
    found = _Photos(None if paths is None else [Path(path) for path in paths], pixels)
    if not len(found):
        raise ValueError("there are no photos to compute features of; give one or more")
    if pixels is not None and (pixels.ndim != 4 or pixels.shape[-1] != 3):
        raise ValueError(f"the pictures have shape {pixels.shape}, expected (n, height, width, 3)")
    return found


def _resized(picture: np.ndarray, size: tuple[int, int]) -> np.ndarray:
    """An array at that size; one of other proportions is cropped the course's way."""
    if picture.shape[0] * size[1] != picture.shape[1] * size[0]:
        return images.prepare(picture, size)
    return picture if picture.shape[:2] == size else images.resize(picture, size)


def _bytes(path: Path) -> bytes:
    try:
        if not path.is_file():  # a pipe would be waited for, for ever
            raise OSError("it is no file")
        return path.read_bytes()
    except OSError as error:
        raise images.ImageError(
            f"the photo {path} cannot be read ({error.strerror or error}); check the path"
        ) from None


def _joined(sums: Iterable[bytes]) -> str:
    return hashlib.sha256(b"".join(sums)).hexdigest()


def _computed(request: _Request, photos: _Photos) -> Iterator[tuple[list[np.ndarray], list[bytes]]]:
    """Yield ([the layers' float32 answers to one batch], sums of the files); a progress bar where it takes time."""
    label = f"{request.network.name}, {', '.join(request.layers)}: photos"
    with Progress(label, len(photos)) if len(photos) >= _WORTH_A_BAR else contextlib.nullcontext() as progress:
        for pictures, sums in photos.batches(request.size, request.batch):
            yield request.network.features_of(pictures, request.layers, request.average), sums
            if progress is not None:
                progress.update(len(pictures))


def _in_memory(request: _Request, photos: _Photos) -> dict[str, np.ndarray]:
    parts = [answers for answers, _ in _computed(request, photos)]
    return {name: np.concatenate(rows) for name, rows in zip(request.layers, zip(*parts, strict=True), strict=True)}


def _cached(request: _Request, photos: _Photos) -> dict[str, np.ndarray]:
    """Read the layers that are stored, compute and store the others in one pass."""
    content = photos.content()
    found = {name: array_cache.read(request.path(name, content)) for name in request.layers}
    missing = [name for name, stored in found.items() if stored is None]
    return found | (_stored(request._replace(layers=missing), photos) if missing else {})


def _stored(request: _Request, photos: _Photos) -> dict[str, np.ndarray]:
    """Compute features batch by batch into files; in memory only, with a notice, where no file can be written."""
    folder, sums = cache_folder() / "features", []
    try:
        with writers(len(request.layers)) as files:  # gone before the second try, which may need the room
            for answers, read in _computed(request, photos):
                sums += read
                for file, answer in zip(files, answers, strict=True):
                    file.write(answer, len(photos))
            # Named after what was really read: a photo may have changed since the first look.
            content = photos.content() if photos.paths is None else _joined(sums)
            paths = [request.path(name, content) for name in request.layers]
            for file, path in zip(files, paths, strict=True):
                file.finish(path)
        array_cache.make_room(folder, keep=set(paths))
        return {name: array_cache.open_array(path) for name, path in zip(request.layers, paths, strict=True)}
    except OSError as error:
        print(f"The features could not be kept in {folder.name} ({error.strerror or error}); they stay in memory only.")
        return _in_memory(request, photos)
