"""What crosses between the processes: data, the same on both sides; anything else is refused."""

import io
import json
import math
from collections import namedtuple
from pathlib import Path

import numpy as np
import pytest

from tools.homework import values


def nothing_held(*_: object):
    raise values.Refused("nothing is held")


def crossed(value: object) -> object:
    """A value after one way through a frame."""
    blobs: list[bytes] = []
    packed = values.pack(value, nothing_held, blobs)
    message, back = values.unframe(io.BytesIO(values.frame({"value": packed}, blobs)).read)
    return values.unpack(message["value"], back, nothing_held)


@pytest.mark.parametrize(
    "value",
    [None, True, 3, -2.5, "Größe", ..., 1 + 2j, [1, [2, "a"]], (1, (2,)), {"a": 1, 2: (3,)}, {1, 2}, 10**60, [], {}],
    ids=repr,
)
def test_plain_values_come_back_equal_and_of_their_kind(value):
    back = crossed(value)
    assert back == value and type(back) is type(value)


@pytest.mark.parametrize("kind", ["float32", "float64", "int64", "uint8", "bool", "complex128", "float16", "<U3"])
def test_arrays_come_back_with_kind_shape_and_values(kind: str):
    array = np.arange(6).reshape(2, 3).astype(kind)[:, ::-1]
    back = crossed({"maps": [array]})["maps"][0]
    assert back.dtype == array.dtype and back.shape == (2, 3) and (back == array).all()
    assert back.flags.writeable


def test_numbers_of_numpy_tensors_paths_and_named_tuples_cross():
    point = namedtuple("Point", "x y")(1, np.float32(2.5))
    back = crossed({"point": point, "path": Path("a/b"), "none": math.nan, "many": range(3)})
    assert back["point"].y == 2.5 and type(back["point"]).__name__ == "Point"
    assert back["path"] == "a/b" and math.isnan(back["none"]) and back["many"] == [0, 1, 2]


@pytest.mark.parametrize("value", [object(), lambda: 3, np.array([object()]), b"bytes", io.StringIO()])
def test_what_is_no_data_is_held_and_never_pickled(value):
    held = []
    packed = values.pack([value], lambda one: held.append(one) or {"held": 0}, [])
    assert packed == [{"held": 0}] and held[0] is value


def test_a_value_without_end_is_refused():
    ring: list = []
    ring.append(ring)
    with pytest.raises(values.Refused, match="deep"):
        values.pack(ring, nothing_held, [])


ARRAY = {"type": "<f8", "shape": [2], "at": 0, "one": False}


@pytest.mark.parametrize(
    "packed",
    [
        {"array": {**ARRAY, "shape": [3]}},
        {"array": {**ARRAY, "shape": [-2]}},
        {"array": {**ARRAY, "shape": [2**40, 0]}},
        {"array": {**ARRAY, "at": 7}},
        {"array": {**ARRAY, "type": "|O", "shape": [2]}},
        {"array": {**ARRAY, "type": "f8,f8", "shape": [1]}},
        {"array": {**ARRAY, "type": "nonsense"}},
        {"array": {**ARRAY, "shape": "ab"}},
        {"array": 3},
        {"dict": [[{"dict": []}, 1]]},
        {"dict": 7},
        {"named": ["class", ["a b"], [1]]},
        {"complex": ["a"]},
        {"tuple": None},
        {"a": 1, "b": 2},
        {"__reduce__": "os.system"},
        10**500,
    ],
    ids=repr,
)
def test_what_nobody_writes_is_refused(packed):
    with pytest.raises(values.Refused):
        values.unpack(packed, [bytes(16)], nothing_held)


@pytest.mark.parametrize(
    "data",
    [
        values.LENGTHS.pack(values.MOST_TEXT + 1, 0),
        values.LENGTHS.pack(0, values.MOST_BYTES + 1),
        values.LENGTHS.pack(2, 0) + b"{}",
        values.LENGTHS.pack(3, 0) + b"abc",
        values.LENGTHS.pack(2, 0) + b"[]",
        values.LENGTHS.pack(14, 2) + json.dumps({"sizes": [7]}).encode() + b"ab",
        values.LENGTHS.pack(15, 2) + json.dumps({"sizes": [-1]}).encode() + b"ab",
        values.LENGTHS.pack(3000, 0) + b"[" * 3000,
    ],
)
def test_a_forged_frame_is_refused(data: bytes):
    with pytest.raises(values.Refused):
        values.unframe(io.BytesIO(data).read)


def test_a_value_that_is_too_large_is_refused_where_it_is_made():
    with pytest.raises(values.Refused, match="MB, more than may cross"):
        values.frame({"value": "a" * (values.MOST_TEXT + 1)}, [])


def test_an_error_is_told_by_a_name_that_python_knows():
    class Own(KeyError):
        def __str__(self) -> str:
            raise ValueError

    assert values.described(Own("secret")) == ["KeyError", ""]
    assert values.described(ValueError("a\nb" + "c" * 999))[1].startswith("a bccc")
    assert len(values.described(ValueError("c" * 999))[1]) == 300
