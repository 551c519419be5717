"""tools/renamed.py: old names are found where code or words really mean them, in made-up texts; none is left."""

from pathlib import Path

import pytest

from tools import renamed

# After the renames: then any old name that is left, or comes back, fails.
RENAMED = True
OLD = {"helpers.probes", "helpers.probes.right", "helpers.heads.tail", "helpers.ascent.climb", ".on_slide"}


@pytest.mark.parametrize(
    ("code", "places"),
    [
        ("import helpers.probes", {(1, "helpers.probes")}),
        ("import helpers.probes as p\n\np.right(1)", {(1, "helpers.probes"), (3, "helpers.probes.right")}),
        ("import helpers.heads\nhelpers.heads.tail(x)", {(2, "helpers.heads.tail")}),
        ("from helpers import heads\n[heads.tail(n).x for n in y]", {(2, "helpers.heads.tail")}),
        ("from helpers import heads as h, images\nh.tail", {(2, "helpers.heads.tail")}),
        ("def f():\n    from helpers.heads import tail as end", {(2, "helpers.heads.tail")}),
        ("from helpers.ascent.climb import ascend", {(1, "helpers.ascent.climb")}),
        ("network.on_slide(3)", {(1, ".on_slide")}),
        ("class A:\n    def on_slide(self):\n        pass", {(2, ".on_slide")}),
        ('def f():\n    """As `probes.right` does."""', {(2, "helpers.probes.right")}),
        ('patch("helpers.heads.tail", 1)', {(1, "helpers.heads.tail")}),
    ],
)
def test_old_names_in_code(code: str, places: set):
    assert renamed.in_code(code, OLD) == places


@pytest.mark.parametrize(
    "code",
    [
        "tail = 3\nprint(tail)",
        "def f(right, climb):\n    return right",
        "import numpy as heads\nheads.tail",
        "frame.tail(5)",
        "from helpers.training import right",
        "from helpers import heads\nheads.tails(1), heads.head.tail",
        "on_slide = 2",
        '"""The tail of the heads; probes/right; helpers.probesque; myprobes.right."""',
        "",
    ],
)
def test_words_that_others_use_are_free(code: str):
    assert renamed.in_code(code, OLD) == set()


def test_what_a_module_still_gives_is_found():
    code = "from elsewhere import right\n\n\ndef tail():\n    pass\n"
    assert renamed.in_code(code, OLD, "helpers.heads") == {(4, "helpers.heads.tail")}
    assert renamed.in_code(code, OLD, "helpers.probes") == {(1, "helpers.probes"), (1, "helpers.probes.right")}
    assert renamed.in_code("tail: int = 3", OLD, "helpers.heads") == {(1, "helpers.heads.tail")}


PAGE = """# The right tail of probes

`right`, *probes.right* and `helpers/heads.py` are free, `probes.right(x)` is not,
nor ``helpers/probes.py``, nor `network.on_slide`.

```python
from helpers import heads
heads.tail(network)
tail = heads.tails
```

~~~
$ cat helpers.ascent.climb  # no Python
~~~
"""


def test_old_names_in_the_code_of_a_page():
    assert renamed.in_words(PAGE, OLD) == {
        (3, "helpers.probes.right"),
        (4, "helpers.probes"),
        (4, ".on_slide"),
        (8, "helpers.heads.tail"),
        (13, "helpers.ascent.climb"),
    }


def test_a_whole_project_is_looked_through(tmp_path: Path):
    files = {
        "helpers/heads.py": "def tail():\n    pass\n",
        "notebooks/source/01_one.py": "# %% [markdown]\n# Use `probes.right`.\n\n# %%\nfrom helpers import probes\n",
        "README.md": "Nothing but `tail`.\n",
        "docs/more/guide.md": "See `heads.tail`.\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    assert renamed.left_over(OLD, tmp_path) == [
        "helpers/heads.py, line 1: helpers.heads.tail",
        "notebooks/source/01_one.py, line 5: helpers.probes",
        "notebooks/source/01_one.py, cell 0, line 1: helpers.probes.right",
        "docs/more/guide.md, line 1: helpers.heads.tail",
    ]


def test_a_renamed_function_is_old_at_its_modules_new_place_too():
    old = renamed.old_names()
    assert {"helpers.probes.right", "helpers.transfer.classifiers.right", "helpers.transfer.right"} <= old
    assert not old & set(renamed.NAMES.values())


@pytest.mark.skipif(not RENAMED, reason="the names have not been changed yet")
def test_no_old_name_is_left():
    assert renamed.left_over(renamed.old_names()) == []
