// The picture of an explorer: a canvas, its words, and two buttons that save the picture and copy its call. It is handed
// frames and knows nothing of where they come from: a notebook's kernel, or an engine in the page itself.
//
// A frame: { width, height, caption, code, state, took, parts }. A part lies at left, top with width and height; it has
// a `photo` (the key of a packed picture), or `heat` (the key of maps: channels x rows x columns, each byte a place in
// `colours`, 256 x RGBA), or both: the map over the photo in grey, `opacity` of it where the map is hottest, less
// elsewhere. Or it has `words`, which are written from there on. `smooth`: how what is small is enlarged. `label`:
// words written on it. `follows`: "opacity" or "channel" -> the name of the control that `set` tells of.

const SHADE = 171; // of 255, what is left of a photo's light under a heat map, as in Python's style sheet

const element = (kind, name, more = {}) => Object.assign(document.createElement(kind), { className: name, ...more });

const bytesOf = (view) => new Uint8ClampedArray(view.buffer ?? view, view.byteOffset ?? 0, view.byteLength);

// For each pixel of a side: the two places of the map between which it lies, and how near it is to the second.
function between(places, pixels) {
  const found = { low: new Int32Array(pixels), high: new Int32Array(pixels), share: new Float32Array(pixels) };
  for (let at = 0; at < pixels; at++) {
    const exact = Math.min(Math.max(((at + 0.5) * places) / pixels - 0.5, 0), places - 1);
    found.low[at] = Math.floor(exact);
    found.high[at] = Math.min(found.low[at] + 1, places - 1);
    found.share[at] = exact - found.low[at];
  }
  return found;
}

// A heat map in colours, enlarged in its numbers, not in its colours: mixed colours would be in no table.
function coloured({ maps, rows, columns, colours, width, height, smooth, photo }, channel) {
  const table = bytesOf(colours), plain = !smooth && !photo, size = rows * columns;
  const places = bytesOf(maps).subarray(channel * size, (channel + 1) * size);
  const [wide, high] = plain ? [columns, rows] : [width, height];
  const across = between(columns, wide), down = between(rows, high), made = new ImageData(wide, high);
  for (let y = 0, to = 0; y < high; y++) {
    const above = down.low[y] * columns, below = down.high[y] * columns, lower = down.share[y];
    for (let x = 0; x < wide; x++, to += 4) {
      const left = across.low[x], right = across.high[x], share = across.share[x];
      const upper = places[above + left] + share * (places[above + right] - places[above + left]);
      const under = places[below + left] + share * (places[below + right] - places[below + left]);
      const from = 4 * Math.round(upper + lower * (under - upper));
      made.data[to] = table[from];
      made.data[to + 1] = table[from + 1];
      made.data[to + 2] = table[from + 2];
      made.data[to + 3] = table[from + 3];
    }
  }
  const canvas = element("canvas", "", { width: wide, height: high });
  canvas.getContext("2d").putImageData(made, 0, 0);
  return canvas;
}

// Words at the upper left of a part, white with a dark edge, squeezed where they are too long.
function writeOn(pen, { label, left, top, width }) {
  Object.assign(pen, { font: "bold 18px sans-serif", textBaseline: "middle", lineJoin: "round", lineWidth: 5 });
  [pen.strokeStyle, pen.fillStyle] = ["rgba(0, 0, 0, 0.8)", "white"];
  pen.strokeText(label, left + 8, top + 14, width - 16);
  pen.fillText(label, left + 8, top + 14, width - 16);
}

// What is drawn in a box so far becomes grey and darker.
function shade(pen, ...box) {
  for (const [how, light] of [["color", 128], ["multiply", SHADE]]) {
    pen.globalCompositeOperation = how;
    pen.fillStyle = `rgb(${light}, ${light}, ${light})`;
    pen.fillRect(...box);
  }
  pen.globalCompositeOperation = "source-over";
}

function letter(pen, words, left, top) {
  pen.fillStyle = "black";
  pen.font = "15px sans-serif";
  pen.textBaseline = "middle";
  pen.fillText(words, left, top);
}

function toolButton(words, tooltip, act) {
  const made = element("button", "jupyter-widgets jupyter-button explorer-tool", { textContent: words, title: tooltip });
  made.type = "button";
  made.addEventListener("click", () => act(made));
  return made;
}

// Puts an empty picture into a place of the page and returns what can be done with it.
function makePicture(place) {
  const canvas = element("canvas", "explorer-picture", { width: 1, height: 1 });
  canvas.setAttribute("role", "img");
  const caption = element("span", "explorer-caption"), took = element("small", ""), code = element("code", "");
  caption.setAttribute("aria-live", "polite");
  const words = element("p", "explorer-words");
  words.append(caption, " ", took, code);
  // Decoded photos and coloured maps by key, values of controls by name.
  const images = new Map(), chosen = new Map();
  let heats = new Map();
  let shown, waiting, painting = false, count = 0;

  function draw() {
    if (!shown) return;
    const pen = canvas.getContext("2d"), kept = new Map();
    if (canvas.width !== shown.width || canvas.height !== shown.height)
      [canvas.width, canvas.height] = [shown.width, shown.height];
    pen.fillStyle = "white";
    pen.fillRect(0, 0, canvas.width, canvas.height);
    for (const part of shown.parts) {
      const { left, top, width, height, photo, smooth, follows, label } = part;
      pen.imageSmoothingEnabled = smooth;
      if (photo) pen.drawImage(images.get(photo), left, top, width, height);
      if (part.heat) {
        const asked = chosen.get(follows?.channel) ?? part.channel;
        const channel = part.channels > 1 ? Math.min(asked, part.channels - 1) : 0;
        const key = `${part.heat} ${channel} ${width} ${height}`;
        const heat = heats.get(key) ?? coloured(part, channel);
        kept.set(key, heat);
        const opacity = photo ? chosen.get(follows?.opacity) ?? part.opacity : 1;
        if (photo && opacity > 0) shade(pen, left, top, width, height);
        pen.globalAlpha = opacity;
        pen.drawImage(heat, left, top, width, height);
        pen.globalAlpha = 1;
      }
      if (part.words) letter(pen, part.words, left, top);
      if (label) writeOn(pen, part);
    }
    heats = kept;
    canvas.dataset.frame = ++count; // what tests and measurements wait for
  }

  // The newest frame wins: what comes while photos are being unpacked replaces what waits.
  async function show(frame, pieces) {
    waiting = { frame, pieces };
    if (painting) return;
    painting = true;
    while (waiting) {
      const next = waiting;
      waiting = undefined;
      const needed = new Set(next.frame.parts.map((part) => part.photo).filter(Boolean));
      const missing = [...needed].filter((key) => !images.has(key) && next.pieces[key]);
      try {
        const made = await Promise.all(missing.map((key) => createImageBitmap(new Blob([next.pieces[key]]))));
        missing.forEach((key, at) => images.set(key, made[at]));
      } catch (error) {
        console.warn("a picture cannot be unpacked", error);
      }
      if (![...needed].every((key) => images.has(key))) continue; // its photos come with the next message
      shown = { ...next.frame, parts: next.frame.parts.map((part) => ({ ...part, maps: next.pieces[part.heat] })) };
      draw();
      for (const [key, image] of images)
        if (!needed.has(key)) {
          image.close();
          images.delete(key);
        }
      write(next.frame);
    }
    painting = false;
  }

  function write(frame) {
    if (caption.textContent !== frame.caption) caption.textContent = frame.caption;
    canvas.setAttribute("aria-label", frame.caption);
    took.textContent = frame.took ? `(${frame.took})` : "";
    code.textContent = frame.code ?? "";
  }

  function save() {
    canvas.toBlob((blob) => {
      const link = element("a", "", { href: URL.createObjectURL(blob) });
      link.download = `${caption.textContent.replace(/[^\w]+/g, "_").slice(0, 60)}.png`;
      link.click();
      setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
    }, "image/png");
  }

  async function copy(made) {
    await navigator.clipboard.writeText([shown?.code, shown?.state].filter(Boolean).join("\n"));
    made.textContent = "Copied";
    setTimeout(() => (made.textContent = "Copy code"), 1500);
  }

  const tools = element("div", "explorer-tools");
  const status = element("span", "explorer-status");
  status.setAttribute("role", "status");
  tools.append(
    toolButton("Save picture", "Save this picture as a PNG file", save),
    toolButton("Copy code", "Copy the call of this picture, and one that opens the explorer like this", copy),
    status,
  );
  place.append(canvas, words, tools);
  return {
    show,
    // A control that frames may follow has a new value.
    set(name, value) {
      chosen.set(name, value);
      if (shown?.parts.some((part) => part.follows && Object.values(part.follows).includes(name))) draw();
    },
    // One sentence beside the buttons, heard by screen readers; with an action, a button to do it.
    say(sentence, label = "", act = () => {}) {
      status.replaceChildren(sentence, ...(label ? [toolButton(label, label, act)] : []));
    },
    // While many pictures follow each other, only the last one is read out.
    hush: (working) => caption.setAttribute("aria-busy", String(working)),
    fade: (old) => place.classList.toggle("explorer-old", old),
  };
}
