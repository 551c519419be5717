"""What axe-core finds wrong with a page, or with a part of it."""

from pathlib import Path

import axe_playwright_python

SCRIPT = (Path(axe_playwright_python.__file__).parent / "axe.min.js").read_text(encoding="utf-8")
RUN = """async ([place, selector]) => {
    const options = { resultTypes: ["violations"], preload: false };  // it would ask for style sheets again
    const found = await axe.run(place?.querySelector(selector) ?? document, options);
    return found.violations.flatMap(rule => rule.nodes.map(node => `${rule.id}: ${node.html.slice(0, 160)}`));
}"""


def violations(page, selector: str = "", place=None) -> list[str]:
    """Rule and place of each violation: on the whole page, or in what the selector finds inside a locator."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(SCRIPT)
    handle = place.element_handle() if place is not None else None
    return page.evaluate(RUN, [handle, selector])


def assert_none(page, selector: str, where: str, place=None) -> None:
    """Fail with what axe-core finds wrong."""
    found = violations(page, selector, place)
    assert not found, "\n".join([f"{where}: {len(found)} violations", *found[:20]])
