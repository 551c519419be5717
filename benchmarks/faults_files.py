"""300 damaged files of the caches, and 300 kills and broken transfers: each works, or is one sentence.

    COURSE_DATA=... python -m benchmarks.faults_files [--seed 0] [--share 1.0]

A damage is a changed, lost or added piece of a file, an empty file, a page, or a folder in its place. After a kill or a
broken transfer the same work is done again, and must give the right result with nothing left beside it. "worked": the
right result; "sentence": the module's own error in one line; "fault": anything else, which is printed.
"""

from __future__ import annotations

import argparse
import contextlib
import hashlib
import io
import json
import os
import pickle
import random
import shutil
import signal
import tempfile
import time
import zipfile
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import h5py
import numpy as np

import course
from helpers import datasets, files
from helpers.backbones import keras_applications, safe_pickle
from helpers.files import archives, array_cache, disk
from helpers.training import saved_file
from tests.misbehaving_server import MisbehavingServer

CONTENT = np.random.default_rng(0).bytes(400_000)
FACTS = {"size": len(CONTENT), "sha256": hashlib.sha256(CONTENT).hexdigest()}
PHOTOS = {f"photos/{number}.jpg": CONTENT[number : number + 20_000] for number in range(200)}


def damage(path: Path, dice: random.Random) -> str:
    """Damage a file in one of many ways and say which."""
    data = bytearray(path.read_bytes())
    kind = dice.choice(["byte", "byte", "bytes", "cut", "cut", "longer", "hole", "empty", "page", "folder", "text"])
    at = dice.randrange(len(data))
    if kind == "byte":
        data[at] ^= dice.randrange(1, 256)
    elif kind == "bytes":
        for _ in range(20):
            data[dice.randrange(len(data))] = dice.randrange(256)
    elif kind == "cut":
        del data[at:]
    elif kind == "longer":
        data += dice.randbytes(dice.randrange(1, 100))
    elif kind == "hole":
        data[at : at + 1000] = bytes(len(data[at : at + 1000]))
    elif kind in ("empty", "folder"):
        data.clear()
    else:
        data = bytearray(b"<html>log in</html>" if kind == "page" else b"\xff\xfe\x80text")
    path.unlink()
    if kind == "folder":
        (path / "inside").mkdir(parents=True)
    else:
        path.write_bytes(data)
    return kind


# --- Damaged caches: each makes a file in a folder, and returns it with the work that uses it -------------------------


def stored_array(folder: Path, _: str) -> tuple[Path, Callable[[], bool]]:
    values = np.random.default_rng(1).normal(size=(20, 30)).astype("f4")
    writer, path = array_cache.Writer(folder), folder / "features.npy"
    writer.write(values, len(values))
    writer.finish(path)

    def work() -> bool:
        with contextlib.redirect_stdout(io.StringIO()):
            found = array_cache.read(path)
        return not path.exists() if found is None else np.array_equal(found, values)

    return path, work


def part(folder: Path, url: str) -> tuple[Path, Callable[[], bool]]:
    half = folder / "file.bin.part"
    half.write_bytes(CONTENT[:150_000])
    (folder / "file.bin.part.tag").write_text(f'{url}good\n"first"')
    return half, lambda: right(url + "good", folder)


def tag(folder: Path, url: str) -> tuple[Path, Callable[[], bool]]:
    part(folder, url)
    return folder / "file.bin.part.tag", lambda: right(url + "good", folder)


def whole(folder: Path, url: str) -> tuple[Path, Callable[[], bool]]:
    (folder / "file.bin").write_bytes(CONTENT)
    return folder / "file.bin", lambda: right(url + "good", folder)


def table(folder: Path, _: str) -> tuple[Path, Callable[[], bool]]:
    name = random.choice(["school_b.mat", "school.mat", "conjointAnalysisComputerBuyers.mat"])
    (folder / "tables").mkdir()
    path = Path(shutil.copy(Path(os.environ["COURSE_DATA"]) / "tables" / name, folder / "tables"))
    path.chmod(0o644)
    return path, lambda: in_cache(
        folder,
        (lambda: len(datasets.schools("school")) == 15_362)
        if "school" in name
        else (lambda: len(datasets.survey()) == 3_800),
    )


def weights(folder: Path, _: str) -> tuple[Path, Callable[[], bool]]:
    """MobileNet's real file under a name whose sum is known: without a sum, a changed value cannot be seen."""
    (folder / "models").mkdir()
    name, family = "vgg16", keras_applications.FAMILIES["vgg16"]
    source = Path(os.environ["COURSE_DATA"]) / "keras_home" / "models" / "mobilenet_2_5_224_tf_no_top.h5"
    path = Path(shutil.copy(source, folder / "models" / Path(keras_applications._file(name, False, None, 1.0)).name))
    path.chmod(0o644)
    sum_ = hashlib.md5(path.read_bytes()).hexdigest()
    keras_applications.FAMILIES[name] = family._replace(md5=(sum_, sum_))
    return path, lambda: in_cache(folder, lambda: keras_applications.weights_path(name, False) == str(path))


def archive(folder: Path, _: str) -> tuple[Path, Callable[[], bool]]:
    path = folder / "photos.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as opened:
        for name, content in list(PHOTOS.items())[:20]:
            opened.writestr(name, content[:2000])

    def work() -> bool:
        found = archives.unpack(path, folder / "out")
        return all((found / name).read_bytes() == content[:2000] for name, content in list(PHOTOS.items())[:20])

    return path, work


def pickled(folder: Path, _: str) -> tuple[Path, Callable[[], bool]]:
    """Its sum is checked by who calls it; here only that it ends, in arrays or a sentence."""
    path = folder / "weights.pkl"
    path.write_bytes(pickle.dumps({f"layer{i}": [np.ones((3, i), "f4")] for i in range(1, 9)}, 3))
    return path, lambda: isinstance(safe_pickle.read_numpy(path.read_bytes() if path.is_file() else b""), dict)


def saved_network(folder: Path, _: str) -> tuple[Path, Callable[[], bool]]:
    """What is looked at before Keras builds anything, in a file like Keras's."""
    path, content = folder / "network.keras", io.BytesIO()
    with h5py.File(content, "w") as file:
        file["layers/dense/vars/0"] = np.ones((30, 40), "f4")
    with zipfile.ZipFile(path, "w") as opened:
        opened.writestr("config.json", json.dumps({"class_name": "Sequential", "config": {"layers": []}}))
        opened.writestr("model.weights.h5", content.getvalue())
    return path, lambda: saved_file.check(path).numbers == 1200


def stamp(folder: Path, _: str) -> tuple[Path, Callable[[], bool]]:
    path = folder / "course-stamp.txt"
    course.write_stamp(folder, ["0123456789abcdef", "has numpy"])
    return path, lambda: isinstance(course.why_rebuild(folder), str) and not course.is_complete(folder, False)


def note(folder: Path, _: str) -> tuple[Path, Callable[[], bool]]:
    (folder / "a.whl").touch()
    path = folder / "made-for.txt"
    path.write_text("Python 3.99, Linux x86_64")
    return path, lambda: course.take_wheels(["--wheels", str(folder)])[1] == folder.resolve()


CACHES = [stored_array, part, tag, whole, table, weights, archive, pickled, saved_network, stamp, note]


def in_cache(folder: Path, work: Callable[[], bool]) -> bool:
    """Do something with the folder as the only place where data and weights are."""
    before = dict(os.environ)
    os.environ.update(COURSE_CACHE=str(folder), COURSE_DATA="", KERAS_HOME=str(folder))
    try:
        return work()
    finally:
        os.environ.clear()
        os.environ.update(before)


def right(url: str, folder: Path) -> bool:
    """Bring the file; it is the right one, and alone."""
    with contextlib.redirect_stderr(io.StringIO()):
        files.fetch(url, folder / "file.bin", **FACTS)
    return (folder / "file.bin").read_bytes() == CONTENT and {path.name for path in folder.iterdir()} == {"file.bin"}


# --- Kills: a child does the work and is killed, then it is done again here -------------------------------------------


def kill_download(folder: Path, url: str) -> tuple[Callable[[], object], Callable[[], bool]]:
    return lambda: right(url + "slowly", folder), lambda: right(url + "good", folder)


def kill_unpacking(folder: Path, _: str) -> tuple[Callable[[], object], Callable[[], bool]]:
    path, out = folder / "photos.zip", folder / "out"
    with zipfile.ZipFile(path, "w") as opened:
        for name, content in PHOTOS.items():
            opened.writestr(name, content)

    def again() -> bool:
        if not out.exists():
            archives.unpack(path, out)
        disk.sweep(folder)
        whole = all((out / name).read_bytes() == content for name, content in PHOTOS.items())
        return whole and {entry.name for entry in folder.iterdir()} == {"photos.zip", "out"}

    return lambda: archives.unpack(path, out), again


def kill_writing(folder: Path, _: str) -> tuple[Callable[[], object], Callable[[], bool]]:
    values, path = np.random.default_rng(2).normal(size=(4000, 500)).astype("f4"), folder / "features.npy"

    def write() -> None:
        writer = array_cache.Writer(folder)
        for start in range(0, len(values), 100):
            writer.write(values[start : start + 100], len(values))
        writer.finish(path)

    def again() -> bool:
        if array_cache.read(path) is None:
            write()
        array_cache.make_room(folder, {path})
        same = np.array_equal(array_cache.read(path), values)
        return same and [entry.name for entry in folder.iterdir()] == [path.name]

    return write, again


KILLS = [kill_download, kill_unpacking, kill_writing]


def killed(work: Callable[[], object], seconds: float) -> None:
    """Do something in a child of its own, and kill that after some seconds."""
    child = os.fork()
    if child == 0:
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, 1)
        os.dup2(nowhere, 2)
        with contextlib.suppress(BaseException):
            work()
        os._exit(0)
    time.sleep(seconds)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)


def broken_transfer(folder: Path, server: MisbehavingServer, dice: random.Random) -> Callable[[], bool]:
    """A first try with a server that fails; the second server is good, and has the first one's address."""
    kind = dice.choice(["cut", "hang_up", "empty", "shorter", "longer", "wrong", "gibberish", "part_unasked", "broken"])
    with contextlib.suppress(files.DownloadError), contextlib.redirect_stderr(io.StringIO()):
        files.fetch(server.url(kind), folder / "file.bin", **FACTS)
    if dice.random() < 0.5 and (folder / "file.bin.part").exists():
        damage(folder / "file.bin.part", dice)
    return lambda: right(server.url("good"), folder)


# --- The table --------------------------------------------------------------------------------------------------------


def outcome(work: Callable[[], bool], what: str) -> str:
    """Do the work and say how it ended."""
    try:
        if work():
            return "worked"
        reason = "another result"
    except (ValueError, OSError, course.Stop) as error:
        own = type(error) in (ValueError, files.DownloadError, files.MissingError, course.Stop)
        if own and "\n" not in str(error) and 20 < len(str(error)) < 600:
            return "sentence"
        reason = repr(error)
    except BaseException as error:
        reason = repr(error)
    print(f"FAULT {what}: {reason[:300]}")
    return "fault"


def main() -> None:
    """Do all of it and print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--share", type=float, default=1.0, help="of the 600, for a quick look")
    known = parser.parse_args()
    if not os.environ.get("COURSE_DATA"):
        parser.error("name the folder with the lecture's tables and weights in COURSE_DATA")
    random.seed(known.seed)
    dice, counts, began = random.Random(known.seed), Counter(), time.monotonic()
    os.environ.update(NO_PROXY="127.0.0.1", no_proxy="127.0.0.1")
    with MisbehavingServer(CONTENT) as server, tempfile.TemporaryDirectory() as place:
        server.rest, url = 0.3, server.url("")
        for number in range(round(600 * known.share)):
            folder = Path(tempfile.mkdtemp(dir=place))
            if number % 2 == 0:
                make = CACHES[number // 2 % len(CACHES)]
                path, work = make(folder, url)
                what = f"{make.__name__}, {damage(path, dice)}"
            elif number % 8 == 1:
                make, work = broken_transfer, broken_transfer(folder, server, dice)
                what = f"broken transfer {number}"
            else:
                make = KILLS[number // 2 % len(KILLS)]
                first, work = make(folder, url)
                seconds = dice.uniform(0, 0.5)
                killed(first, seconds)
                what = f"{make.__name__} after {seconds:.2f} s"
            counts[make.__name__, outcome(work, what)] += 1
            shutil.rmtree(folder, ignore_errors=True)
    print("| what | tried | sentence | worked | fault |\n|---|---|---|---|---|")
    for name in [*(make.__name__ for make in CACHES), "broken_transfer", *(make.__name__ for make in KILLS), "all"]:
        row = [sum(n for (of, end), n in counts.items() if name in (of, "all") and end in ends) for ends in ENDS]
        print(f"| {name.replace('_', ' ')} | " + " | ".join(str(value) for value in row) + " |")
    print(f"seed {known.seed}, {time.monotonic() - began:.0f} s")


ENDS = (("sentence", "worked", "fault"), ("sentence",), ("worked",), ("fault",))

if __name__ == "__main__":
    main()
