"""The readers of weights files: hostile files run nothing and read nothing out of bounds."""

import collections
import os
import pickle
import struct
import tracemalloc

import numpy as np
import pytest

from helpers.backbones.efficientnet_lite0 import FILE, PACKAGE
from helpers.backbones.packaged import package_folder, packaged_file
from helpers.backbones.safe_pickle import read_numpy, read_torch
from helpers.files import MissingError

MAGIC, PROTOCOL = 0x1950A86A20F9469CFC6C, 1001


class _Global:
    """Pickles as a call of any function, as a hostile file would."""

    def __init__(self, function, *arguments):
        self.call = (function, arguments)

    def __reduce__(self):
        return self.call


def torch_file(values, *, offset=0, shape=None, strides=None, count=None, state=None, declared=None):
    """Bytes of an old-format file with one tensor 'w', written by hand from the format's description."""
    shape = (len(values),) if shape is None else shape
    strides = (1,) if strides is None else strides
    declared = len(values) if declared is None else declared

    def number(value):  # BININT holds signed 32-bit integers
        return b"J" + struct.pack("<i", value)

    def numbers(items):
        return b"(" + b"".join(map(number, items)) + b"t"

    def text(string):
        return b"X" + struct.pack("<I", len(string)) + string.encode()

    storage = b"(" + text("storage") + b"ctorch\nFloatStorage\n" + text("7") + text("cpu") + number(declared) + b"Nt"
    tensor = b"ctorch._utils\n_rebuild_tensor_v2\n(" + storage + b"Q" + number(offset) + numbers(shape)
    tensor += numbers(strides) + b"\x89ccollections\nOrderedDict\n)RtR"
    dictionary = b"\x80\x02ccollections\nOrderedDict\n)R(" + text("w") + tensor + b"u."
    parts = [pickle.dumps(MAGIC, 2), pickle.dumps(PROTOCOL, 2), pickle.dumps({}, 2), state or dictionary]
    parts += [pickle.dumps(["7"], 2), struct.pack("<q", len(values) if count is None else count)]
    return b"".join(parts) + np.asarray(values, "<f4").tobytes()


def test_reads_a_transposed_view():
    data = torch_file([1, 2, 3, 4, 5, 6], shape=(3, 2), strides=(1, 3))
    np.testing.assert_array_equal(read_torch(data)["w"], [[1, 4], [2, 5], [3, 6]])


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"shape": (7,)}, "reaches value 6 of a storage of 6"),
        ({"offset": 5, "shape": (2,)}, "reaches value 6"),
        ({"strides": (1_000_000,)}, "reaches value"),
        ({"strides": (-1,)}, "negative"),
        ({"offset": -3}, "negative"),
        ({"shape": (-6,)}, "negative"),
        ({"shape": (3, 2)}, "do not fit"),
        ({"shape": (100_000,), "strides": (0,)}, "reaches value"),
        ({"count": 5}, "not what its tensor says"),
        ({"count": 2**62, "declared": 6}, "not what its tensor says"),
    ],
)
def test_no_read_out_of_bounds(change, reason):
    with pytest.raises(ValueError, match=reason):
        read_torch(torch_file([1, 2, 3, 4, 5, 6], **change))


@pytest.mark.parametrize("function", [os.system, eval, exec, os.remove], ids=lambda f: f.__name__)
def test_hostile_files_execute_nothing(tmp_path, function):
    victim = tmp_path / "victim"
    victim.write_text("still here")
    argument = {"system": f"rm {victim}", "remove": str(victim)}.get(
        function.__name__, f"__import__('os').remove({str(victim)!r})"
    )
    hostile = pickle.dumps({"w": _Global(function, argument)}, 2)
    with pytest.raises(ValueError, match="which no file of weights needs"):
        read_torch(torch_file([1], state=hostile))
    with pytest.raises(ValueError, match="which no file of weights needs"):
        read_numpy(hostile)
    assert victim.read_text() == "still here"


def test_a_file_cannot_change_the_readers_themselves():
    # BUILD sets attributes on what stands on the stack; the next file must still be read as before.
    poisoned = b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n}X\x05\x00\x00\x00__x__K\x01sb."
    with pytest.raises(ValueError, match="no dictionary"):
        read_torch(torch_file([1], state=poisoned))
    assert read_torch(torch_file([1, 2]))["w"].tolist() == [1, 2]


def test_numpy_reader_takes_arrays_only():
    arrays = {"conv": [np.arange(6, dtype=np.float32).reshape(2, 3), np.ones(2, np.float32)]}
    read = read_numpy(pickle.dumps(arrays, 3))
    np.testing.assert_array_equal(read["conv"][0], arrays["conv"][0])
    for wrong in ({"conv": [np.arange(3)]}, {"conv": ["text"]}, [1], {"conv": [np.array([{}], dtype=object)]}):
        with pytest.raises(ValueError, match="no readable file of weights"):
            read_numpy(pickle.dumps(wrong, 3))


@pytest.mark.parametrize("keep", [0, 10, 100, 30_000, 45_000, 5_000_000])
def test_cut_and_garbled_files(keep):
    data = (package_folder(PACKAGE) / FILE).read_bytes()
    with pytest.raises(ValueError, match="no readable PyTorch file of weights"):
        read_torch(data[:keep])
    with pytest.raises(ValueError, match="no readable"):
        read_torch(b"<html>not found</html>")


def test_the_packaged_file():
    tensors = read_torch((package_folder(PACKAGE) / FILE).read_bytes())
    assert isinstance(tensors, dict) and not isinstance(tensors, type(collections))
    assert len(tensors) == 296
    assert tensors["_conv_stem.weight"].shape == (32, 3, 3, 3)


def test_wrong_or_missing_package_file():
    with pytest.raises(ValueError, match="is not the one listed; reinstall"):
        packaged_file(PACKAGE, FILE, 18_826_032, "0" * 64, "efficientnet_lite0")
    with pytest.raises(MissingError, match=r"19 MB.*no_such_package.*course.py"):
        packaged_file("no_such_package", FILE, 18_826_032, "0" * 64, "efficientnet_lite0")


# --- Files that would fill the memory or work for ever ----------------------------------------------------------------


def text(string: str) -> bytes:
    return b"X" + struct.pack("<I", len(string)) + string.encode()


def nested(depth: int, end: bytes) -> bytes:
    """Tuples of twice the same tuple of twice the same ...: 2 to the power of `depth` parts in a few bytes."""
    doubled = b"".join(b"h\x00h\x00\x86q\x00" for _ in range(depth))
    return b"\x80\x02K\x01K\x01\x86q\x00" + doubled + end


def arrays_of(raw: bytes, count: int) -> bytes:
    """A layer of many arrays of the same bytes, which stand in the file once."""
    shape = b"J" + struct.pack("<i", len(raw) // 4) + b"\x85"
    dtype = b"cnumpy\ndtype\n" + text("f4") + b"K\x00K\x01\x87R(K\x03" + text("<") + b"NNNK\x00K\x00K\x00tb"
    values = b"B" + struct.pack("<I", len(raw)) + raw

    def array(dtype: bytes, values: bytes) -> bytes:
        return b"cnumpy.core.multiarray\n_reconstruct\n)R(K\x01" + shape + dtype + b"\x89" + values + b"tb"

    first, others = array(dtype + b"q\x01", values + b"q\x00"), array(b"h\x01", b"h\x00") * (count - 1)
    return b"\x80\x03}(" + text("w") + b"](" + first + others + b"eu."


# A reader that trusts these would reserve the memory before it looks.
HARMLESS = [
    b"\x80\x02}r" + struct.pack("<I", 2**31 - 1) + b".",  # a place in the memo
    b"\x80\x04\x95" + struct.pack("<Q", 2**60) + b"}.",  # a frame
]


@pytest.mark.parametrize("data", HARMLESS)
def test_what_only_announces_much_takes_no_memory(data):
    tracemalloc.start()
    assert read_numpy(data) == {}
    assert tracemalloc.get_traced_memory()[1] < 1_000_000
    tracemalloc.stop()


BOMBS = {
    "a text of 4 GB": b"\x80\x02X\xff\xff\xff\xffx.",
    "bytes without end": b"\x80\x04\x8e" + struct.pack("<Q", 2**62) + b"x.",
    "a byte array of 4 GB": b"\x80\x05\x96" + struct.pack("<Q", 2**32) + b".",
    "a number of 2 GB": b"\x80\x02\x8b" + struct.pack("<i", 2**31 - 1) + b"\x01.",
    "a key that is hashed for ever": b"\x80\x02}" + nested(60, b"K\x01s.")[2:],
    "keys that are hashed for ever": b"\x80\x02}(" + nested(60, b"K\x01u.")[2:],
    "a set that is hashed for ever": b"\x80\x04\x8f(" + nested(60, b"\x90.")[2:],
    "a reference that is printed for ever": nested(60, b"Q."),
    "a type that is printed for ever": b"\x80\x02cnumpy\ndtype\n" + nested(60, b"\x85R.")[2:],
    "a name that is printed for ever": b"\x80\x04" + nested(60, b"h\x00\x93.")[2:],
    "a function called with itself": b"\x80\x02" + b"ccollections\nOrderedDict\n)R" * 300_000 + b".",
    "lists without end": b"\x80\x02" + b"]" * 3_000_000 + b".",
    "nested without end": b"\x80\x02" + b"]" * 150_000 + b"a" * 149_999 + b".",
    "a dictionary's state, again and again": b"\x80\x02}}(" + text("a") + b"K\x01uq\x01" + b"bh\x01" * 300_000 + b".",
    "a sequence repeated": b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n(" + b"K\x01" * 100_000 + b"tR.",
    "no end": b"\x80\x02}",
    "no stack": b"\x80\x02u.",
    "a mark for a value": b"\x80\x02(\x85.",
}


@pytest.mark.parametrize("bomb", BOMBS)
def test_small_files_take_little_memory_and_end(bomb):
    """Hashing or printing the nested ones would take years, so this test ends only if nobody tries."""
    tracemalloc.start()
    with pytest.raises(ValueError, match="no readable") as caught:
        read_numpy(BOMBS[bomb])
    with pytest.raises(ValueError, match="no readable"):
        read_torch(torch_file([1], state=BOMBS[bomb]))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 60_000_000 and "\n" not in str(caught.value) and len(str(caught.value)) < 300


def test_arrays_that_share_their_bytes_are_bounded():
    raw = np.arange(250_000, dtype="<f4").tobytes()
    np.testing.assert_array_equal(read_numpy(arrays_of(raw, 1))["w"][0], np.frombuffer(raw, "<f4"))
    tracemalloc.start()
    with pytest.raises(ValueError, match="its arrays are larger together than the file"):
        read_numpy(arrays_of(raw, 500))
    assert tracemalloc.get_traced_memory()[1] < 10_000_000
    tracemalloc.stop()


def test_tensors_that_share_a_storage_are_bounded():
    """Two may, as tied weights do."""
    values, one = np.arange(100_000, dtype="<f4"), torch_file(np.arange(100_000, dtype="<f4"))
    entry = one[one.index(text("w")) + 6 : one.index(b"u.", one.index(text("w")))]

    def file(count: int) -> bytes:
        entries = b"".join(text(f"w{number}") + entry for number in range(count))
        return torch_file(values, state=b"\x80\x02ccollections\nOrderedDict\n)R(" + entries + b"u.")

    assert [array.tolist() for array in read_torch(file(2)).values()] == [values.tolist()] * 2
    with pytest.raises(ValueError, match="its tensors are larger together than the file"):
        read_torch(file(100))


@pytest.mark.parametrize("protocol", [3, 4])
def test_both_protocols_of_honest_files_are_read(protocol):
    arrays = {"conv": [np.arange(6, dtype=np.float32).reshape(2, 3).T, np.ones(2, np.float32)]}
    np.testing.assert_array_equal(read_numpy(pickle.dumps(arrays, protocol))["conv"][0], arrays["conv"][0])
