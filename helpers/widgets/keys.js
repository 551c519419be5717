// JupyterLab takes arrow keys and Enter for itself before a menu or a button sees them. While the focus is inside an
// explorer, plain keys belong to the explorer; with Ctrl, Alt or Shift they stay JupyterLab's (save, run the cell).
const MARK = "data-lm-suppress-shortcuts"; // what JupyterLab's key bindings look for

function render({ el }) {
  const listen = (event) => {
    if (el.closest(".explorer")?.contains(event.target))
      event.target.toggleAttribute(MARK, !(event.ctrlKey || event.metaKey || event.altKey || event.shiftKey));
  };
  window.addEventListener("keydown", listen, true);
  return () => window.removeEventListener("keydown", listen, true);
}

export default { render };
