// What an explorer does in the page itself: it keeps its keys, saves its picture and copies its code.

// JupyterLab takes arrow keys and Enter for itself before a menu or a button sees them. While the focus is inside an
// explorer, plain keys belong to the explorer; with Ctrl, Alt or Shift they stay JupyterLab's (save, run the cell).
const MARK = "data-lm-suppress-shortcuts"; // what JupyterLab's key bindings look for

function button(words, tooltip, act) {
  const made = document.createElement("button");
  made.textContent = words;
  made.title = tooltip;
  made.className = "jupyter-widgets jupyter-button explorer-tool";
  made.addEventListener("click", () => act(made));
  return made;
}

// In how many places of the page an explorer is shown. When the last one goes (its output is cleared, its cell deleted),
// the kernel hears of it and ends the work. Not at once: a page that only moves a view shows it anew.
const places = new WeakMap(); // by the model's layout: each view is given a stand-in for the model, but the same layout
const WAIT = 1000; // milliseconds

function count(model, change) {
  const layout = model.get("layout");
  places.set(layout, (places.get(layout) ?? 0) + change);
  if (places.get(layout) === 0)
    setTimeout(() => places.get(layout) === 0 && model.send({ event: "gone" }), WAIT);
}

function render({ model, el }) {
  const explorer = () => el.closest(".explorer");
  const listen = (event) => {
    if (explorer()?.contains(event.target))
      event.target.toggleAttribute(MARK, !(event.ctrlKey || event.metaKey || event.altKey || event.shiftKey));
  };
  const save = () => {
    const image = explorer().querySelector("img[alt]");
    const link = document.createElement("a");
    link.href = image.src;
    const kind = image.src.startsWith("data:image/jpeg") ? ".jpg" : ".png"; // a preview of running work is a JPEG
    link.download = image.alt.replace(/[^\w]+/g, "_").slice(0, 60) + kind;
    link.click();
  };
  const copy = async (made) => {
    const code = explorer().querySelector("code")?.textContent ?? "";
    await navigator.clipboard.writeText(code);
    made.textContent = "Copied";
    setTimeout(() => (made.textContent = "Copy code"), 1500);
  };
  window.addEventListener("keydown", listen, true);
  count(model, 1);
  el.append(
    button("Save picture", "Save this picture as a PNG file", save),
    button("Copy code", "Copy the call that makes this picture", copy),
  );
  return () => {
    window.removeEventListener("keydown", listen, true);
    count(model, -1);
  };
}

export default { render };
