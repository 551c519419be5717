// The page that sees: photo or camera in, one of the explorers' pictures out. Everything stays in the page.

import { drawMiddle, openCamera } from "./camera.js";
import { makePicture } from "./picture.js";
import { Engine } from "./engine.js";
import { SIDE, VIEWS, largest } from "./views.js";

const element = (kind, more = {}) => Object.assign(document.createElement(kind), more);
const find = (name) => document.getElementById(name);
const facts = JSON.parse(find("facts").textContent);

const picture = makePicture(find("picture"));
const engine = new Engine((sentence) => picture.say(sentence));
const app = { engine, values: {}, network: facts.networks[0], side: facts.side, pieces: {}, chosen: undefined };
let view, count = 0, working = false, again = false, turn = 0, camera;

// ---- photos --------------------------------------------------------------------------------------------------------------

const small = element("canvas", { width: app.side, height: app.side }), large = element("canvas", { width: SIDE, height: SIDE });
const pens = new Map([small, large].map((canvas) => [canvas, canvas.getContext("2d", { willReadFrequently: true })]));
for (const pen of pens.values()) pen.imageSmoothingQuality = "high";

const packed = (canvas) => new Promise((done) => canvas.toBlob(done, "image/jpeg", 0.95));

// Takes the middle square of an image, video or canvas as the photo.
async function take(source, width, height) {
  for (const pen of pens.values()) drawMiddle(pen, source, width, height);
  const { data } = pens.get(small).getImageData(0, 0, app.side, app.side);
  const numbers = new Float32Array((data.length / 4) * 3);
  for (let pixel = 0; pixel < data.length / 4; pixel++)
    for (let colour = 0; colour < 3; colour++) numbers[3 * pixel + colour] = data[4 * pixel + colour];
  await use(numbers, await packed(large));
}

async function use(numbers, blob) {
  app.photo = { key: `photo ${++count}`, numbers, blob };
  app.pieces = { [app.photo.key]: app.photo.blob };
}

// Packs numbers (side x side x 3) as a picture of their own, drawn on if wanted; returns its key.
app.keep = async (numbers, paint) => {
  const image = new ImageData(app.side, app.side);
  for (let pixel = 0; pixel < app.side ** 2; pixel++) {
    for (let colour = 0; colour < 3; colour++) image.data[4 * pixel + colour] = numbers[3 * pixel + colour];
    image.data[4 * pixel + 3] = 255;
  }
  pens.get(small).putImageData(image, 0, 0);
  const pen = pens.get(large), key = `kept ${++count}`;
  pen.drawImage(small, 0, 0, SIDE, SIDE);
  paint?.(pen, SIDE / app.side);
  app.pieces[key] = await packed(large);
  return key;
};

async function choose(file) {
  endCamera();
  try {
    const image = await createImageBitmap(file); // a huge photo needs much memory: the browser may refuse
    await take(image, image.width, image.height);
    image.close();
    app.touched = undefined;
    work();
  } catch {
    picture.say(`${file.name || "This"} is no picture that this browser can read: take a JPEG or PNG.`);
  }
}

// ---- camera --------------------------------------------------------------------------------------------------------------

async function beginCamera() {
  const opened = await openCamera(find("samples").querySelector("img"), (sentence) => picture.say(sentence));
  endCamera(); // one that was asked for meanwhile
  camera = opened;
  find("camera").textContent = "Stop the camera";
  work();
}

function endCamera() {
  camera?.end();
  camera = undefined;
  find("camera").textContent = "Camera";
}

// ---- work: the newest wish wins, and nothing queues ------------------------------------------------------------------------

function show(frame) {
  const { parts, bars = [], milliseconds = 0 } = frame, pieces = { ...app.pieces };
  for (const part of parts) if (part.maps) pieces[part.heat] = part.maps;
  const used = new Set(parts.map((part) => part.photo));
  for (const key of Object.keys(app.pieces)) if (!used.has(key) && key !== app.photo.key) delete app.pieces[key];
  const took = milliseconds ? `${Math.round(milliseconds)} ms` : "";
  picture.show({ width: SIDE, height: SIDE, follows: {}, took, ...frame }, pieces);
  find("bars").replaceChildren(...bars.map(bar));
}

function bar({ words, share, before }) {
  const row = element("li"), length = element("i");
  length.style.width = `${100 * share}%`;
  if (before !== undefined) {
    const old = element("i", { className: "before" });
    old.style.width = `${100 * before}%`;
    row.append(old);
  }
  row.append(length, element("span", { textContent: `${words} ${(100 * share).toFixed(1)} %` }));
  return row;
}

async function work() {
  turn++;
  again = true;
  if (working) return;
  working = true;
  while (again) {
    again = false;
    const own = turn;
    try {
      if (camera) await take(...camera.frame());
      if (view.starts && !camera) await run(own);
      else if (view.draw) show(await view.draw(app));
      else if (app.photo) show(app.resting());
    } catch (error) {
      picture.say(`This did not work: ${error.message}`);
      endCamera();
    }
    if (camera && view.live) {
      again = true;
      await new Promise(requestAnimationFrame);
    }
  }
  working = false;
}

app.resting = () => ({
  parts: [{ left: 0, top: 0, width: SIDE, height: SIDE, photo: app.photo.key, smooth: true }],
  caption: view.about,
});

// Runs what takes many steps; ends when anything else is wished for.
async function run(own) {
  const stop = find("stop");
  stop.hidden = false;
  try {
    for await (const frame of view.start(app)) {
      if (own !== turn) return;
      if (frame) show(frame);
      await new Promise((done) => setTimeout(done));
    }
  } finally {
    stop.hidden = true;
  }
}

async function start() {
  const own = ++turn;
  endCamera();
  while (working) await new Promise((done) => setTimeout(done, 20));
  working = true;
  try {
    await run(own);
  } catch (error) {
    picture.say(`This did not work: ${error.message}`);
  }
  working = false;
  if (again) work();
}

// ---- controls, made from each view's own description -------------------------------------------------------------------------

app.wanted = (probabilities) => app.chosen ?? largest(probabilities, 1)[0];
app.set = (name, value) => {
  const control = find(`control-${name}`);
  if (control) control.value = value;
  if (control?.type === "range") control.nextElementSibling.textContent = value;
  app.values[name] = value;
  if (name === "layer") setLayer(value);
};

function setLayer(at) {
  const last = app.network.layers.length - 1;
  app.at = Math.min(at < 0 ? last + 1 + at : at, last);
  app.layer = app.network.layers[app.at];
  const channel = find("control-channel");
  if (channel) {
    channel.max = app.layer.shape[2] - 1;
    if (app.values.channel > channel.max) app.set("channel", 0);
  }
  app.touched = undefined;
}

function control(described) {
  const { name, kind, words } = described, id = `control-${name}`;
  if (kind === "button") return element("button", { id, textContent: words, onclick: start });
  const label = element("label", { textContent: words, htmlFor: id }), row = element("div", { className: "row" });
  const input = kind === "choice" ? element("select", { id }) : element("input", { id });
  if (kind === "choice") {
    const options = described.options ?? app.network.layers.map(({ name, shape }) => `${name} (${shape.join(" x ")})`);
    input.append(...options.map((text, at) => element("option", { value: at, textContent: text })));
  }
  if (kind === "range") Object.assign(input, { type: "range", min: described.least ?? 0, max: described.most(app) });
  if (kind === "class") Object.assign(input, { type: "text", placeholder: "the likeliest" }), input.setAttribute("list", "classes");
  const readout = element("output", { htmlFor: id });
  input.addEventListener(kind === "class" ? "change" : "input", () => {
    if (kind === "class") {
      const place = app.network.classes.indexOf(input.value.trim());
      app.chosen = place < 0 ? undefined : place;
      if (place < 0 && input.value.trim()) picture.say(`No class is called ${input.value.trim()}: choose one of the list.`);
      else picture.say("");
    } else app.set(name, Number(input.value));
    work();
  });
  row.append(label, input, readout);
  return row;
}

function open(name) {
  view = VIEWS.find((one) => one.name === name) ?? VIEWS[0];
  for (const tab of find("views").querySelectorAll("button")) tab.setAttribute("aria-pressed", tab.value === view.name);
  find("about").textContent = view.about;
  app.values = {};
  app.touched = app.chosen = undefined;
  setLayer(view.controls.find(({ name }) => name === "layer")?.first ?? 0);
  find("controls").replaceChildren(...view.controls.map(control));
  for (const { name, kind, first = 0 } of view.controls)
    if (kind === "choice" || kind === "range") app.set(name, name === "layer" ? app.at : first);
  history.replaceState(null, "", `#${view.name}`);
  work();
}

function touch(event) {
  const canvas = find("picture").querySelector("canvas"), box = canvas.getBoundingClientRect();
  const side = (box.width * SIDE) / canvas.width; // of the photo; beside it there may be a colour bar
  const x = (event.clientX - box.left) / side, y = (event.clientY - box.top) / side;
  if (view.touch && !view.touch(app, x, y)) return work();
  if (x < 0 || x >= 1 || y < 0 || y >= 1) return;
  app.touched = { x, y };
  work();
}

function begin() {
  document.body.classList.toggle("alone", location.search === "?alone"); // one explorer, inside a notebook's page
  const lacking = Engine.missing();
  if (lacking) return picture.say(lacking);
  find("network").append(...facts.networks.map(({ title, megabytes }, at) => element("option", { value: at, textContent: `${title}, ${megabytes} MB` })));
  find("network").addEventListener("change", ({ target }) => {
    app.network = facts.networks[target.value];
    open(view.name);
  });
  find("classes").append(...app.network.classes.map((value) => element("option", { value })));
  find("views").append(...VIEWS.map(({ name, title }) => element("button", { value: name, textContent: title, onclick: () => open(name) })));
  find("file").addEventListener("change", ({ target }) => target.files[0] && choose(target.files[0]));
  find("camera").addEventListener("click", () => (camera ? endCamera() : beginCamera()));
  find("stop").addEventListener("click", () => turn++);
  for (const kind of ["dragover", "drop"])
    document.addEventListener(kind, (event) => {
      event.preventDefault();
      if (kind === "drop" && event.dataTransfer.files[0]) choose(event.dataTransfer.files[0]);
    });
  const canvas = find("picture").querySelector("canvas");
  canvas.addEventListener("pointerdown", (event) => (canvas.setPointerCapture(event.pointerId), touch(event)));
  canvas.addEventListener("pointermove", (event) => event.buttons && touch(event));
  const samples = Array.from(find("samples").querySelectorAll("img"));
  const sample = async (image) => {
    endCamera();
    await image.decode();
    await take(image, image.naturalWidth, image.naturalHeight);
    app.touched = undefined;
    work();
  };
  for (const image of samples) image.closest("button").addEventListener("click", () => sample(image));
  samples[0].decode().then(async () => {
    await take(samples[0], samples[0].naturalWidth, samples[0].naturalHeight);
    open(location.hash.slice(1));
  });
  if (location.protocol.startsWith("http")) navigator.serviceWorker?.register("live_offline.js").catch(() => {});
  window.live = { app, engine, facts, use, open, work }; // for tests, and for who likes to look
}

begin();
