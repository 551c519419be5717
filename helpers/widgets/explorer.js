// What ties an explorer's picture to a notebook: frames from the kernel, keys, names and focus of the controls, a sign
// when an answer takes long, and a word when there is no kernel any more. picture.js stands before this in one module.

// JupyterLab takes arrow keys and Enter for itself before a menu or a button sees them. While the focus is inside an
// explorer, plain keys belong to the explorer; with Ctrl, Alt or Shift they stay JupyterLab's (save, run the cell).
const MARK = "data-lm-suppress-shortcuts"; // what JupyterLab's key bindings look for
const WAIT = 1000, BUSY = 300, LONG = 2000; // milliseconds

// In how many places of the page an explorer is shown. When the last one goes (its output is cleared, its cell deleted),
// the kernel hears of it and ends the work. Not at once: a page that only moves a view shows it anew.
const places = new WeakMap(); // by the model's layout: each view is given a stand-in for the model, but the same layout

function countPlaces(model, change) {
  const layout = model.get("layout");
  places.set(layout, (places.get(layout) ?? 0) + change);
  if (places.get(layout) === 0)
    setTimeout(() => places.get(layout) === 0 && model.send({ event: "gone" }), WAIT);
}

// Names for what ipywidgets leaves without: a slider, its value and its steps, a progress bar, a row of buttons.
function nameControls(explorer) {
  for (const row of explorer.querySelectorAll(".widget-inline-hbox, .widget-toggle-buttons")) {
    const label = row.querySelector(".widget-label"), handle = row.querySelector(".noUi-handle");
    const readout = row.querySelector(".widget-readout"), bar = row.querySelector(".progress");
    if (!label) continue;
    label.id ||= `explorer-name-${Math.random().toString(36).slice(2)}`; // there are other explorers on the page
    const group = row.matches(".widget-toggle-buttons") ? row : null;
    readout?.setAttribute("role", readout.isContentEditable ? "textbox" : "note");
    bar?.setAttribute("role", "progressbar");
    group?.setAttribute("role", "group");
    for (const named of [readout, bar, group, handle]) named?.setAttribute("aria-labelledby", label.id);
    if (readout) handle?.setAttribute("aria-valuetext", readout.textContent);
    for (const one of group?.querySelectorAll("button") ?? [])
      one.setAttribute("aria-pressed", one.classList.contains("mod-active"));
  }
}

// Start is switched off while it has the focus, and Stop after its work: the focus goes on to the other one.
function keepFocus(explorer) {
  let pressed;
  explorer.addEventListener("focusin", (event) => (pressed = event.target.closest("button") ?? undefined));
  const passOn = () => {
    const lost = document.activeElement === document.body || document.activeElement === pressed;
    const other = [...(pressed?.parentElement.children ?? [])].find((one) => one.matches("button:not(:disabled)"));
    if (pressed?.disabled && lost) other?.focus();
  };
  return new MutationObserver(passOn).observe(explorer, { subtree: true, attributes: true, attributeFilter: ["disabled"] });
}

// A sign when an answer takes longer than 0.3 s, and a button that interrupts the kernel when it takes longer than 2 s.
function busySign(picture, model) {
  let timers = [];
  const end = () => {
    if (!timers.length) return;
    timers.forEach(clearTimeout);
    timers = [];
    picture.say("");
  };
  const begin = () => {
    if (timers.length || model.get("working")) return;
    const kernel = model.widget_manager?.kernel;
    const stop = () => kernel.interrupt();
    timers = [
      setTimeout(() => picture.say("working ..."), BUSY),
      setTimeout(() => kernel?.interrupt && picture.say("working ... ", "Stop this", stop), LONG),
    ];
  };
  return { begin, end };
}

function render({ model, el, host, signal }) {
  const picture = makePicture(el), busy = busySign(picture, model), on = { signal, capture: true };
  const explorer = () => el.closest(".explorer");
  const show = () => {
    busy.end();
    const frame = model.get("frame");
    if (frame.parts) picture.show(frame, { ...model.get("photos"), ...model.get("maps") });
  };
  const listen = (event) => {
    if (explorer()?.contains(event.target))
      event.target.toggleAttribute(MARK, !(event.ctrlKey || event.metaKey || event.altKey || event.shiftKey));
  };
  window.addEventListener("keydown", listen, on);
  model.on("change:frame", show);
  model.on("change:working", () => picture.hush(model.get("working")));
  const tellEnd = () => {
    const dead = Boolean(el.closest(".jupyter-widgets-disconnected"));
    busy.end();
    picture.fade(dead);
    picture.say(dead ? "The kernel was started anew or has ended: run the cell again." : "");
  };
  model.on("comm_live_update", () => setTimeout(tellEnd, 100)); // the widgets around it hear of it one after the other
  for (const [name, reference] of Object.entries(model.get("controls")))
    host.getModel(reference).then((control) => {
      const moved = () => {
        picture.set(name, control.get("value") ?? control.get("index"));
        busy.begin();
        requestAnimationFrame(() => explorer() && nameControls(explorer())); // values that have changed
      };
      control.on("change:value", moved);
      control.on("change:index", moved);
    });
  // The controls beside the picture come to the page after it, or before.
  const dressed = setInterval(() => {
    if (!explorer()?.querySelector(".widget-label")) return;
    clearInterval(dressed);
    keepFocus(explorer());
    nameControls(explorer());
  }, 100);
  countPlaces(model, 1);
  show();
  return () => {
    clearInterval(dressed);
    countPlaces(model, -1);
  };
}

export default { render };
