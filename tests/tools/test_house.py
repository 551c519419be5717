"""tools/house.py: rooms, floors and circles of a made-up package; and that `helpers` is built so."""

from pathlib import Path

import pytest

from tools import house
from tools.common import ROOT, Stop

# After the move of the modules into their folders: then a flat module, a way up, a circle or a line too much fails.
MOVED = True
after_the_move = pytest.mark.skipif(not MOVED, reason="the modules have not moved into their folders yet")

FILES = {
    "__init__.py": '"""A house."""\n__version__ = "1"\n',
    "ground.py": '"""Words\nof two lines."""\n\nimport os  # a remark\n\nFEW, _MANY = 1, [n for n in "ab"]\n',
    "pictures/__init__.py": 'from house.pictures.draw import line\n\n__all__ = ["line"]\n',
    "pictures/draw.py": "from house import ground\n\n\ndef line():\n    pass\n\n\ndef dot():\n    pass\n",
    "left/__init__.py": "",
    "left/deep/__init__.py": "",
    "left/deep/one.py": "def late():\n    from ...right import two\n    import house.pictures.draw\n",
    "right/__init__.py": "",
    "right/two.py": "from .. import left\nfrom house import __version__\nimport numpy.ma\n",
    "roof.py": 'import house.left.deep as deep\n\n\nclass Roof:\n    """Above."""\n\n    tiles: int = 3\n',
}


@pytest.fixture(scope="module")
def made_up(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A package of five rooms, two of which import each other."""
    folder = tmp_path_factory.mktemp("project") / "house"
    for name, text in FILES.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder


def test_rooms_and_floors_are_found(made_up: Path):
    found = house.read(made_up)
    assert found.rooms == {
        "ground": house.Room(1, 2, 1, 0),
        "left": house.Room(3, 3, 0, 1),
        "pictures": house.Room(2, 7, 1, 1),
        "right": house.Room(2, 3, 0, 0),
        "roof": house.Room(1, 3, 1, 0),
    }
    assert found.entrance == house.Room(1, 1, 0, 0)
    assert found.arrows == {
        ("pictures", "ground"), ("left", "pictures"), ("left", "right"), ("right", "left"), ("roof", "left"),
    }  # fmt: skip
    assert found.circles == [["left", "right"]]
    assert found.floors == {"ground": 1, "pictures": 2, "left": 3, "right": 3, "roof": 4}


def test_ways_up_are_sentences(made_up: Path):
    found = house.read(made_up)
    assert house.ways_up(found, ["ground", "pictures", "left", "roof"]) == [
        "right has no place in tools/house.py's ORDER"
    ]
    assert house.ways_up(found, ["pictures", "ground", "right", "left", "roof"]) == [
        "pictures imports ground, which stands above it",
        "right imports left, which stands above it",
    ]


def test_the_table_has_a_row_for_each_room_and_the_sums(made_up: Path):
    lines = house.table(house.read(made_up)).splitlines()
    assert lines[2] == "| 4 | roof | 1 | 3 | 1 | 0 | left |" and len(lines) == 2 + 5 + 3
    assert lines[-2] == "Circle: left, right."
    assert lines[-1] == (
        "rooms 5, floors 4, arrows 5, arrows up 0, circles 1, files 10, lines of code 19, public names 3, inner names 2"
    )


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        ('"""Words."""\n', 0),
        ('def f():\n    """Words\n    of two lines."""\n\n    return 1  # a remark\n', 2),
        ('x = """\n\ntext"""\n# words\n', 3),
        ("x = (\n\n    1,\n)\n", 3),
        ('class A:\n    "words"\n\n    def f(self):\n        "words"\n', 2),
    ],
)
def test_lines_of_code(text: str, lines: int):
    assert house.lines_of_code(text) == lines


def test_a_list_that_is_computed_is_asked_for():
    assert house.read(ROOT / "helpers").rooms["widgets"].public > 10


def test_a_folder_that_is_no_package_is_one_sentence(tmp_path: Path):
    with pytest.raises(Stop, match="is no package: name a folder that holds"):
        house.main([str(tmp_path)])


@after_the_move
def test_imports_of_the_helpers_lead_down_only():
    found = house.read(ROOT / "helpers")
    assert house.ways_up(found) == [] and found.circles == []


@after_the_move
def test_the_helpers_stay_small():
    found = house.read(ROOT / "helpers")
    lines = found.entrance.lines + sum(room.lines for room in found.rooms.values())
    assert lines <= house.LIMIT, "shorten something, or ask for a larger LIMIT in tools/house.py"
