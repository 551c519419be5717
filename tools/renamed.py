"""What is left of names that are gone: `python -m tools.renamed` looks through code, notebooks, guide and docs.

A name is qualified: `helpers.module`, `helpers.module.function`, or `.method` for what every object answers to. In code
the imports say what a word means, so that locals, arguments and other libraries' words are free; in Markdown only code
counts, fenced or in a line.
"""

import ast
import contextlib
import functools
import json
import re
import textwrap
from collections.abc import Iterator
from pathlib import Path

from tools import build
from tools.common import ROOT, start
from tools.hygiene import source

# now -> then, as far as a name is given at the first level of a module
NAMES = {
    "helpers.excite": "helpers.activations.top_patches",
    "helpers.excite.strongest": "helpers.activations.top_patches.top_activations",
    "helpers.excite.hits": "helpers.activations.top_patches.top_k",
    "helpers.effective_field": "helpers.activations.effective_receptive_field",
    "helpers.effective_field.seen": "helpers.activations.effective_receptive_field.visible_box",
    "helpers.effective_field.outline": "helpers.activations.effective_receptive_field.draw_box",
    "helpers.receptive_field.growth": "helpers.activations.receptive_field.receptive_fields",
    "helpers.ascent": "helpers.feature_visualization",
    "helpers.ascent.climb": "helpers.feature_visualization.gradient_ascent",
    "helpers.ascent.fourier.Waves": "helpers.feature_visualization.fourier.FourierImage",
    "helpers.ascent.folding": "helpers.backbones.batch_norm",
    "helpers.deepdream.sky": "helpers.feature_visualization.deepdream.synthetic_sky",
    "helpers.deepdream.middle": "helpers.feature_visualization.deepdream.center_zoom",
    "helpers.attribution.rules": "helpers.attribution.guided_backprop",
    "helpers.attribution.perturbation": "helpers.attribution.occlusion",
    "helpers.attribution.scores": "helpers.attribution.metrics",
    "helpers.attribution.scores.share_ratio": "helpers.attribution.metrics.relevance_mass_ratio",
    "helpers.attribution.scores.overlap": "helpers.attribution.metrics.iou",
    "helpers.attribution.scores.drawn": "helpers.attribution.metrics.draw_boxes",
    "helpers.attribution.planted": "helpers.attribution.shortcut",
    "helpers.attribution.planted.proved": "helpers.attribution.shortcut.intervention_test",
    "helpers.probes": "helpers.transfer.classifiers",
    "helpers.probes.right": "helpers.transfer.classifiers.correct",
    "helpers.probes.rows": "helpers.transfer.classifiers.flatten",
    "helpers.probes.in_the_plane": "helpers.transfer.classifiers.project_2d",
    "helpers.probes.difference": "helpers.training.intervals.paired_interval",
    "helpers.transfer.classifiers.paired_interval": "helpers.training.intervals.paired_interval",
    "helpers.transfer.classifiers.mean_interval": "helpers.training.intervals.mean_interval",
    "helpers.transfer.classifiers.verdict": "helpers.training.intervals.verdict",
    "helpers.training.convnet.interval": "helpers.training.intervals.share_interval",
    "helpers.training.convnet.stored_table": "helpers.teaching.studies.stored_table",
    "helpers.training.convnet.stored_rows": "helpers.teaching.studies.stored_rows",
    "helpers.heads.learning": "helpers.transfer.heads.trainable_parameters",
    "helpers.heads.boundary": "helpers.transfer.heads.frozen_boundary",
    "helpers.heads.tail": "helpers.transfer.heads.head_from",
    "helpers.heads.copied": "helpers.transfer.heads.clone",
    "helpers.transfer.statistics": "helpers.transfer.fine_tuning.batch_norm_statistics",
    "helpers.picture.Picture": "helpers.plots.figure.Figure",
    "helpers.map_layers.views": "helpers.backbones.layers.relu_layers",
    "helpers.widgets.jobs": "helpers.widgets.live_explorer",
    "helpers.widgets.painting": "helpers.widgets.live_explorer",
    "helpers.widgets.strip": "helpers.widgets.static_preview",
    "helpers.multitask.rows": "helpers.multitask.data",
    "helpers.multitask.rows.limit": "helpers.multitask.data.subsample",
    "helpers.multitask.measures": "helpers.multitask.metrics",
    "helpers.multitask.references": "helpers.multitask.baselines",
    ".on_slide": ".vgg_equivalent",
    ".rehearsal": ".train_only_weights",
}
FENCE = re.compile(r"^ *(`{3,}|~{3,}).*?\n(.*?)^ *\1", re.M | re.S)
SPAN = re.compile(r"(?<!`)(`+)(?!`)(.+?)(?<!`)\1(?!`)", re.S)
OWN = ("tools/renamed.py", "tests/tools/test_renamed.py")  # the lists themselves

Places = set[tuple[int, str]]  # line, old name


def main(arguments: list[str]) -> int:
    """Print each place that still has an old name, one of those given or of NAMES; status 1 where there is one."""
    found = left_over(set(arguments) or old_names())
    print("\n".join(found) or "No old name is left.")
    return 1 if found else 0


def old_names() -> set[str]:
    """The left side of NAMES; a function's old name also at its new place, in its module and in the folder."""
    found = set(NAMES)
    for now, then in NAMES.items():
        word, place = now.split(".")[-1], then.split(".")[:-1]
        if place != [""] and now.rpartition(".")[0] in NAMES:
            found |= {".".join([*place[:depth], word]) for depth in (2, len(place))}
    return found - set(NAMES.values())


def left_over(old: set[str], root: Path = ROOT) -> list[str]:
    """Each use of an old name in a project's Python files, notebook sources and Markdown pages: file, line, name."""
    found: dict[str, Places] = {}
    for path in [
        *root.glob("*.py"),
        *(p for name in ("helpers", "tools", "tests", "benchmarks") for p in _python(root / name)),
    ]:
        module = ".".join(path.relative_to(root).with_suffix("").parts).removesuffix(".__init__")
        found[path.relative_to(root).as_posix()] = in_code(path.read_text("utf-8"), old, module)
    for path in _python(root / "notebooks" / "source"):
        name = path.relative_to(root).as_posix()
        found[name] = in_code(path.read_text("utf-8"), old)
        for at, cell in enumerate(json.loads(build.notebook_text(path))["cells"]):
            if cell["cell_type"] == "markdown":
                found[f"{name}, cell {at}"] = in_words(source(cell), old)
    for path in [*root.glob("*.md"), *(root / "docs").rglob("*.md"), *(root / "data").glob("*.md")]:
        found[path.relative_to(root).as_posix()] = in_words(path.read_text("utf-8"), old)
    return [
        f"{file}, line {line}: {name}"
        for file, places in found.items()
        if file not in OWN
        for line, name in sorted(places)
    ]


def _python(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*.py"))


# ---- code ------------------------------------------------------------------------------------------------------------


def in_code(text: str, old: set[str], module: str = "") -> Places:
    """Where a Python text has an old name: imported, meant by an import, given, asked of an object, in a string.

    module: the text's own dotted name; what its first level gives then counts, and so does the module itself.
    """
    tree = ast.parse(text)
    imports = list(_imports(tree))
    meant = {word: name for _, word, name in imports}
    found = {(line, _begins(name, old)) for line, _, name in imports} | {(1, _begins(module, old) if module else "")}
    found |= {(line, f"{module}.{word}" if f"{module}.{word}" in old else "") for line, word in _given(tree) if module}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            word, _, rest = ast.unparse(node).partition(".")
            found |= {
                (node.lineno, _begins(f"{meant.get(word, '')}.{rest}", old)),
                (node.lineno, _method(node.attr, old)),
            }
        elif isinstance(node, ast.FunctionDef):
            found.add((node.lineno, _method(node.name, old)))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            found |= {(node.lineno, name) for name in _spelled(node.value, old)}
    return {(line, name) for line, name in found if name}


def _imports(tree: ast.Module) -> Iterator[tuple[int, str, str]]:
    """Line, word and the dotted name that it means, for each import of a text; this project has no relative ones."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for name in node.names:
                yield node.lineno, name.asname or name.name, name.name
                yield (
                    node.lineno,
                    name.asname or name.name.split(".")[0],
                    name.name if name.asname else name.name.split(".")[0],
                )
        elif isinstance(node, ast.ImportFrom):
            for name in node.names:
                yield node.lineno, name.asname or name.name, f"{node.module}.{name.name}"


def _given(tree: ast.Module) -> Iterator[tuple[int, str]]:
    """Line and name of what a text gives at its first level, imported names among it."""
    for line in tree.body:
        for part in [line, getattr(line, "target", line), *getattr(line, "targets", []), *getattr(line, "names", [])]:
            for name in (getattr(part, "asname", None), getattr(part, "name", None), getattr(part, "id", None)):
                if name:
                    yield line.lineno, name


def _begins(name: str, old: set[str]) -> str:
    """The longest old name that a dotted name is or begins with, '' for none."""
    parts = name.split(".")
    return next((start for n in range(len(parts), 0, -1) if (start := ".".join(parts[:n])) in old), "")


def _method(name: str, old: set[str]) -> str:
    return f".{name}" if f".{name}" in old else ""


# ---- words -----------------------------------------------------------------------------------------------------------


def in_words(text: str, old: set[str]) -> Places:
    """Where the code of a Markdown text has an old name: spelled out, or, in a fence of Python, meant by an import."""
    found: Places = set()
    for fence in FENCE.finditer(text):
        above = text[: fence.start(2)].count("\n")
        with contextlib.suppress(SyntaxError):  # another language, or an excerpt
            found |= {(above + line, name) for line, name in in_code(textwrap.dedent(fence[2]), old)}
        found |= {(above + 1 + fence[2][:at].count("\n"), name) for name, at in _spelled(fence[2], old).items()}
    plain = FENCE.sub(lambda fence: re.sub(r"[^\n]", " ", fence[0]), text)
    for span in SPAN.finditer(plain):
        found |= {(1 + plain[: span.start()].count("\n"), name) for name in _spelled(span[2], old)}
    return found


def _spelled(text: str, old: set[str]) -> dict[str, int]:
    """The old names that a text says in full, by their last two parts (`probes.right`) or as a path, and where."""
    pattern, names = _spellings(frozenset(old))
    return {names[match[0]]: match.start() for match in pattern.finditer(text)} if old else {}


@functools.cache
def _spellings(old: frozenset[str]) -> tuple[re.Pattern, dict[str, str]]:
    """A pattern for all spellings, the longest first, and the name that each spells."""
    names = {}
    for name in old:
        parts = name.split(".")
        names |= {word: name for word in ({name} if not parts[0] else {name, ".".join(parts[-2:]), "/".join(parts)})}
    words = sorted(map(re.escape, names), key=len, reverse=True)
    return re.compile(rf"(?:(?<![\w./])|(?=\.))(?:{'|'.join(words)})(?!\w)"), names


if __name__ == "__main__":
    start(main)
