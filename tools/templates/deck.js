// Starts reveal.js once the slides are on the page, shows and hides the code, and keeps a slide within its frame.
"use strict";

const CONTROLS = "input, select, textarea, button, [contenteditable='true'], [role='slider'], .noUi-handle, .widget-upload";

function startDeck() {
  if (window.deck) return;
  // What told of the progress stands between the slides, and reveal.js counts everything there as a slide.
  document.querySelectorAll(".slides script:not([type])").forEach((script) => script.remove());
  const insideControl = () => document.activeElement && document.activeElement.closest(CONTROLS);
  window.deck = new Reveal(document.querySelector(".reveal"), {
    width: 1280, height: 720, margin: 0.03, center: false, hash: true, transition: "none", slideNumber: "c/t",
    navigationMode: "linear", controlsTutorial: false, pdfSeparateFragments: false,
    // Arrow keys move a slider that has the focus, not the slides; Escape gives the keys back to the slides.
    keyboardCondition: () => !insideControl(),
    keyboard: { 67: () => toggleCode() },
  });
  document.addEventListener("keydown", (event) => {
    if (event.key === "Escape" && insideControl()) {
      document.activeElement.blur();
      event.stopPropagation();
    }
  }, true);
  return window.deck.initialize().then(() => {
    window.deck.on("slidechanged", fit);
    window.deck.on("fragmentshown", fit);
    new MutationObserver(fitSoon).observe(document.querySelector(".slides"), { childList: true, subtree: true });
    document.addEventListener("load", fitSoon, true);  // pictures
    fit();
    document.body.dataset.deck = "ready";
  });
}

function toggleCode() {
  document.body.classList.toggle("with-code");
  fit();
}

let waiting = 0;
function fitSoon() {
  clearTimeout(waiting);
  waiting = setTimeout(fit, 60);
}

// Make what is too tall for the slide smaller: pictures first, down to 60 %, then everything, down to 60 %; what is
// taller still can be scrolled.
function fit() {
  const slide = window.deck && window.deck.getCurrentSlide();
  const inside = slide && slide.querySelector(":scope > .fit");
  if (!inside) return;
  document.body.classList.toggle("first-slide", window.deck.isFirstSlide());
  const pictures = [...inside.querySelectorAll(".code-part :is(img, canvas)")];
  pictures.forEach((picture) => picture.style.removeProperty("max-height"));
  inside.style.zoom = 1;
  // In the slide's own pixels: reveal.js scales it to the screen.
  const room = slide.clientHeight - 2, over = inside.offsetHeight - room;
  if (over <= 0) return;
  const heights = pictures.map((picture) => picture.offsetHeight);
  const all = heights.reduce((sum, height) => sum + height, 0);
  const share = Math.max(0.6, 1 - over / Math.max(1, all));
  pictures.forEach((picture, at) => {
    if (heights[at]) picture.style.setProperty("max-height", `${Math.floor(heights[at] * share)}px`, "important");
  });
  const place = slide.getBoundingClientRect().height;
  let zoom = 1;
  for (let turn = 0; turn < 6 && inside.getBoundingClientRect().height > place * 0.995 && zoom > 0.6; turn += 1) {
    zoom = Math.max(0.6, zoom * Math.max(0.7, 0.99 * place / inside.getBoundingClientRect().height));
    inside.style.zoom = zoom;
  }
}
