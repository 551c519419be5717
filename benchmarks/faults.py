"""Faulty files by the hundred: everything must work or end in one sentence, within bounded time and memory.

    python3 -m benchmarks.faults            # all sections
    python3 -m benchmarks.faults photos --count 200 --seed 1

A section is a function `(count, seed, folder) -> rows`; a row is (kind, outcome), an outcome "worked", "sentence", or
what went wrong. It is entered in SECTIONS. The command fails if there is a fault.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import os
import resource
import signal
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import numpy as np

MEGABYTES, SECONDS = 1000, 5
Row = tuple[str, str]


def bounded(job: Callable[[], str]) -> str:
    """Run a job in a child process; return its answer, or a fault: killed, too slow, too large, or chatty."""
    read_end, write_end = os.pipe()
    with tempfile.TemporaryFile() as said:
        child = os.fork()
        if not child:
            os.dup2(said.fileno(), 2)
            os.close(read_end)
            signal.alarm(12 * SECONDS)
            resource.setrlimit(resource.RLIMIT_CPU, (2 * SECONDS, 2 * SECONDS))
            with contextlib.suppress(BaseException):
                os.write(write_end, job().encode("utf-8", "replace")[:4000])
            os._exit(0)
        os.close(write_end)
        with os.fdopen(read_end, "rb") as answers:
            answer = answers.read().decode()
        _, status, used = os.wait4(child, 0)
        said.seek(0)
        noise = said.read(200).decode("utf-8", "replace")
    if status or not answer:
        return f"fault: ended with status {status}"
    if used.ru_utime + used.ru_stime > SECONDS or used.ru_maxrss > MEGABYTES * 1024:
        return f"fault: {used.ru_utime + used.ru_stime:.1f} s, {used.ru_maxrss / 1024:.0f} MB"
    return f"fault: printed {noise!r}" if noise else answer


def outcome(call: Callable[[], object], kinds: tuple[type[Exception], ...] = (ValueError,)) -> str:
    """Return "worked", "sentence" for an error of these kinds in one line that ends in a full stop, or the fault."""
    try:
        call()
    except kinds as error:
        text = str(error)
        good = "\n" not in text and text.endswith(".") and len(text) < 700
        return "sentence" if good else f"fault: {text[:200]!r}"
    except BaseException as error:
        return f"fault: {type(error).__name__}: {str(error)[:200]!r}"
    return "worked"


# --- Photos -----------------------------------------------------------------------------------------------------------

FORMATS = (
    *(("JPEG", {"quality": 90}), ("JPEG", {"progressive": True}), ("PNG", {}), ("GIF", {}), ("WEBP", {})),
    *(("WEBP", {"lossless": True}), ("TIFF", {}), ("TIFF", {"compression": "tiff_lzw"}), ("BMP", {}), ("PPM", {})),
    *(("TIFF", {"compression": "jpeg"}), ("JPEG2000", {}), ("AVIF", {"quality": 70}), ("ICO", {}), ("TGA", {})),
)
MODES = ("RGB", "RGB", "L", "P", "RGBA", "CMYK", "I;16", "1", "F")


def photos(count: int, seed: int, folder: Path) -> list[Row]:
    """Damaged photos of many formats, read by `images.load` and by `from_folder`, which must agree."""
    from PIL import features, Image  # noqa: I001

    from helpers import datasets, images

    Image.init()
    random = np.random.default_rng(seed)
    formats = [row for row in FORMATS if row[0] != "AVIF" or features.check("avif")]
    for name in ("cats", "dogs"):
        (folder / name).mkdir()
        Image.new("RGB", (9, 9)).save(folder / name / "sound.png")
    rows = []
    for number in range(count):
        kind, content = _damaged(formats, random)
        path = folder / "cats" / f"{number}.{random.choice(['jpg', 'png', 'tif', 'webp', 'bmp', 'ppm', 'jp2'])}"
        path.write_bytes(content)

        def judge(path: Path = path) -> str:
            alone = outcome(lambda: images.load(path))
            listed = outcome(lambda: datasets.from_folder(folder))
            kept = outcome(lambda: datasets.from_folder(folder, skip_unreadable=True))
            faults = [answer for answer in (alone, listed, kept) if answer.startswith("fault")]
            if alone == "worked" and listed == "sentence":
                faults.append("fault: from_folder refuses what load reads")
            return (faults or ([] if kept == "worked" else [f"fault: skip_unreadable: {kept}"]) or [alone])[0]

        rows.append((kind, bounded(judge)))
        path.unlink()
    return rows


def _damaged(formats: list, random: np.random.Generator) -> tuple[str, bytes]:
    """A photo of a random format, mode and size, with one to three damages (one in ten has none)."""
    kind, options = formats[random.integers(len(formats))]
    content = b""
    while not content:
        with contextlib.suppress(OSError, ValueError, KeyError):  # not every format knows every mode
            mode = "RGB" if options.get("compression") == "jpeg" else MODES[random.integers(len(MODES))]
            content = _encoded(kind, options, mode, random)
    for _ in range(0 if random.random() < 0.1 else random.integers(1, 4)):
        content = DAMAGES[random.integers(len(DAMAGES))](bytearray(content), random)
    return kind, bytes(content)


def _encoded(kind: str, options: dict, mode: str, random: np.random.Generator) -> bytes:
    from PIL import Image

    height, width = random.integers(1, 120, 2)
    pixels = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
    picture = Image.fromarray(pixels)
    stream = io.BytesIO()
    (picture.convert("I").convert(mode) if mode == "I;16" else picture.convert(mode)).save(stream, kind, **options)
    return stream.getvalue()


def _cut(content: bytearray, random: np.random.Generator) -> bytes:
    return bytes(content[: random.integers(0, len(content) + 1)])


def _flipped(content: bytearray, random: np.random.Generator) -> bytes:
    for place in random.integers(0, max(len(content), 1), 1 + len(content) // 200) if content else ():
        content[place] = random.integers(256)
    return bytes(content)


def _head(content: bytearray, random: np.random.Generator) -> bytes:
    """Numbers in the header, where sizes and offsets lie, become small, large, or negative."""
    if len(content) > 12:
        place = random.integers(4, min(len(content), 120) - 4)
        value = (b"\0\0\0\0", b"\xff\xff\xff\xff", b"\x7f\xff\xff\xff", b"\0\0\x40\0", b"\x40\0\0\0", b"\0\x40")
        piece = value[random.integers(len(value))]
        content[place : place + len(piece)] = piece
    return bytes(content)


def _moved(content: bytearray, random: np.random.Generator) -> bytes:
    first, last = sorted(random.integers(0, len(content) + 1, 2))
    place = random.integers(0, len(content) + 1)
    return bytes(content[:place] + content[first:last] + content[place:])


def _erased(content: bytearray, random: np.random.Generator) -> bytes:
    first = random.integers(0, len(content) + 1)
    last = min(len(content), first + random.integers(1, 200))
    content[first:last] = bytes(last - first)
    return bytes(content)


DAMAGES = (_cut, _flipped, _head, _head, _moved, _erased)
SECTIONS: dict[str, Callable[[int, int, Path], list[Row]]] = {"photos": photos}


def table(rows: list[Row]) -> str:
    """The rows as a Markdown table: tried, sentence, worked and fault for each kind, and in all."""
    lines = ["| kind | tried | sentence | worked | fault |", "|---|---|---|---|---|"]
    for kind in (*sorted({kind for kind, _ in rows}), "all"):
        counts = Counter("fault" if o.startswith("fault") else o for k, o in rows if kind in (k, "all"))
        cells = (counts.total(), counts["sentence"], counts["worked"], counts["fault"])
        lines.append(f"| {kind} | {' | '.join(map(str, cells))} |")
    return "\n".join(lines)


def main() -> int:
    """Run the sections that the command names, print their tables and the first faults; 1 if there are any."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("section", nargs="*", help=f"some of {', '.join(SECTIONS)}; all if none is named")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=0)
    chosen = parser.parse_args()
    faults = []
    for section in chosen.section or SECTIONS:
        began = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            rows = SECTIONS[section](chosen.count, chosen.seed, Path(folder))
        print(f"\n## {section}: seed {chosen.seed}, {time.perf_counter() - began:.0f} s\n\n{table(rows)}")
        faults += [f"{section}, {kind}: {answer}" for kind, answer in rows if answer.startswith("fault")]
    print(*(["", *faults[:40]] if faults else ["", "No fault."]), sep="\n")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
