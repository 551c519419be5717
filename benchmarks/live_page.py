"""Times and sizes of the page that sees, in Chromium, from a file: `python -m benchmarks.live_page`.

Ready: from opening the page to the first five guesses, with nothing in memory (cold) and a second time (warm). A frame:
from a change to new pixels on the canvas. Memory: private, of the page's process in the browser.
"""

from __future__ import annotations

import argparse
import json
import shutil
import time
from pathlib import Path

import numpy as np
import psutil
from playwright.sync_api import Page, sync_playwright

from tools.common import SITE
from tools.live import build

VIEWS = ("says", "activations", "grad-cam", "occlusion", "receptive-field", "saliency", "filters", "deepdream")
# Moves on to another wish and waits for its pixels; returns milliseconds.
CHANGES = """async ([view, network, count]) => {
    const { app, open, work, facts } = window.live, canvas = document.querySelector("#picture canvas");
    app.network = facts.networks[network];
    open(view);
    const drawn = async (before) => {
        while (canvas.dataset.frame === before) await new Promise((done) => setTimeout(done, 1));
    };
    const times = [];
    await new Promise((done) => setTimeout(done, 4000));
    if (["filters", "deepdream"].includes(view)) document.getElementById("control-start").click();
    for (let change = 0; change < count; change++) {
        const began = performance.now(), before = canvas.dataset.frame;
        if (!["filters", "deepdream"].includes(view)) {
            app.touched = { x: (change % 7 + 0.5) / 8, y: (change % 5 + 0.5) / 6 };
            work();
        }
        await drawn(before);
        times.push(performance.now() - began);
    }
    document.getElementById("stop").click();
    return times;
}"""
SECONDS = 5
CAMERA = f"""async ([view, network]) => {{
    const {{ app, open, facts }} = window.live, canvas = document.querySelector("#picture canvas");
    app.network = facts.networks[network];
    open(view);
    document.getElementById("camera").click();
    await new Promise((done) => setTimeout(done, 3000));
    const before = Number(canvas.dataset.frame);
    await new Promise((done) => setTimeout(done, {1000 * SECONDS}));
    const frames = Number(canvas.dataset.frame) - before;
    document.getElementById("camera").click();
    return frames;
}}"""
CAMERA_OPTIONS = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]


def main() -> None:
    """Measure, and print a table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=30, help="changes of each explorer")
    count = parser.parse_args().count
    sizes = build.build(SITE)
    for name, size in sizes.items():
        print(f"{name:<32}{size / 1e6:7.2f} MB")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", *CAMERA_OPTIONS]
        )
        page = browser.new_page()
        print("ready, cold and warm, s:", *(f"{ready(page):.2f}" for _ in range(2)))
        networks = json.loads(page.locator("#facts").text_content())["networks"]
        print("| network | explorer | median ms | 95 % |\n|---|---|---|---|")
        for at, network in enumerate(networks):
            for view in VIEWS:
                times = page.evaluate(CHANGES, [view, at, count])[2:]
                print(f"| {network['title']} | {view} | {np.median(times):.0f} | {np.quantile(times, 0.95):.0f} |")
            for view in ("says", "activations", "grad-cam"):
                frames = page.evaluate(CAMERA, [view, at])
                print(f"camera, {network['title']}, {view}: {frames / SECONDS:.1f} frames a second")
            print(f"private memory of the browser after {network['title']}: {memory():.0f} MB")
        browser.close()


def ready(page: Page) -> float:
    """Seconds from opening the page to its first guesses."""
    page.goto("about:blank")
    began = time.monotonic()
    page.goto(Path(SITE, build.PAGE).as_uri())
    page.wait_for_function("document.querySelector('.explorer-caption')?.textContent.includes('%')", timeout=300_000)
    return time.monotonic() - began


def memory() -> float:
    """Private megabytes of the page's renderer, the largest of the browser's processes of that kind."""
    mine = psutil.Process().children(recursive=True)
    renderers = [one for one in mine if "--type=renderer" in " ".join(one.cmdline())]
    return max(one.memory_full_info().uss for one in renderers) / 1e6


if __name__ == "__main__":
    main()
