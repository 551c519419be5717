"""The instructor's guide names sections and cells that exist, minutes agree everywhere."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
NAMES = {str(int(path.name[:2])): path.stem for path in (ROOT / "notebooks" / "source").glob("[0-9]*.py")}
SOURCES = {
    number: (ROOT / "notebooks" / "source" / f"{name}.py").read_text(encoding="utf-8") for number, name in NAMES.items()
}
GUIDE = (ROOT / "docs" / "instructor_guide.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
TO_NOTEBOOK = re.compile(r"(\[\d+\]\(\.\./notebooks/\w+\.ipynb\))")
REFERENCE = re.compile(r"(?<!\*)\*([^*\n]+)\*(?!\*)(?: › \*\*([^*]+)\*\*)?")
ALSO = re.compile(r"\*\*([^*]+[.?)])\*\*")


def references() -> list[tuple[str, str, str]]:
    """All (notebook's number, section, caption) of the guide; '' where one of the two is not named."""
    found, current = [], None
    for line in re.sub(r"[ \t]*\n(?=[^\n|#>\-0-9])", " ", GUIDE).split("\n"):  # paragraphs on one line
        if heading := re.match(r"#+ (?:Notebook (\d+))?", line):
            current = heading[1]
        number = current
        for part in TO_NOTEBOOK.split(line):
            if TO_NOTEBOOK.fullmatch(part):
                number = part[1:].partition("]")[0]
            elif number is not None:
                pairs = [(match[1], match[2] or "") for match in REFERENCE.finditer(part)]
                # In prose, words in italics alone are often only that.
                found += [(number, *pair) for pair in pairs if pair[1] or line.startswith("|")]
                if line.startswith("|"):
                    found += [(number, "", caption) for caption in ALSO.findall(part)]
    return found


def section(text: str, heading: str) -> str:
    """The text below a heading that begins with these words, up to the next one of its level, or nothing."""
    found = []
    for match in re.finditer(r"^# (#+) " + re.escape(heading), text, re.M):
        rest = text[match.end() :]
        after = re.search(rf"^# #{{1,{len(match[1])}}} ", rest, re.M)
        found.append(rest[: after.start()] if after else rest)
    return "\n".join(found)


def test_the_guide_names_many_cells():
    assert len(references()) > 200 and {number for number, *_ in references()} == set(SOURCES)


@pytest.mark.parametrize("number", sorted(SOURCES))
def test_sections_and_cells_of_the_guide_exist(number: str):
    text, wrong = SOURCES[number], []
    for _, heading, caption in (one for one in references() if one[0] == number):
        place = section(text, heading) if heading else text
        if not place:
            wrong.append(f"no section {heading!r}")
        elif caption and f"# **{caption}**" not in place:
            wrong.append(f"no cell {caption!r} in {heading or 'the notebook'!r}")
    assert not wrong, f"notebook {number}: {wrong}"


def test_every_notebook_has_its_part_and_its_minutes():
    for number, text in SOURCES.items():
        assert re.search(rf"^### Notebook {number}: ", GUIDE, re.M)
        minutes = re.search(r"\*\*About ([\d.]+) minutes?", text)[1]
        assert re.search(rf"^\| \[{number} [^|]*\| [^|]*\| {re.escape(minutes)} min \|", GUIDE, re.M), (
            f"guide: notebook {number}"
        )
        assert re.search(rf"\| \[{number} .*\| {re.escape(minutes)} \|$", README, re.M), f"README: notebook {number}"


def test_run_sheets_refer_to_questions_that_the_guide_asks():
    sheets = GUIDE.partition("## Run-sheets")[2]
    named = re.findall(r"\bQ(\d+)\.(\d)\b", sheets)
    assert len(named) > 8
    for number, question in named:
        part = re.search(rf"^### Notebook {number}: .*?(?=^##)", GUIDE, re.M | re.S)[0]
        assert re.search(rf"^{question}\. \*", part.partition("**Ask.**")[2] or part, re.M), f"Q{number}.{question}"


def test_notebooks_that_prose_names_exist():
    pages = [
        *SOURCES.values(),
        GUIDE,
        README,
        *(path.read_text(encoding="utf-8") for path in (ROOT / "docs").glob("*.md")),
    ]
    named = [
        number
        for page in pages
        for numbers in re.findall(r"\b[Nn]otebooks?\]? (\d+(?:(?:, | and | to )\d+)*)", page)
        for number in re.findall(r"\d+", numbers)
    ]
    assert len(named) > 50 and set(named) <= set(SOURCES)
