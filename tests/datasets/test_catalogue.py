"""What is here, how the rest is brought, and that the cards in data/ say what the code does."""

from __future__ import annotations

import hashlib
import importlib.metadata
import importlib.util
import io
import shutil
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from helpers import datasets, multitask
from helpers.datasets import DOWNLOADS, catalogue
from helpers.datasets.catalogue import PACKAGED
from helpers.files import DownloadError
from tests import misbehaving_server

DATA = Path(__file__).resolve().parents[2] / "data"
NETWORKS = ("efficientnet_lite0", "squeezenet")
FIELDS = ["What", "From", "Size", "SHA-256", "Licence", "Citation", "Use"]


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COURSE_DATA", "")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    return tmp_path / "cache"


# --- Cards ------------------------------------------------------------------------------------------------------------


def card(name: str) -> dict[str, str]:
    """The first table of a card."""
    lines = (DATA / f"{name}.md").read_text(encoding="utf-8").split("\n\n")[1].splitlines()
    assert lines[:2] == ["| field | value |", "|---|---|"]
    return dict(line.strip("|").strip().split(" | ", 1) for line in lines[2:])


def test_there_is_a_card_for_every_data_set_and_no_other():
    names = {row.name for row in datasets.available()} | set(NETWORKS)
    assert {path.stem for path in DATA.glob("*.md")} == names | {"README"}
    overview = (DATA / "README.md").read_text(encoding="utf-8")
    assert all(f"[{name}]({name}.md)" in overview for name in names)


@pytest.mark.parametrize("name", [*DOWNLOADS, *PACKAGED, "critters", *NETWORKS])
def test_every_card_has_the_same_fields_filled_in(name):
    fields = card(name)
    assert list(fields) == FIELDS
    assert all(len(value) >= 4 for value in fields.values())


@pytest.mark.parametrize("name", DOWNLOADS)
def test_cards_of_downloads_agree_with_the_code(name):
    known, fields = DOWNLOADS[name], card(name)
    assert fields["From"] == f"<{known.url}>"
    assert fields["Size"] == f"{known.size:,} bytes"
    assert known.url.startswith("https://")
    if known.sha256 is None:
        assert fields["SHA-256"].startswith("not known")
    else:
        assert fields["SHA-256"] == f"`{known.sha256}`" and len(known.sha256) == 64
    text = (DATA / f"{name}.md").read_text(encoding="utf-8")
    assert f"`python3 course.py download {name}`" in text
    overview = (DATA / "README.md").read_text(encoding="utf-8")
    assert all(f"`{place}`" in overview for place in known.places)


@pytest.mark.parametrize("name", ["mnist", "exam", "chem97"])
def test_cards_of_packaged_tables_agree_with_the_file(name):
    module, file, package = PACKAGED[name]
    fields, path = card(name), catalogue.packaged_file(name)
    assert f"{package} (`{module}/{file}`)" in fields["From"]
    size, _, tested = fields["Size"].partition(f" bytes in {package} ")
    if importlib.metadata.version(package) != tested:
        pytest.skip(f"the card describes {package} {tested}")
    assert size == f"{path.stat().st_size:,}"
    assert fields["SHA-256"] == f"`{hashlib.sha256(path.read_bytes()).hexdigest()}`"


def test_the_card_of_the_photos_lists_them_all():
    text = (DATA / "photos.md").read_text(encoding="utf-8")
    for photo in datasets.photos().values():
        row = f"| {photo.name} | {photo.kind} | {photo.subject} | {photo.licence} | {photo.source} ({photo.package}) |"
        assert row in text
    kinds = [len(datasets.photos(kind)) for kind in ("photo", "microscope", "drawing")]
    assert "{} pictures: {} photos, {} from a microscope, {} drawings".format(sum(kinds), *kinds) in text


@pytest.mark.parametrize("name", NETWORKS)
def test_cards_of_networks_agree_with_the_code(name):
    module = pytest.importorskip(f"helpers.backbones.{name}")
    fields = card(name)
    assert f"{module.PACKAGE} (`{module.FILE}`)" in fields["From"]
    assert fields["Size"] == f"{module.SIZE:,} bytes"
    assert fields["SHA-256"] == f"`{module.SHA256}`"


# --- What is here -----------------------------------------------------------------------------------------------------


def test_available_tells_what_is_here_and_what_brings_the_rest(own_cache, course_data):
    rows = {row.name: row for row in datasets.available()}
    assert all(rows[name].here for name in ("critters", *PACKAGED))
    for name in DOWNLOADS:
        assert rows[name] == (name, False, rows[name].size, f"python3 course.py download {name}", rows[name].meanwhile)
        assert name == "survey" or rows[rows[name].meanwhile].here
    assert rows["survey"].meanwhile == "multitask.drawn_survey()"  # another table of schools is no survey
    assert multitask.drawn_survey().features.shape[1] == 13
    (own_cache / "tables").mkdir(parents=True)
    shutil.copy(course_data / "tables" / "school_b.mat", own_cache / "tables")
    assert {row.name: row.here for row in datasets.available()}["school"]


def test_the_lectures_data_are_found(course_data, monkeypatch):
    monkeypatch.setenv("COURSE_DATA", str(course_data))
    assert all(row.here for row in datasets.available())
    assert datasets.download("school") == course_data / "tables" / "school_b.mat"
    assert datasets.download("cats_vs_dogs") == course_data / "cats_and_dogs_small"


@pytest.mark.parametrize("name", ["school", "survey"])
def test_the_sums_are_those_of_the_real_files(course_data, name):
    known = DOWNLOADS[name]
    content = (course_data / known.places[0]).read_bytes()
    assert (len(content), hashlib.sha256(content).hexdigest()) == (known.size, known.sha256)


@pytest.mark.parametrize(
    ("name", "words"), [("mnist", "nothing to download"), ("critters", "nothing to"), ("dogs", "choose one of cats_vs")]
)
def test_names_that_cannot_be_downloaded(name, words):
    with pytest.raises(ValueError, match=words):
        datasets.download(name)


# --- Downloads, from a server on this computer ------------------------------------------------------------------------


@pytest.fixture
def serve(monkeypatch):
    """`serve("school", content)` makes the data set come from a local server, of the size of `content`."""
    running = []

    def start(name: str, content: bytes, kind: str = "good", **known):
        server = misbehaving_server.MisbehavingServer(content).__enter__()
        running.append(server)
        changed = replace(DOWNLOADS[name], url=server.url(kind), size=len(content), **known)
        monkeypatch.setitem(DOWNLOADS, name, changed)
        return server

    yield start
    for server in running:
        server.__exit__()


FEW = {"train/cats": 10, "train/dogs": 10, "validation/cats": 5, "validation/dogs": 5}
ALL = {"train/cats": 1000, "train/dogs": 1000, "validation/cats": 500, "validation/dogs": 500}


@pytest.fixture
def few_photos(monkeypatch) -> None:
    """A hundredth of the photos, so that the tests need not write thousands of files."""
    monkeypatch.setattr(catalogue, "_PHOTO_COUNTS", FEW)


def photos_zip(counts: dict[str, int]) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        archive.writestr("cats_and_dogs_filtered/vectorize.py", "")
        for folder, count in counts.items():
            for number in range(count):
                archive.writestr(f"cats_and_dogs_filtered/{folder}/{number}.jpg", b"x")
    return stream.getvalue()


def entries(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_a_table_is_brought_once_and_then_loads(course_data, serve, own_cache):
    content = (course_data / "tables" / "school_b.mat").read_bytes()
    server = serve("school", content)
    for _ in range(2):
        assert datasets.download("school") == own_cache / "tables" / "school_b.mat"
    assert len(server.requests) == 1
    assert len(datasets.schools("school")) == 15_362


def test_a_table_that_is_not_the_one_listed_is_refused(serve, own_cache):
    serve("school", b"another table")
    with pytest.raises(DownloadError, match="sha256 sum is not the one listed"):
        datasets.download("school")
    assert entries(own_cache / "tables") == set()


def test_all_photos_are_expected(serve, own_cache):
    serve("cats_vs_dogs", photos_zip(ALL))
    folder = datasets.download("cats_vs_dogs")
    assert [len(list((folder / part).iterdir())) for part in ALL] == list(ALL.values())


def test_the_photos_are_unpacked_and_the_archive_goes(serve, own_cache, few_photos):
    server = serve("cats_vs_dogs", photos_zip(FEW))
    folder = datasets.download("cats_vs_dogs")
    assert entries(own_cache) == {"cats_and_dogs_filtered"} == {folder.name}
    assert len(list((folder / "train" / "cats").iterdir())) == 10
    assert datasets.download("cats_vs_dogs") == folder and len(server.requests) == 1
    (folder / "train" / "cats" / "7.jpg").unlink()  # a photo is lost: brought again
    assert len(list((datasets.download("cats_vs_dogs") / "train" / "cats").iterdir())) == 10
    assert len(server.requests) == 2 and entries(own_cache) == {"cats_and_dogs_filtered"}


def test_leftovers_of_an_interrupted_unpacking_do_no_harm(serve, own_cache, few_photos):
    (own_cache / ".unpack-killed" / "half").mkdir(parents=True)
    (own_cache / ".unpack-killed.lock").touch()
    serve("cats_vs_dogs", photos_zip(FEW))
    datasets.download("cats_vs_dogs")
    assert entries(own_cache) == {"cats_and_dogs_filtered"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (photos_zip(FEW | {"train/cats": 9}), r"holds \[9, 10, 5, 5\] photos"),
        (b"no zip at all", "not a sound zip file"),
        (photos_zip(FEW)[:-50], "not a sound zip file"),
    ],
    ids=["a photo too few", "no zip", "cut"],
)
def test_bad_archives_leave_nothing(serve, own_cache, few_photos, content, words):
    serve("cats_vs_dogs", content)
    with pytest.raises(DownloadError, match=words):
        datasets.download("cats_vs_dogs")
    assert entries(own_cache) == set()


def test_a_broken_download_of_the_photos_goes_on(serve, own_cache):
    server = serve("cats_vs_dogs", photos_zip(ALL), kind="cut_once")
    with pytest.raises(DownloadError, match="goes on from there"):
        datasets.download("cats_vs_dogs")
    assert entries(own_cache) == {"cats_and_dogs_filtered.zip.part", "cats_and_dogs_filtered.zip.part.tag"}
    datasets.download("cats_vs_dogs")
    assert "Range" in server.requests[1][1] and entries(own_cache) == {"cats_and_dogs_filtered"}
