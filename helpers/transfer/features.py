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
from helpers.backbones import Network, forward, graph, state
from helpers.files import array_cache, cache_folder, disk
from helpers.runtime import Progress, arguments

_PREPARATION = "shortest side, bicubic, centre crop; 1"  # to be changed with what helpers.images.prepare does
_THREADS = 4  # reading a JPEG is Pillow's work, which lets other threads run
_WORTH_A_BAR, _LONG = 200, 1000  # photos: that many show a bar, that many are kept block by block
_BLOCK = 16  # batches

_Answers = tuple[list[np.ndarray], list[bytes]]  # the layers' to one batch, (n, ...) each; the sums of the files read


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
    given, batch = _photos(photos), arguments.whole("the batch", batch, 1)
    engine = forward.engine(network, names, average, len(given))
    prints = {name: fingerprint(network, name) for name in names} if cache else {}
    request = _Request(network, names, size, average, batch, len(given), engine, prints)
    found = _kept(request, given) if cache else _in_memory(request, given)
    return found if layer is not None and not isinstance(layer, str) else found[names[0]]


def fingerprint(network: Network, *layers: str) -> str:
    """A sum over all that the layers' answers depend on: operations, settings, constants, own code, and weights."""
    return state.fingerprint(graph.way(*(network.output_of(layer) for layer in layers)))


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
    photos: int  # of the whole piece of work, which decide who answers
    engine: str
    fingerprints: dict[str, str]  # of the layers
    progress: Progress | None = None

    def path(self, layer: str, content: str) -> Path:
        """The stored file for one layer and photos of this content."""
        average = self.average and len(self.network.output_of(layer).shape) == 4  # a vector has nothing to average
        made_of = [self.fingerprints[layer], layer, average, self.size, _PREPARATION, self.engine, content]
        key = hashlib.sha256(json.dumps(made_of).encode()).hexdigest()[:32]
        readable = "".join(c if c.isalnum() or c in "_." else "_" for c in f"{self.network.name}-{layer}")
        return cache_folder() / "features" / f"{readable[:80]}-{self.size[0]}-{key}.npy"


class _Photos(NamedTuple):
    """Photos as files or as an array; one of the two is None."""

    paths: list[Path] | None
    pixels: np.ndarray | None

    def __len__(self) -> int:
        return len(self.pixels if self.paths is None else self.paths)

    def sums(self) -> list[bytes]:
        """A sum over each file, as it is on the disk now; of pictures in an array nothing."""
        if self.paths is None:
            return [b""] * len(self)
        with ThreadPoolExecutor(_THREADS) as pool:
            return list(pool.map(lambda path: hashlib.sha256(_bytes(path)).digest(), self.paths))

    def content(self, sums: list[bytes]) -> str:
        """A sum over all photos' content, out of the files' sums."""
        if self.paths is not None:
            return _joined(sums)
        pixels = np.ascontiguousarray(self.pixels)
        return _joined([f"{pixels.shape}{pixels.dtype}".encode(), hashlib.sha256(pixels).digest()])

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


def _computed(request: _Request, photos: _Photos) -> Iterator[_Answers]:
    """Yield ([the layers' float32 answers to one batch], sums of the files)."""
    for pictures, sums in photos.batches(request.size, request.batch):
        yield request.network.features_of(pictures, request.layers, request.average, request.photos), sums
        if request.progress is not None:
            request.progress.update(len(pictures))


@contextlib.contextmanager
def _with_bar(request: _Request, photos: _Photos) -> Iterator[_Request]:
    """The request with a progress bar, where the work takes time and has none yet."""
    if request.progress is not None or len(photos) < _WORTH_A_BAR:
        yield request
        return
    with Progress(f"{request.network.name}, {', '.join(request.layers)}", len(photos), "photos") as progress:
        yield request._replace(progress=progress)


def _in_memory(request: _Request, photos: _Photos) -> dict[str, np.ndarray]:
    with _with_bar(request, photos) as shown:
        rows = zip(*(answers for answers, _ in _computed(shown, photos)), strict=True)
        return {name: np.concatenate(some) for name, some in zip(request.layers, rows, strict=True)}


def _kept(request: _Request, photos: _Photos) -> dict[str, np.ndarray]:
    """Read or compute and store the layers; in memory only, with a notice, where no file can be written."""
    folder, sums = cache_folder() / "features", photos.sums()
    try:
        return _cached(request, photos, sums)[0]
    except OSError as error:
        print(f"The features could not be kept in {folder.name} ({error.strerror or error}); they stay in memory only.")
        return _in_memory(request, photos)


def _cached(request: _Request, photos: _Photos, sums: list[bytes]) -> tuple[dict[str, np.ndarray], list[bytes]]:
    """Read the layers that are stored, compute and store the others in one pass; and the sums of what was read."""
    content = photos.content(sums)
    found = {name: array_cache.read(request.path(name, content)) for name in request.layers}
    missing = [name for name, stored in found.items() if stored is None]
    if missing:
        with _with_bar(request._replace(layers=missing), photos) as shown:
            stored, sums = _stored(shown, photos, sums)
            return found | stored, sums
    if request.progress is not None:
        request.progress.skip(len(photos))
    return found, sums


def _stored(request: _Request, photos: _Photos, sums: list[bytes]) -> tuple[dict[str, np.ndarray], list[bytes]]:
    """Compute features batch by batch into files. Raises OSError where none can be written."""
    read, blocks, is_long = [], [], len(photos) >= max(_LONG, _BLOCK * request.batch + 1)
    with writers(len(request.layers)) as files:  # gone before a second try, which may need the room
        compute = _by_blocks(request, photos, sums, blocks) if is_long else _computed(request, photos)
        for answers, some in compute:
            read += some
            for file, answer in zip(files, answers, strict=True):
                file.write(answer, len(photos))
        # Named after what was really read: a photo may have changed since the first look.
        paths = [request.path(name, photos.content(read)) for name in request.layers]
        for file, path in zip(files, paths, strict=True):
            file.finish(path)
    for path in blocks:
        disk.remove(path)
    if request.photos == len(photos):
        array_cache.make_room(paths[0].parent, keep=set(paths))
    return {name: array_cache.open_array(path) for name, path in zip(request.layers, paths, strict=True)}, read


def _by_blocks(request: _Request, photos: _Photos, sums: list[bytes], paths: list[Path]) -> Iterator[_Answers]:
    """The same as `_computed`, in blocks of some batches, each stored by itself, so that a second try finds it.

    paths: gets the blocks' files, to be removed when the whole is stored.
    """
    for start in range(0, len(photos), _BLOCK * request.batch):
        rows = slice(start, start + _BLOCK * request.batch)
        block = _Photos(*(None if some is None else some[rows] for some in photos))
        found, read = _cached(request, block, sums[rows])
        paths += [request.path(name, block.content(read)) for name in request.layers]
        yield [found[name] for name in request.layers], read
