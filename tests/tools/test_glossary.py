"""The glossary: a sentence for each term, anchors that links find, notebooks that speak of it."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = {path.stem: path.read_text(encoding="utf-8") for path in (ROOT / "notebooks" / "source").glob("[0-9]*.py")}
GLOSSARY = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
PAGES = [
    *SOURCES.values(),
    *(path.read_text(encoding="utf-8") for path in [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md")]),
]


def test_the_glossary_gives_each_term_one_sentence_and_links_into_it_hold():
    rows = re.findall(r'^\| <a id="([\w-]+)"></a>\*\*([^*]+)\*\* \| (.*) \| \[\d\d\]\(\S+\) \|$', GLOSSARY, re.M)
    assert len(rows) == GLOSSARY.count("<a id=") > 80 and len({anchor for anchor, *_ in rows}) == len(rows)
    assert [name for _, name, text in rows if not text.endswith(".") or re.search(r"[.?!] [A-Z]", text)] == []
    used = {anchor for page in PAGES for anchor in re.findall(r"glossary\.md#([\w-]+)", page)}
    assert used <= {anchor for anchor, *_ in rows}


def test_the_glossary_names_notebooks_that_speak_of_the_term():
    """At least one of the term's words stands in the notebook, in any form: its first letters are looked for."""
    found = re.findall(r"\*\*([^*|]+)\*\* \|.*\| \[(\d+)\]\(\.\./notebooks/(\w+)\.ipynb\) \|$", GLOSSARY, re.M)
    assert len(found) == GLOSSARY.count("<a id=")
    for term, number, name in found:
        text = SOURCES[name].lower()
        words = [word[: max(3, len(word) - 3)] for word in term.lower().replace("²", "^2").split()]
        assert name.startswith(f"{number}_") and any(word in text for word in words), f"{term}: {number}"
