"""How fast explorers answer: `python -m benchmarks.explorers [NAME ...]`; writes benchmarks/results/explorers.md.

Measured in a browser (Chromium without a screen, JupyterLab): from the key press to the first task after the animation
frame that painted the new picture. The floor is an explorer that only sends the same photo back; it is measured again
before each explorer, so that what else the machine does is seen. First frame:
from the start of the cell to its picture on the page, the strip of still pictures included; one kernel for all, in the
order of the table, so that what one has compiled serves the next. Memory: the kernel's, over 200 changes.
"""

from __future__ import annotations

import datetime
import os
import shutil
import statistics
import sys
import tempfile
import time
from pathlib import Path

import psutil

from tests.browser import gallery
from tests.browser.lab import CHROMIUM_OPTIONS, ROOT, Lab, open_in_lab
from tools.common import write

PRESSES = 20
FLOOR = """
import ipywidgets
from helpers import images
from helpers.widgets import Explorer, Frame
shown = [images.prepare(datasets.photo(name).array, 448) for name in ("chelsea", "coffee")]
step = ipywidgets.IntSlider(0, 0, 100, description="Step", tooltip="Two photos in turn")
Explorer({"step": step}, lambda step: Frame(shown[step % 2], f"photo {step % 2}"), title="floor")
"""
SALIENCY = 'methods_explorer(network, methods=["saliency"])'
# An explorer remembers its last answers; here none, so that each press of a key has to be computed.
FORGETFUL = "import helpers.widgets.photos\nhelpers.widgets.photos.KEPT = 1\n"
CHANGES = 200
# Runs in the page: remembers when a key went down, and when the picture that followed it was drawn.
WATCH = """cell => {
    window.__times ??= []; let pressed = 0;
    const canvas = cell.querySelector('.explorer-picture');
    const down = event => { if (cell.contains(event.target)) pressed = performance.now(); };
    window.addEventListener('keydown', down, true);
    new MutationObserver(() => {
        if (!pressed) return;
        const began = pressed; pressed = 0;
        const painted = new MessageChannel();  // a message sent before painting arrives after it
        painted.port1.onmessage = () => window.__times.push(performance.now() - began);
        requestAnimationFrame(() => painted.port2.postMessage(0));
    }).observe(canvas, { attributes: true, attributeFilter: ['data-frame'] });
}"""


def latency(page, control) -> list[float]:
    """Milliseconds from key to pixels for each press that changed the picture."""
    page.evaluate("() => { window.__times = []; }")
    menu = control.evaluate("element => element.tagName") == "SELECT"
    there, back = ("ArrowDown", "ArrowUp") if menu else ("ArrowRight", "ArrowLeft")
    misses = 0
    for number in range(PRESSES):
        count = page.evaluate("() => window.__times.length")
        control.focus()
        page.keyboard.press(there if number % 2 == 0 else back)
        for _ in range(30):
            page.wait_for_timeout(50)
            if page.evaluate("() => window.__times.length") > count:
                break
        else:
            misses += 1
            if misses == 2:  # a control that changes no picture in this view
                break
        page.wait_for_timeout(100)
    return page.evaluate("() => window.__times")


def kernel_memory(lab: Lab) -> float:
    """MB of the largest process under the server: the kernel."""
    children = psutil.Process(lab.process.pid).children(recursive=True)
    return max(child.memory_info().rss for child in children) / 1e6


def measure(page, lab: Lab, chosen: list[str]) -> list[tuple]:
    """(explorer, first frame in s, control, median, 95 %, the floor's median then, in ms) for each control.

    There are no times where Start is needed.
    """
    names = ["floor", *chosen]
    gallery.EXPLORERS.update(floor=FLOOR, saliency=SALIENCY)
    gallery.write(lab.notebooks, names, FORGETFUL)
    panel = open_in_lab(page, lab, "gallery")
    # By number: a focused control makes its own cell the active one.
    run = """async number => {
        window.jupyterapp.shell.currentWidget.content.activeCellIndex = number;
        await window.jupyterapp.commands.execute('notebook:run-cell');
    }"""
    page.evaluate(run, 0)
    rows, floor = [], panel.locator(".jp-CodeCell").nth(1)
    for number, name in enumerate(names, 1):
        cell = panel.locator(".jp-CodeCell").nth(number)
        start = time.monotonic()
        page.evaluate(run, number)
        cell.locator(gallery.PICTURE).first.wait_for(timeout=300_000)
        first = time.monotonic() - start
        if name in gallery.LONG:  # its controls only prepare the work; what matters is when it can be begun
            rows.append((name, first, "", None, None, None))
            continue
        cell.evaluate(WATCH)
        for control in cell.locator(".noUi-handle:visible, select:visible").all():
            now = statistics.median(latency(page, floor.locator(".noUi-handle").first))
            times = latency(page, control)
            if len(times) >= PRESSES // 2:
                ordered = sorted(times)
                middle, most = statistics.median(times), ordered[int(len(times) * 0.95)]
                rows.append((name, first, gallery.name_of(control), middle, most, now))
                print(*rows[-1], len(times), flush=True)
    return rows


def growth(page, lab: Lab, name: str) -> tuple[float, float]:
    """The kernel's memory in MB before and after many changes of one explorer's first slider."""
    gallery.write(lab.notebooks, [name])
    panel = open_in_lab(page, lab, "gallery")
    page.evaluate("async () => { await window.jupyterapp.commands.execute('notebook:run-all-cells') }")
    cell = panel.locator(".jp-CodeCell").nth(1)
    cell.locator(gallery.PICTURE).first.wait_for(timeout=300_000)
    control, before = cell.locator(".noUi-handle:visible").first, 0.0
    for number in range(CHANGES + 20):
        if number == 20:
            before = kernel_memory(lab)
        control.focus()
        page.keyboard.press("ArrowRight" if number % 2 == 0 else "ArrowLeft")
        page.wait_for_timeout(60)
    return before, kernel_memory(lab)


def line_of(row: tuple) -> str:
    """A line of the table."""
    name, first, word, *times = row
    shown = " | ".join("" if time is None else f"{time:.0f}" for time in times)
    return f"| {name} | {first:.1f} | {word} | {shown} |"


def main() -> None:
    """Measure and write the table."""
    from playwright.sync_api import sync_playwright

    folder, chromium = Path(tempfile.mkdtemp()), shutil.which("chromium") or shutil.which("google-chrome")
    lab = Lab(folder)
    try:
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=chromium, headless=True, args=CHROMIUM_OPTIONS)
            page = browser.new_page(viewport={"width": 1280, "height": 1000})
            rows = measure(page, lab, sys.argv[1:] or [*gallery.EXPLORERS, "saliency"])
            before, after = growth(page, lab, "grad_cam")
            browser.close()
    finally:
        lab.stop()
        shutil.rmtree(folder, ignore_errors=True)
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    if os.sched_getscheduler(0) != os.SCHED_OTHER:  # chrt --rr 1 python -m benchmarks.explorers
        load += " (other work, which had to wait: run with real-time priority)"
    lines = [
        "# How fast explorers answer",
        "",
        f"`{' '.join(['python -m benchmarks.explorers', *sys.argv[1:]])}`, {datetime.date.today()}, "
        f"{os.cpu_count()} cores, Python {sys.version.split()[0]}, load {load}. Key press to changed pixels, "
        f"{PRESSES} presses a control; `floor` only sends a photo back. First frame includes the static strip. Nothing "
        "is remembered from press to press but the last answer; those without a control begin their work with Start.",
        "",
        "| explorer | first frame, s | control | median, ms | 95 %, ms | floor then, ms |",
        "|---|---|---|---|---|---|",
        *map(line_of, rows),
        "",
        f"{CHANGES} changes of the Grad-CAM explorer: kernel {before:.0f} MB before, {after:.0f} MB after.",
    ]
    write(ROOT / "benchmarks" / "results" / "explorers.md", "\n".join(lines) + "\n")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
