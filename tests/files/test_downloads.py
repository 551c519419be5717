"""Downloads from a server that misbehaves: one sentence, nothing half-made, and a broken one goes on."""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import requests

from helpers.files import DownloadError, MissingError, cache_folder, disk, downloads, fetch, find, receiving
from helpers.files.downloads import search_folders
from tests import misbehaving_server

CONTENT = np.random.default_rng(0).bytes(300_000)
SHA256 = hashlib.sha256(CONTENT).hexdigest()
MD5 = hashlib.md5(CONTENT).hexdigest()
PART = {"file.bin.part", "file.bin.part.tag"}


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("no_proxy", "127.0.0.1")


@pytest.fixture
def server():
    with misbehaving_server.MisbehavingServer(CONTENT) as running:
        yield running


def left(folder: Path) -> set[str]:
    return {entry.name for entry in folder.iterdir()}


def one_sentence(error: BaseException) -> bool:
    text = str(error)
    return text[0].isupper() and text.endswith(".") and "\n" not in text and 20 < len(text) < 400


# --- What goes well ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("checks", [{}, {"size": len(CONTENT)}, {"sha256": SHA256.upper()}, {"md5": MD5}])
@pytest.mark.parametrize("kind", ["good", "to_good"])
def test_a_good_file_arrives_whole_and_alone(server, tmp_path, kind, checks):
    target = tmp_path / "new" / "folder" / "file.bin"
    assert fetch(server.url(kind), target, **checks) == target
    assert target.read_bytes() == CONTENT
    assert left(target.parent) == {"file.bin"}


def test_a_file_that_is_here_and_right_is_not_asked_for_again(server, tmp_path):
    (tmp_path / "file.bin").write_bytes(CONTENT)
    fetch(server.url("good"), tmp_path / "file.bin", size=len(CONTENT), sha256=SHA256)
    assert server.requests == []


def test_a_file_that_is_here_and_wrong_is_replaced(server, tmp_path):
    (tmp_path / "file.bin").write_bytes(b"old")
    fetch(server.url("good"), tmp_path / "file.bin", sha256=SHA256)
    assert (tmp_path / "file.bin").read_bytes() == CONTENT


def test_without_a_size_a_sum_is_enough(server, tmp_path):
    fetch(server.url("no_length"), tmp_path / "file.bin", sha256=SHA256)
    assert (tmp_path / "file.bin").read_bytes() == CONTENT


# --- What goes wrong: (what the server does, what is known, words of the sentence, what may stay) ---------------------

FULL = {"size": len(CONTENT), "sha256": SHA256}
TROUBLE = [
    ("cut", FULL, "broke", PART),
    ("cut", {"size": len(CONTENT)}, "goes on from there", PART),
    ("cut", {}, "broke", PART),
    ("empty", FULL, "try again later", set()),
    ("shorter", FULL, "should have 300,000", set()),
    ("longer", FULL, "should have 300,000", set()),
    ("wrong", FULL, "sha256 sum is not the one listed", set()),
    ("wrong", {"md5": MD5}, "md5 sum is not the one listed", set()),
    ("no_length", {}, "cannot be checked", set()),
    ("no_length_endless", FULL, "more than the 300,000 bytes", set()),
    ("slow", FULL, "nothing came for 1.5 s", PART),
    ("silent", FULL, "nothing came for 0.25 s", set()),
    ("hang_up", FULL, "no connection", set()),
    ("gibberish", FULL, "no connection", set()),
    ("not_found", FULL, "status 404", set()),
    ("forbidden", FULL, "status 403", set()),
    ("broken", FULL, "status 500", set()),
    ("to_plain", FULL, "not a secure one", set()),
    ("to_file", FULL, "not a secure one", set()),
    ("to_itself", FULL, "without end", set()),
    ("to_an_address_that_is_none", FULL, "not an address", set()),
    ("to_a_port_that_is_none", FULL, "not an address", set()),
    ("to_a_name_that_is_none", FULL, "not an address", set()),
    ("odd_length", {}, "cannot be checked", set()),
    ("huge_length", {}, "no more than 2000.0 MB are expected", set()),
    ("huge_length", {"md5": MD5}, "no more than 2000.0 MB are expected", set()),
    ("no_length_endless", {"sha256": SHA256, "at_most": 400_000}, "more than the 400,000 bytes", set()),
    ("part_unasked", {}, "broke", set()),
    ("part_unasked", {"size": 32}, "should have 32", set()),
    ("part_of_nothing", {}, "another part of the file", set()),
    ("other_sum", {}, "not the one that the server names", set()),
    ("packed", {}, "packs the file", set()),
    ("drip", FULL, "bytes came in", PART),
    ("drip", {}, "bytes came in", PART),
    ("drip_head", FULL, "nothing came for 0.25 s", set()),
    ("good", {"check": lambda file: "it is bad"}, "not the one expected, it is bad; it was deleted", set()),
]
WAITS = {"slow": 1.5, "silent": 0.25, "drip": 0.5, "drip_head": 0.25}


@pytest.mark.parametrize(("kind", "known", "words", "may_stay"), TROUBLE)
def test_trouble_is_one_sentence_and_nothing_half_made(server, tmp_path, kind, known, words, may_stay):
    with pytest.raises(DownloadError) as caught:
        fetch(server.url(kind), tmp_path / "file.bin", **known, timeout=WAITS.get(kind, 30))
    assert words in str(caught.value)
    assert one_sentence(caught.value)
    assert left(tmp_path) in (may_stay, PART if kind == "part_unasked" else may_stay)


@pytest.mark.parametrize("kind", ["not_found", "wrong", "to_plain"])
def test_trouble_leaves_an_older_file_alone(server, tmp_path, kind):
    (tmp_path / "file.bin").write_bytes(b"old")
    with pytest.raises(DownloadError):
        fetch(server.url(kind), tmp_path / "file.bin", **FULL)
    assert (tmp_path / "file.bin").read_bytes() == b"old"


@pytest.mark.parametrize(
    "url", ["http://example.invalid/file", "ftp://example.invalid/file", "file:///etc/hostname", "x", "https:///file"]
)
def test_addresses_that_are_not_secure_are_refused_before_anything_is_sent(tmp_path, monkeypatch, url):
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: pytest.fail("the network was touched"))
    with pytest.raises(DownloadError, match="not a secure one") as caught:
        fetch(url, tmp_path / "file.bin")
    assert one_sentence(caught.value)


def test_a_secure_address_must_not_lead_to_this_computer_over_plain_http(server):
    session = receiving._session("https://example.invalid/file")
    with pytest.raises(requests.exceptions.InvalidSchema):
        session.get(server.url("good"))


@pytest.mark.parametrize("host", ["127.0.0.1.example.invalid", "localhost.invalid", "localhost:1@example.invalid"])
def test_a_name_that_only_begins_like_this_computer_is_not_this_computer(host):
    assert receiving.refusal("http://127.0.0.1/file") is None
    assert "not a secure one" in receiving.refusal(f"http://{host}/file")


@pytest.mark.parametrize(
    "url", ["https://[half/file", "https://a.invalid:port/", "https://a..invalid/", "https://\ud800/"]
)
def test_an_address_that_is_none_is_one_sentence(tmp_path, url):
    with pytest.raises(DownloadError, match="is not an address") as caught:
        fetch(url, tmp_path / "file.bin")
    assert one_sentence(caught.value)


def test_no_network(tmp_path, monkeypatch):
    def no_names(*_, **__):
        raise socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution")

    monkeypatch.setattr(socket, "getaddrinfo", no_names)
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(DownloadError, match="no connection; check the network") as caught:
        fetch("https://example.invalid/file", tmp_path / "file.bin", size=5)
    assert one_sentence(caught.value)
    assert left(tmp_path) == set()


def test_nobody_listens(tmp_path):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(DownloadError, match="no connection"):
        fetch(f"http://127.0.0.1:{port}/file", tmp_path / "file.bin")


# --- The disk ---------------------------------------------------------------------------------------------------------


def test_room_is_checked_before_anything_is_written(server, tmp_path, monkeypatch):
    usage = type(shutil.disk_usage(tmp_path))(10**9, 10**9 - 10_200_000, 10_200_000)  # 200,000 beside the spare
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage)
    with pytest.raises(DownloadError, match="No room for") as caught:
        fetch(server.url("good"), tmp_path / "file.bin", **FULL)
    assert one_sentence(caught.value)
    assert left(tmp_path) == set()


def test_a_disk_that_fills_up_meanwhile(server, tmp_path, monkeypatch):
    genuine = Path.open

    def full(path: Path, mode: str = "r", *args, **kwargs):
        opened = genuine(path, mode, *args, **kwargs)
        if path.name.endswith(".part"):

            class Full:
                def __enter__(self):
                    return self

                def __exit__(self, *_):
                    opened.close()

                def write(self, _):
                    raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

            return Full()
        return opened

    monkeypatch.setattr(Path, "open", full)
    with pytest.raises(DownloadError, match=r"No space left on device.*COURSE_CACHE") as caught:
        fetch(server.url("good"), tmp_path / "file.bin", **FULL)
    assert one_sentence(caught.value)
    assert left(tmp_path) == set()


def test_a_folder_that_cannot_be_made(server, tmp_path):
    (tmp_path / "taken").write_text("a file, not a folder")
    with pytest.raises(DownloadError, match="Cannot write") as caught:
        fetch(server.url("good"), tmp_path / "taken" / "file.bin", **FULL)
    assert one_sentence(caught.value)


def test_a_folder_in_the_place_of_the_file_is_one_sentence_and_stays(server, tmp_path):
    (tmp_path / "file.bin" / "inside").mkdir(parents=True)
    with pytest.raises(DownloadError, match=r"a folder has the name .*file\.bin; rename or delete") as caught:
        fetch(server.url("good"), tmp_path / "file.bin", **FULL)
    assert one_sentence(caught.value) and server.requests == []
    assert (tmp_path / "file.bin" / "inside").is_dir()


# --- Going on where it stopped ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "known"),
    [
        ("cut_once", FULL),
        ("cut_once", {"size": len(CONTENT)}),
        ("cut_once", {}),
        ("cut_then_whole", FULL),
        ("cut_then_whole", {}),
    ],
)
def test_the_second_call_goes_on(server, tmp_path, kind, known):
    with pytest.raises(DownloadError):
        fetch(server.url(kind), tmp_path / "file.bin", **known)
    kept = (tmp_path / "file.bin.part").stat().st_size
    assert 0 < kept <= len(CONTENT) // 2
    fetch(server.url(kind), tmp_path / "file.bin", **known)
    assert (tmp_path / "file.bin").read_bytes() == CONTENT
    assert server.requests[1][1]["Range"] == f"bytes={kept}-"
    assert server.sent[1] == (len(CONTENT) if kind == "cut_then_whole" else len(CONTENT) - kept)
    assert left(tmp_path) == {"file.bin"}


def test_a_file_that_changed_meanwhile_is_fetched_as_a_whole(server, tmp_path):
    with pytest.raises(DownloadError):
        fetch(server.url("cut_once"), tmp_path / "file.bin")
    server.content, server.mark = CONTENT[::-1], '"second"'
    fetch(server.url("cut_once"), tmp_path / "file.bin")
    assert (tmp_path / "file.bin").read_bytes() == CONTENT[::-1]


def test_a_file_that_became_shorter_is_fetched_as_a_whole(server, tmp_path):
    with pytest.raises(DownloadError):
        fetch(server.url("cut_once"), tmp_path / "file.bin")
    server.content = CONTENT[:1000]
    fetch(server.url("cut_once"), tmp_path / "file.bin")
    assert (tmp_path / "file.bin").read_bytes() == CONTENT[:1000]


def test_halves_of_two_versions_do_not_pass_for_the_file(server, tmp_path):
    with pytest.raises(DownloadError):
        fetch(server.url("cut_then_mixed"), tmp_path / "file.bin", **FULL)
    fetch(server.url("cut_then_mixed"), tmp_path / "file.bin", **FULL)
    assert (tmp_path / "file.bin").read_bytes() == CONTENT
    assert len(server.requests) == 3  # the mixture was recognised by its sum and fetched anew


def test_another_part_than_the_one_asked_for_is_not_used(server, tmp_path):
    with pytest.raises(DownloadError):
        fetch(server.url("cut_then_other_part"), tmp_path / "file.bin", **FULL)
    fetch(server.url("cut_then_other_part"), tmp_path / "file.bin", **FULL)
    assert (tmp_path / "file.bin").read_bytes() == CONTENT


@pytest.mark.parametrize("mark", [None, 'W/"weak"'])
def test_without_a_strong_mark_and_a_sum_it_starts_anew(server, tmp_path, mark):
    server.mark = mark
    with pytest.raises(DownloadError, match="try again later"):
        fetch(server.url("cut_once"), tmp_path / "file.bin", size=len(CONTENT))
    assert left(tmp_path) == set()
    fetch(server.url("cut_once"), tmp_path / "file.bin", size=len(CONTENT))
    assert "Range" not in server.requests[1][1]
    assert (tmp_path / "file.bin").read_bytes() == CONTENT


def test_a_part_of_another_address_is_not_continued(server, tmp_path):
    (tmp_path / "file.bin.part").write_bytes(b"x" * 100)
    (tmp_path / "file.bin.part.tag").write_text('https://example.invalid/other\n"first"')
    fetch(server.url("good"), tmp_path / "file.bin", sha256=SHA256)
    assert "Range" not in server.requests[0][1]
    assert (tmp_path / "file.bin").read_bytes() == CONTENT


def test_a_part_that_is_whole_already_is_only_checked_and_moved(server, tmp_path):
    (tmp_path / "file.bin.part").write_bytes(CONTENT)
    (tmp_path / "file.bin.part.tag").write_text(server.url("good") + "\n")
    fetch(server.url("good"), tmp_path / "file.bin", **FULL)
    assert server.requests == []
    assert left(tmp_path) == {"file.bin"}


@pytest.mark.parametrize(
    "tag",
    [
        b"\xff\xfe\x00",
        b"",
        b"{url}\n\x07bell",
        b"{url}\nline\nline",
        "{url}\n\u2028\u4e00".encode(),
        b"{url}\n" + b"x" * 9999,
    ],
)
def test_a_damaged_tag_means_to_start_anew(server, tmp_path, tag):
    (tmp_path / "file.bin.part").write_bytes(CONTENT[:100_000])
    (tmp_path / "file.bin.part.tag").write_bytes(tag.replace(b"{url}", server.url("good").encode()))
    fetch(server.url("good"), tmp_path / "file.bin", **FULL)
    assert (tmp_path / "file.bin").read_bytes() == CONTENT and left(tmp_path) == {"file.bin"}
    assert "Range" not in server.requests[0][1]


def test_a_folder_in_the_place_of_a_part_is_no_obstacle(server, tmp_path):
    for name in PART:
        (tmp_path / name / "inside").mkdir(parents=True)
    fetch(server.url("good"), tmp_path / "file.bin", **FULL)
    assert left(tmp_path) == {"file.bin"}


# --- Several programs that want the same file -------------------------------------------------------------------------

OTHER = """
import sys
from helpers import files
try:
    print(files.fetch(sys.argv[1], sys.argv[2], timeout=60))
except OSError as error:
    sys.exit(str(error))
"""


def other_program(url: str, target: Path) -> subprocess.Popen:
    command = [sys.executable, "-c", OTHER, url, str(target)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def when(condition) -> None:
    while not condition():
        time.sleep(0.01)


def test_two_programs_share_one_download(server, tmp_path):
    """No size and no sum are known, so only order keeps the file whole."""
    part = tmp_path / "file.bin.part"
    first = other_program(server.url("slowly"), tmp_path / "file.bin")
    when(lambda: part.is_file() and part.stat().st_size)
    second = other_program(server.url("slowly"), tmp_path / "file.bin")
    assert "waiting for it" in second.stdout.readline()
    server.go.set()
    said = [program.communicate(timeout=60) for program in (first, second)]
    assert [first.returncode, second.returncode] == [0, 0], said
    assert (tmp_path / "file.bin").read_bytes() == CONTENT and left(tmp_path) == {"file.bin"}
    assert len(server.requests) == 1


@pytest.mark.skipif(os.name == "nt", reason="needs SIGKILL")
def test_a_killed_program_hands_the_download_on(server, tmp_path):
    part = tmp_path / "file.bin.part"
    first = other_program(server.url("slowly"), tmp_path / "file.bin")
    when(lambda: part.is_file() and part.stat().st_size)
    second = other_program(server.url("good"), tmp_path / "file.bin")
    assert "waiting for it" in second.stdout.readline()
    first.kill()
    _, said = second.communicate(timeout=60)
    first.communicate()
    assert second.returncode == 0, said
    assert (tmp_path / "file.bin").read_bytes() == CONTENT and left(tmp_path) == {"file.bin"}


def test_a_program_that_does_not_get_on_is_not_waited_for_without_end(server, tmp_path):
    with disk.alone(tmp_path / "file.bin.part.lock", tmp_path / "file.bin.part", 1, "waiting"):
        with pytest.raises(DownloadError, match=r"another program has held .* without getting on") as caught:
            fetch(server.url("good"), tmp_path / "file.bin", timeout=0.05)
        assert one_sentence(caught.value) and server.requests == []


def test_without_locks_each_program_has_a_part_of_its_own(server, tmp_path, monkeypatch):
    """As on some network disks of a hub."""
    monkeypatch.setattr(disk, "_lock", lambda file: None)
    with pytest.raises(DownloadError):
        fetch(server.url("cut"), tmp_path / "file.bin", **FULL)
    assert left(tmp_path) == {f"file.bin.{os.getpid()}.part", f"file.bin.{os.getpid()}.part.tag"}
    fetch(server.url("good"), tmp_path / "file.bin", **FULL)
    assert left(tmp_path) == {"file.bin"}


# --- Where things are -------------------------------------------------------------------------------------------------


def test_folders_follow_the_environment(tmp_path, monkeypatch):
    monkeypatch.delenv("COURSE_CACHE", raising=False)
    monkeypatch.delenv("COURSE_DATA", raising=False)
    project = Path(downloads.__file__).resolve().parents[2]
    assert cache_folder() == project / "data" / "cache"
    assert search_folders() == [project / "data" / "cache"]
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COURSE_DATA", os.pathsep.join([str(tmp_path / "a"), "", str(tmp_path / "b")]))
    assert search_folders() == [tmp_path / "a", tmp_path / "b", tmp_path / "cache"]


def test_the_earlier_folder_wins_over_the_earlier_name(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("COURSE_DATA", str(tmp_path / "data"))
    for folder, name in (("cache", "first"), ("data", "second")):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / name).touch()
    assert find("first", "second") == tmp_path / "data" / "second"
    assert find("third") is None


def test_a_home_folder_that_is_none_is_one_sentence(monkeypatch):
    for setting in ("COURSE_CACHE", "COURSE_DATA"):
        with monkeypatch.context() as changed:
            changed.setenv(setting, "~no-such-user/data")
            with pytest.raises(ValueError, match=f"{setting} is '~no-such-user/data', .*whole path"):
                search_folders()


def test_errors_can_be_caught_as_what_they_are():
    assert issubclass(DownloadError, OSError)
    assert issubclass(MissingError, FileNotFoundError)


@pytest.mark.parametrize(("size", "text"), [(68_606_236, "68.6 MB"), (40_592, "41 kB"), (2_682, "3 kB"), (10, "1 kB")])
def test_sizes_are_written_for_readers(size, text):
    assert downloads.megabytes(size) == text
