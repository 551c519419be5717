"""Pictures a second of the camera explorer, by view: `python -m benchmarks.camera`; writes its table.

In Chromium and JupyterLab, with a film of a cup as the camera. Processor time is the kernel's and the browser's for
each picture, which other work on the machine changes less than the pictures a second.
"""

from __future__ import annotations

import datetime
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

import psutil

from helpers import datasets, images
from tests.browser import gallery
from tests.browser.lab import CHROMIUM_OPTIONS, ROOT, Lab, open_in_lab
from tests.browser.test_camera import film
from tools.common import write

SECONDS = 10
NETWORKS = ("efficientnet_lite0", "squeezenet")
VIEWS = ("what it says", "one channel", "activations", "Grad-CAM")
FAKE = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]


def main() -> None:
    """Measure and write the table."""
    from playwright.sync_api import sync_playwright

    folder = Path(tempfile.mkdtemp())
    cup = film(folder / "cup.y4m", images.prepare(datasets.photo("coffee").array, 448))
    lab, rows = Lab(folder / "lab"), []
    try:
        with sync_playwright() as playwright:
            options = [*CHROMIUM_OPTIONS, *FAKE, f"--use-file-for-fake-video-capture={cup}"]
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=options)
            page = browser.new_page(viewport={"width": 1280, "height": 1000})
            for network in NETWORKS:
                rows += measure(page, lab, network)
            browser.close()
    finally:
        lab.stop()
        shutil.rmtree(folder, ignore_errors=True)
    load = ", ".join(f"{value:.1f}" for value in os.getloadavg())
    lines = [
        "# Pictures a second of the camera explorer",
        "",
        f"`python -m benchmarks.camera`, {datetime.date.today()}, {os.cpu_count()} cores, Python "
        f"{sys.version.split()[0]}, load {load}. {SECONDS} s a view; processor time for each picture.",
        "",
        "| network | view | pictures a second | kernel, ms of processor | browser, ms of processor |",
        "|---|---|---|---|---|",
        *(f"| {network} | {view} | {a:.1f} | {b:.0f} | {c:.0f} |" for network, view, a, b, c in rows),
    ]
    write(ROOT / "benchmarks" / "results" / "camera.md", "\n".join(lines) + "\n")
    print("\n".join(lines))


def measure(page, lab: Lab, network: str) -> list[tuple]:
    """(network, view, pictures a second, milliseconds of the kernel, of the browser) for each view."""
    gallery.write(lab.notebooks, ["camera"], f"network = backbones.load({network!r})\n")
    panel = open_in_lab(page, lab, "gallery")
    page.evaluate("async () => { await window.jupyterapp.commands.execute('notebook:run-all-cells') }")
    cell, rows = panel.locator(".jp-CodeCell").nth(1), []
    cell.locator(gallery.PICTURE).wait_for(timeout=300_000)
    cell.get_by_role("button", name="Camera", exact=True).click()
    cell.locator(".camera-pace", has_text="a second").wait_for(timeout=300_000)
    kernel = max(psutil.Process(lab.process.pid).children(recursive=True), key=lambda one: one.memory_info().rss)
    browser = [one for one in psutil.Process().children(recursive=True) if "chromium" in one.name()]
    count = "canvas => Number(canvas.dataset.frame)"
    for view in VIEWS:
        cell.get_by_role("button", name=view, exact=True).click()
        page.wait_for_timeout(4000)  # what has to be compiled is compiled
        before, busy, began = cell.locator(gallery.PICTURE).evaluate(count), used([kernel]), time.monotonic()
        pages = used(browser)
        page.wait_for_timeout(1000 * SECONDS)
        shown, seconds = cell.locator(gallery.PICTURE).evaluate(count) - before, time.monotonic() - began
        each = [1000 * (used(some) - then) / max(shown, 1) for some, then in (([kernel], busy), (browser, pages))]
        rows.append((network, view, shown / seconds, *each))
        print(*rows[-1], flush=True)
    cell.get_by_role("button", name="Stop the camera").click()
    return rows


def used(processes: list) -> float:
    """Seconds of processor time that processes have used so far."""
    return sum(sum(one.cpu_times()[:2]) for one in processes if one.is_running())


if __name__ == "__main__":
    main()
