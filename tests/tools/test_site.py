"""tools/site.py, sphinx_build.py, reference.py and frames.py on small notebooks: what runs again, what pages hold."""

import inspect
import re
import zipfile
from pathlib import Path

import nbformat
import numpy as np
import pytest
from PIL import Image

import helpers.images
from tools import common, frames, reference, run, site, site_extension

FIRST = [
    ("markdown", "# 0 Start\n\nOne sentence.\n\n*Lecture. **About 1.5 minutes** on two cores.*\n\n"
     "See [one](01_one.ipynb#A-Part), [words](../docs/words.md#x), [code](../helpers/x.py), [gone](09_gone.ipynb)."),
    ("markdown", "**Think!** What comes?"),
    ("code", "from helpers import images\nimages.prepare(photo).shape"),
    ("markdown", "## Which slide is where?\n\n| lecture | notebook |\n|---|---|\n| 000 | [one](01_one.ipynb) |"),
]  # fmt: skip
WAY = "[← 0 Start](00_start_here.ipynb) · [glossary](../docs/words.md) · [2 Two →](02_two.ipynb)"
SECOND = [
    ("markdown", f"# 1 One: what is it?\n\nA sentence.\n\n{WAY}\n\nSee `docs/words.md` and `x.md`."),
    ("markdown", "## A Part\n\nA kernel is no Kernel twice, and `kernel` is code. The mean is $\\frac{1}{2}$.\n\n"
     "| a | b |\n|---|---|\n| 0.85 ± 0.02 | a long text that may wrap |"),
    ("code", "1 + 1"),
]  # fmt: skip
GLOSSARY = '# Glossary\n\n| term | meaning |\n|---|---|\n| <a id="kernel"></a>**kernel** | Weights. |\n'
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAQAAAC1HAwCAAAAC0lEQVR42mNk+A8AAQUBAScY42YAAAAASUVORK5CYII="


def notebook(cells: list[tuple[str, str]]) -> nbformat.NotebookNode:
    make = {"markdown": nbformat.v4.new_markdown_cell, "code": nbformat.v4.new_code_cell}
    made = [make[kind](text, id=f"c{at}") for at, (kind, text) in enumerate(cells)]
    return nbformat.v4.new_notebook(cells=made)


def make_project(folder: Path, patch: pytest.MonkeyPatch) -> Path:
    """A project of two notebooks and two documents; kernels are not started, `42` is the output of every cell."""
    for name, place in {"ROOT": ".", "NOTEBOOKS": "notebooks", "SOURCES": "notebooks/source"}.items():
        patch.setattr(common, name, (folder / place).resolve())
    for name, place in {"EXECUTED": "executed", "PAGES": "html", "SITE": "site", "BUILD": "."}.items():
        patch.setattr(common, name, folder / "build" / place)
    patch.setenv("COURSE_CACHE", str(folder / "cache"))
    patch.setattr(site.on_site, "built", lambda folder: False)
    patch.setattr(reference, "rooms", lambda: {"images": helpers.images})
    for place in ("notebooks", "docs/gallery", "helpers"):
        (folder / place).mkdir(parents=True)
    (folder / "docs" / "words.md").write_text("# Words\n\nBack to [one](../notebooks/01_one.ipynb).")
    (folder / "docs" / "glossary.md").write_text(GLOSSARY)
    (folder / "helpers" / "x.py").write_text("X = 1\n")
    (folder / "README.md").write_text("# The course\n\nWhat it is, and for **whom**.\n\n## Two commands\n\nNot here.")
    Image.new("RGB", (4, 2)).save(folder / "docs" / "gallery" / "01_one.jpg")
    put(folder, "00_start_here", FIRST)
    put(folder, "01_one", SECOND)

    def execute(book):
        for cell in book.cells:
            if cell.cell_type == "code":
                drawn = nbformat.v4.new_output(
                    "display_data", {"image/png": PNG}, metadata={"image/png": {"alt": '"2"'}}
                )
                cell.outputs = [nbformat.v4.new_output("stream", text="42"), drawn]
        return 1.0, "It broke." if "break" in str(book.cells[-1].source) else ""

    patch.setattr(run, "execute", execute)
    return folder


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of its own for a test that changes it."""
    return make_project(tmp_path, monkeypatch)


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """The project with its site, made once: tests only read it."""
    with pytest.MonkeyPatch.context() as patch:
        folder = make_project(tmp_path_factory.mktemp("course"), patch)
        assert site.main(["--zip"]) == 0
    return folder


def test_the_zip_holds_the_whole_site(built: Path):
    with zipfile.ZipFile(built / "build" / "site.zip") as packed:
        names = {name for name in packed.namelist() if not name.endswith("/")}
    folder = built / "build" / "site"
    assert names == {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def put(project: Path, name: str, cells: list[tuple[str, str]]) -> None:
    nbformat.write(notebook(cells), project / "notebooks" / f"{name}.ipynb")


def html(project: Path, name: str) -> str:
    return (project / "build" / "site" / f"{name}.html").read_text(encoding="utf-8")


def article(project: Path, name: str) -> str:
    return html(project, name).split("<article", 1)[1].split("</article>")[0]


def test_index_and_way_through(built: Path):
    index, first, second = article(built, "index"), html(built, "00_start_here"), html(built, "01_one")
    assert "One sentence." in index and "about 1.5 minutes" in index
    assert index.index("00_start_here.html") < index.index("01_one.html")
    assert "Which slide is where?" in index and "<td><p>000</p></td>" in index
    assert re.search(r'<link rel="next"[^>]*href="01_one.html"', first)
    assert re.search(r'<link rel="prev"[^>]*href="00_start_here.html"', second)


def test_the_index_says_what_this_is_and_leads_to_everything(built: Path):
    index = article(built, "index")
    assert "The course<a" in index and "for <strong>whom</strong>" in index and "Not here" not in index
    assert index.count("<img") == 1 and index.index("<img") < index.index("1 One")
    whole = html(built, "index")
    for page in ("docs-glossary", "docs-words", "reference", "00_start_here", "01_one"):
        assert f'href="{page}.html"' in whole, page


def test_the_notebooks_own_way_is_left_to_the_page(built: Path):
    body = article(built, "01_one")
    assert "← 0 Start" not in body and "2 Two" not in body
    assert re.search(r'<a href="docs-words.html"><code[^>]*>(<[^>]*>)?docs/words.md', body)
    assert not re.search(r"<a [^>]*><code[^>]*>(<[^>]*>)?x\.md", body)


def test_short_cells_of_tables_stay_on_one_line(built: Path):
    assert "0.85&nbsp;±&nbsp;0.02" in article(built, "01_one")
    assert "a long text that may wrap" in article(built, "01_one")


def test_links_lead_to_pages_of_the_site_or_nowhere(built: Path):
    first = article(built, "00_start_here")
    assert 'href="01_one.html#a-part"' in first and 'id="a-part"' in html(built, "01_one")
    assert 'href="docs-words.html#x"' in first and 'href="01_one.html"' in article(built, "docs-words")
    assert not re.search(r'href="[^"]*(x\.py|09_gone)', first) and "gone" in first


def test_a_term_is_linked_once_and_code_never(built: Path):
    body = article(built, "01_one")
    assert re.findall(r'<a[^>]*href="docs-glossary.html#kernel"[^>]*>(\w+)</a>', body) == ["kernel"]
    assert re.search(r"<code[^>]*>(<[^>]*>)?kernel", body)


def test_names_in_code_lead_to_the_reference(built: Path):
    (there,) = re.findall(r'<a class="helper" href="([^"]*)"', article(built, "00_start_here"))
    page, _, place = there.partition("#")
    assert place == "helpers.images.prepare" and f'id="{place}"' in html(built, page.removesuffix(".html"))


def test_pictures_keep_their_words_and_formulas_need_no_script(built: Path):
    body = article(built, "01_one")
    (place, words) = re.search(r'<img src="([^"]*)" alt="([^"]*)"', body).groups()
    assert words == "&quot;2&quot;" and (built / "build" / "site" / place).read_bytes().startswith(b"\x89PNG")
    assert "<mfrac>" in body and "42" in body


def test_functions_keep_the_defaults_that_autodoc_writes_down_as_text(built: Path):
    opacity = inspect.signature(helpers.images.overlay).parameters["opacity"].default
    assert "OVERLAY_OPACITY" in html(built, "reference-images") and isinstance(opacity, float)


def test_pages_fetch_nothing_from_elsewhere(built: Path):
    for path in (built / "build" / "site").rglob("*.html"):
        text = path.read_text(encoding="utf-8")
        assert not re.search(r"""(src|<link[^>]* href)=["']?(https?:)?//""", text), path


def test_every_link_of_the_site_has_its_page_and_place(built: Path):
    folder = built / "build" / "site"
    for path in folder.glob("*.html"):
        for address in re.findall(r'<a [^>]*href="([^"#:]*)(?:#[^"]*)?"', path.read_text(encoding="utf-8")):
            assert not address or (path.parent / address).exists(), (path.name, address)


def test_a_second_run_touches_only_what_changed(project: Path, capsys: pytest.CaptureFixture):
    site.main([])
    pages = [
        project / "build" / "site" / f"{name}.html" for name in ("index", "01_one", "docs-words", "reference-images")
    ]
    before = [path.stat().st_mtime_ns for path in pages]
    capsys.readouterr()
    site.main([])
    said = capsys.readouterr().out
    assert said.count("as before") == 2 and "7 pages, 0 of them changed" in said
    assert before == [path.stat().st_mtime_ns for path in pages]
    put(project, "01_one", [("markdown", "# 1 One: what is it?"), ("code", "break")])
    assert site.main([]) == 1
    said = capsys.readouterr()
    assert said.out.count("as before") == 1 and "It broke." in said.err
    assert "a cell failed" in article(project, "index") and "42" in article(project, "01_one")
    assert not run.is_fresh("01_one") and run.is_fresh("00_start_here")
    (project / "notebooks" / "01_one.ipynb").unlink()
    site.main([])
    assert not (project / "build" / "site" / "01_one.html").exists()
    assert "01_one" not in html(project, "00_start_here")


@pytest.mark.parametrize("changed", ["helpers", "data"])
def test_helpers_and_data_count_too(project: Path, changed: str, monkeypatch: pytest.MonkeyPatch):
    run.run_all(["01_one"])
    assert run.is_fresh("01_one")
    if changed == "helpers":
        (project / "helpers" / "x.py").write_text("X = 2\n")
    else:
        monkeypatch.setenv("COURSE_DATA", "elsewhere")
    assert not run.is_fresh("01_one")


def test_static_slides(project: Path):
    assert site.main(["--slides", "00"]) == 0
    page = (project / "build" / "site" / "slides" / "00_start_here.html").read_text(encoding="utf-8")
    assert page.count("<section>") == page.count("</section>") > 1 and "42" in page
    assert not re.search(r"<link|@import|<script src", page)


# ---- the reference ------------------------------------------------------------------------------------------------


def test_every_public_name_of_every_room_is_in_the_reference():
    made, places = reference.pages([]), reference.addresses([])
    for room, module in reference.rooms().items():
        asked = set(re.findall(r"^\.\. auto\w+:: (\S+)$", made[f"reference-{room}.rst"], re.M))
        assert asked == {f"helpers.{room}", *(f"helpers.{room}.{name}" for name in module.__all__)}
        for name in module.__all__:
            assert places[f"helpers.{room}.{name}"].startswith(f"reference-{room}.html#")


def test_a_module_that_notebooks_use_as_a_whole_is_there_too():
    from helpers.teaching import slides

    used = reference.whole_modules(["helpers.teaching.slides", "helpers.images", "helpers.images.prepare"])
    assert used == ["helpers.teaching.slides"] and slides.box
    assert ".. autofunction:: helpers.teaching.slides.box" in reference.pages(used)["reference-teaching.rst"]


@pytest.mark.parametrize(
    ("sentences", "shown"),
    [
        ("Both `a` and class_ * 2 | 3.", "Both ``a`` and class\\_ \\* 2 \\| 3."),
        (
            "Sum.\n\nphoto: RGB. size: pixels.\nReturns `x`s.",
            "Sum.\n\n\n\n**photo**: RGB. \n\n**size**: pixels.\n\n\nReturns ``x``\\ s.",
        ),
        ("A span `(a,\nb)` of code.", "A span ``(a, b)`` of code."),
    ],
)  # fmt: skip
def test_plain_sentences_are_no_markup(sentences: str, shown: str):
    assert reference.plain(sentences, ["photo", "size"]) == shown


def test_names_that_are_not_imported_from_helpers_are_left_alone():
    code = "from helpers import images as pictures\nfrom numpy import prepare\nimport helpers"
    assert site_extension.imported(code) == {"pictures": "helpers.images"}
    body = '<span class="n">images</span><span class="o">.</span><span class="n">prepare</span>'
    known = {"helpers.images.prepare": "there"}
    assert site_extension.with_names(body, {"pictures": "helpers.images"}, known) == body
    linked = site_extension.with_names(body, {"images": "helpers.images"}, known)
    assert linked == f'<a class="helper" href="there">{body}</a>'


# ---- explorers as frames ------------------------------------------------------------------------------------------


def explorer(strip: list[dict], run_=None):
    import ipywidgets

    from helpers.widgets import Explorer, Frame, LiveExplorer

    def draw(level):
        return Frame(np.full((12, 20, 3), level, "uint8"), f"grey of <{level}>", f"draw({level})")

    controls = {"level": ipywidgets.IntSlider(9, 0, 255, description="Level")}
    if run_:
        return LiveExplorer(controls, lambda report, level: draw(level), draw, strip, "Slow greys")
    return Explorer(controls, draw, strip, "Greys")


@pytest.mark.parametrize("live", [False, True], ids=["quick", "live"])
def test_an_explorer_carries_its_frames(live: bool):
    shown = explorer([{"level": 0}, {"level": 200}], live)
    draw = shown.draw
    shown_too, _ = frames.bundle(shown)
    made = shown_too[frames.MIME]["frames"]
    assert [frame["label"] for frame in made] == ["Level 0", "Level 200"]
    assert [frame["caption"] for frame in made] == ["grey of <0>", "grey of <200>"]
    assert (made[0]["width"], made[0]["height"]) == (20, 12)
    assert shown.draw is draw and "image/png" in shown_too
    import base64
    import io

    pixels = np.asarray(Image.open(io.BytesIO(base64.b64decode(made[1]["source"].partition(",")[2]))).convert("RGB"))
    assert np.abs(pixels.astype(int) - 200).max() <= 3


def test_an_explorer_without_a_strip_stays_a_picture():
    shown_too, _ = frames.bundle(explorer([]))
    assert frames.MIME not in shown_too and "image/png" in shown_too


def test_a_stepper_shows_the_first_frame_and_describes_all():
    shown_too, _ = frames.bundle(explorer([{"level": v} for v in (0, 100, 200)]))
    page = frames.stepper(shown_too[frames.MIME])
    assert page.count("<img") == 3 and page.count(" hidden ") == 2
    assert 'alt="grey of &lt;100&gt;"' in page and 'max="2"' in page
    assert page.count("aria-label") >= 4 and "data-alive" not in page


def test_explorers_that_the_page_that_sees_has_are_made_alive_where_it_is():
    for title, place in (("Grad-CAM explorer", 'data-alive="live.html?alone#grad-cam"'), ("Dead ReLU", "")):
        shown = {
            "title": title,
            "frames": frames.bundle(explorer([{"level": 0}, {"level": 9}]))[0][frames.MIME]["frames"],
        }
        output = nbformat.v4.new_output("display_data", {frames.MIME: shown})
        book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("", outputs=[output])])
        pages = [site.with_steppers(book, alive).cells[0].outputs[0].data["text/html"] for alive in (False, True)]
        assert "data-alive" not in pages[0] and ("data-alive" in pages[1]) == bool(place) and place in pages[1]


def test_every_explorer_that_is_made_alive_has_that_title_and_that_view():
    titles = "".join(path.read_text("utf-8") for path in (common.ROOT / "helpers" / "widgets").glob("*.py"))
    views = (common.ROOT / "tools" / "live" / "page" / "views.js").read_text("utf-8")
    for title, view in site.on_site.VIEWS.items():
        assert f'"{title}"' in titles and f'name: "{view}"' in views, title


def test_kernels_get_frames_through_the_startup_cell():
    book = notebook([
        ("code", "import numpy as np, ipywidgets\nfrom helpers.widgets import Explorer, Frame"),
        ("code", "draw = lambda v: Frame(np.full((4, 4, 3), v, 'uint8'), f'{v}')\n"
         "Explorer({'v': ipywidgets.IntSlider(1)}, draw, [{'v': 1}, {'v': 2}], 'T')"),
    ])  # fmt: skip
    assert run.execute(book)[1] == ""
    assert len(book.cells) == 2 and book.cells[0].source.startswith("import numpy")
    assert book.cells[1].outputs[-1].data[frames.MIME]["title"] == "T"
    assert [cell.execution_count for cell in book.cells] == [1, 2]
    (shown,) = site.with_steppers(book).cells[1].outputs
    assert shown.data["text/html"].count('class="frame"') == 2 and "<img" in shown.data["text/html"]
