// What ties a camera to a notebook: a button, keys, and pictures on their way to the kernel, one at a time. The next one
// is taken when the last one is answered, so what the kernel has no time for is dropped, and nothing queues. camera.js
// stands before this in one module.

const QUALITY = 0.85, BUSY = 2000, SECOND = 1000; // of the JPEG; milliseconds
const KEYS = ["w", "e", "q"];

function render({ model, el, signal }) {
  const button = Object.assign(document.createElement("button"), { type: "button", title: model.get("tooltip") });
  const status = Object.assign(document.createElement("span"), { className: "camera-status" });
  const pace = Object.assign(document.createElement("span"), { className: "camera-pace" });
  const [height, width] = model.get("sides"), canvas = Object.assign(document.createElement("canvas"), { width, height });
  const pen = canvas.getContext("2d", { willReadFrequently: true });
  const view = Math.random().toString(36).slice(2); // another window may show the same camera
  let camera, opening = false, count = 0, shown = 0, since = 0, late;

  const say = (sentence) => (status.textContent = sentence);
  const name = () => (button.textContent = camera ? "Stop the camera" : model.get("description"));
  button.className = "jupyter-widgets jupyter-button explorer-tool";
  status.setAttribute("role", "status");

  async function begin() {
    if (opening) return;
    opening = true;
    say("");
    const sample = await createImageBitmap(new Blob([model.get("sample")]));
    const opened = await openCamera(sample, say);
    opening = false;
    if (signal.aborted) return opened.end(); // the output was cleared while somebody was asked for leave
    camera = opened;
    [shown, since] = [0, performance.now()];
    name();
    next();
  }

  function end() {
    if (!camera) return;
    camera.end();
    camera = undefined;
    clearTimeout(late);
    name();
    pace.textContent = "";
    model.send({ event: "ended" });
  }

  // Takes a picture when the page is drawn next, which a hidden page is not.
  const next = () =>
    requestAnimationFrame(async () => {
      const own = camera;
      if (!own) return;
      const [source, wide, high] = own.frame();
      if (!wide) return next(); // its first picture has not come yet
      drawMiddle(pen, source, wide, high);
      const blob = await new Promise((done) => canvas.toBlob(done, "image/jpeg", QUALITY));
      const bytes = await blob.arrayBuffer();
      if (camera !== own) return;
      model.send({ event: "frame", number: `${view} ${++count}` }, undefined, [bytes]);
      late = setTimeout(() => (pace.textContent = "the kernel is busy"), BUSY);
    });

  function answered() {
    if (!camera || model.get("answered") !== `${view} ${count}`) return;
    clearTimeout(late);
    shown++;
    const now = performance.now();
    if (now - since >= SECOND) {
      pace.textContent = `${((1000 * shown) / (now - since)).toFixed(0)} a second`;
      [shown, since] = [0, now];
    }
    next();
  }

  function pressed(event) {
    const key = event.key.toLowerCase(), writes = event.target.isContentEditable || event.target.matches?.("input, textarea");
    if (!KEYS.includes(key) || writes || event.ctrlKey || event.metaKey || event.altKey) return;
    if (!el.closest(".explorer")?.contains(event.target)) return;
    event.preventDefault();
    event.stopPropagation(); // else slides or JupyterLab would take it, too
    if (key === "q") end();
    else model.send({ event: "key", key });
  }

  button.addEventListener("click", () => (camera ? end() : begin()));
  window.addEventListener("keydown", pressed, { signal, capture: true });
  model.on("change:answered", answered);
  model.on("change:ended", end);
  model.on("comm_live_update", () => setTimeout(() => el.closest(".jupyter-widgets-disconnected") && end(), 100));
  // A click on the picture brings the keys here.
  requestAnimationFrame(() => el.closest(".explorer")?.setAttribute("tabindex", "-1"));
  name();
  const row = document.createElement("div");
  row.append(button, pace);
  el.classList.add("camera");
  el.append(row, status);
  return end;
}

export default { render };
