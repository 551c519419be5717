// The explorers of the page: each has controls, what it draws, and what a touch on the picture does.
//
// A control: { name, kind: "choice" | "range" | "class" | "button", words, ... }. draw(app) returns a frame as picture.js
// takes it; bars: rows beside the picture. What a network does runs in the engine; here is only a little arithmetic.

import { COLOURS, OPACITY } from "./colours.js";

export const SIDE = 448;

const whole = { left: 0, top: 0, width: SIDE, height: SIDE };
const percent = (share) => `${(100 * share).toFixed(share < 0.0995 ? 1 : 0)} %`;

// The places of the largest numbers, largest first.
export function largest(numbers, count) {
  return Array.from(numbers.keys()).sort((first, second) => numbers[second] - numbers[first]).slice(0, count);
}

// One channel of maps (rows x columns x channels) or the sum over channels of what `take` makes of each number.
function channelOf(maps, [rows, columns, channels], channel) {
  return Float32Array.from({ length: rows * columns }, (_, place) => maps[place * channels + channel]);
}

// A map as bytes: zero stays at the table's low end, the largest value at its high end.
function asHeat(map, rows, columns, table = "heat") {
  const top = map.reduce((most, value) => Math.max(most, value), 0) || 1;
  const maps = Uint8ClampedArray.from(map, (value) => Math.round((255 * Math.max(value, 0)) / top));
  return { maps, rows, columns, colours: COLOURS[table], channels: 1, channel: 0 };
}

// A map over the photo, and its colour bar from 0 to the largest value.
function overPhoto(app, map, rows, columns, key, most, opacity = OPACITY) {
  const ramp = Uint8ClampedArray.from({ length: SIDE - 14 }, (_, row) => 255 - (255 * row) / (SIDE - 15));
  const bar = { heat: "bar", maps: ramp, rows: SIDE - 14, columns: 1, channels: 1, channel: 0, colours: COLOURS.bar };
  const part = { ...whole, photo: app.photo.key, smooth: true, ...asHeat(map, rows, columns, "over"), heat: key, opacity };
  const places = [[SIDE - 8, "0"], [SIDE / 2, most(0.5)], [8, most(1)]];
  const words = places.map(([top, text]) => ({ left: SIDE + 30, top, words: text }));
  return { parts: [part, { ...bar, left: SIDE + 8, top: 7, width: 16, height: SIDE - 14, smooth: false }, ...words], width: SIDE + 90 };
}

// Grad-CAM (Selvaraju et al. 2017, eqs. 1 and 2): channels weighted by their mean gradient, summed, negative parts cut.
export function gradCam(maps, gradients, [rows, columns, channels]) {
  const weights = new Float32Array(channels);
  gradients.forEach((value, at) => (weights[at % channels] += value / (rows * columns)));
  return Float32Array.from({ length: rows * columns }, (_, place) => {
    let sum = 0;
    for (let channel = 0; channel < channels; channel++) sum += weights[channel] * maps[place * channels + channel];
    return Math.max(sum, 0);
  });
}

// Saliency (Simonyan et al. 2014, section 3): at each pixel the largest absolute gradient of the three colours.
export function saliency(gradient) {
  return Float32Array.from({ length: gradient.length / 3 }, (_, pixel) =>
    Math.max(...[0, 1, 2].map((colour) => Math.abs(gradient[3 * pixel + colour]))),
  );
}

// Half of a normal draw's two numbers, by Box and Muller; a generator with a seed (mulberry32), so that pictures repeat.
export function normal(seed) {
  const uniform = () => {
    seed = (seed + 0x6d2b79f5) | 0;
    let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
  return () => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
}

const layerControl = (first) => ({ name: "layer", kind: "choice", words: "layer", first });
const classControl = { name: "class", kind: "class", words: "class" };
const startButton = (words) => ({ name: "start", kind: "button", words });

const guesses = (app, probabilities) =>
  largest(probabilities, 5).map((place) => ({ words: app.network.classes[place], share: probabilities[place] }));

const says = {
  name: "says",
  title: "What it says",
  about: "The five likeliest of the 1000 classes that the network knows.",
  live: true,
  controls: [],
  async draw(app) {
    const { probabilities, milliseconds } = await app.engine.forward(app.network, app.photo.numbers);
    const bars = guesses(app, probabilities);
    const caption = `${app.network.title}: ${bars.map(({ words, share }) => `${words} ${percent(share)}`).join(", ")}.`;
    return { parts: [{ ...whole, photo: app.photo.key, smooth: true }], caption, bars, milliseconds };
  },
};

const THUMBS = 8, THUMB = SIDE / THUMBS;

const activations = {
  name: "activations",
  title: "Activations",
  about: "One channel of one layer. Touch a place: the eight channels that are strongest there stand below; touch one to see it large.",
  live: true,
  controls: [layerControl(4), { name: "channel", kind: "range", words: "channel", most: (app) => app.layer.shape[2] - 1 }],
  async draw(app) {
    const [rows, columns, channels] = app.layer.shape;
    const { maps, milliseconds } = await app.engine.forward(app.network, app.photo.numbers, [app.at]);
    const place = app.touched && Math.floor(app.touched.y * rows) * columns + Math.floor(app.touched.x * columns);
    const strength = new Float32Array(channels);
    if (place !== undefined) strength.set(maps[0].subarray(place * channels, (place + 1) * channels));
    else maps[0].forEach((value, at) => (strength[at % channels] += value / (rows * columns)));
    app.thumbs = largest(strength, THUMBS);
    const draw = (channel, box) => ({
      ...box, ...asHeat(channelOf(maps[0], app.layer.shape, channel), rows, columns, "viridis"), smooth: false,
      heat: `${app.photo.key} ${app.at} ${channel}`,
    });
    const parts = [draw(app.values.channel, whole)];
    app.thumbs.forEach((channel, at) => parts.push(draw(channel, { left: at * THUMB, top: SIDE, width: THUMB - 2, height: THUMB - 2 })));
    const where = place === undefined ? "on the mean" : `at row ${Math.floor(place / columns)}, column ${place % columns}`;
    const caption = `Channel ${app.values.channel} of ${channels} of ${app.layer.name}, ${rows} x ${columns} places; strongest ${where}: ${app.thumbs.join(", ")}.`;
    return { parts, height: SIDE + THUMB, caption, milliseconds };
  },
  touch(app, x, y) {
    if (y <= 1) return true;
    app.set("channel", app.thumbs[Math.min(Math.floor(x * THUMBS), app.thumbs.length - 1)]);
    return false;
  },
};

const cam = {
  name: "grad-cam",
  title: "Grad-CAM",
  about: "Where the evidence for a class lies, at any layer. At the last layer of maps it is the class activation map.",
  live: true,
  controls: [layerControl(-1), classControl, { name: "opacity", kind: "range", words: "opacity in %", first: Math.round(100 * OPACITY), most: () => 100 }],
  async draw(app) {
    const [rows, columns] = app.layer.shape;
    const { probabilities, maps, milliseconds } = await app.engine.forward(app.network, app.photo.numbers, [app.at]);
    const wanted = app.wanted(probabilities), options = { layers: [app.at] };
    const found = await app.engine.gradients(app.network, app.photo.numbers, { classes: wanted }, options);
    const heat = gradCam(maps[0], found.maps[0], app.layer.shape);
    const key = `${app.photo.key} ${app.at} ${wanted}`;
    const nothing = heat.some((value) => value > 0) ? "" : " No place speaks for it.";
    const caption = `Grad-CAM of ${app.network.classes[wanted]} (${percent(probabilities[wanted])}) at ${app.layer.name}, ${rows} x ${columns} places.${nothing}`;
    const top = Math.max(...heat), most = (share) => (share * top).toPrecision(2);
    const shown = overPhoto(app, heat, rows, columns, key, most, app.values.opacity / 100);
    return { ...shown, caption, milliseconds: milliseconds + found.milliseconds };
  },
};

// The photo with a grey square, its middle at a share of the sides.
function covered(app, x, y, size) {
  const numbers = app.photo.numbers.slice(), side = app.side;
  const first = (share) => Math.round(share * side - size / 2);
  for (let row = Math.max(first(y), 0); row < Math.min(first(y) + size, side); row++)
    for (let column = Math.max(first(x), 0); column < Math.min(first(x) + size, side); column++)
      numbers.fill(127.5, 3 * (row * side + column), 3 * (row * side + column + 1));
  return numbers;
}

const occlusion = {
  name: "occlusion",
  title: "Occlusion",
  about: "Drag a grey square over the photo and watch the bars. Start covers every place in turn (Zeiler and Fergus 2014).",
  controls: [classControl, { name: "size", kind: "range", words: "size of the square", first: 56, least: 16, most: () => 112 }, startButton("Cover every place")],
  async draw(app) {
    const before = (await app.engine.forward(app.network, app.photo.numbers)).probabilities;
    const { x, y } = app.touched ?? { x: 0.5, y: 0.5 }, numbers = covered(app, x, y, app.values.size);
    const { probabilities, milliseconds } = await app.engine.forward(app.network, numbers);
    const rows = new Set([app.wanted(before), ...largest(before, 3), ...largest(probabilities, 2)]);
    const bars = Array.from(rows, (place) => ({ words: app.network.classes[place], share: probabilities[place], before: before[place] }));
    const wanted = app.wanted(before), key = await app.keep(numbers);
    const caption = `With the square there ${app.network.classes[wanted]} gets ${percent(probabilities[wanted])}, without it ${percent(before[wanted])}.`;
    return { parts: [{ ...whole, photo: key, smooth: true }], caption, bars, milliseconds };
  },
  async *start(app) {
    const before = (await app.engine.forward(app.network, app.photo.numbers)).probabilities;
    const wanted = app.wanted(before), size = app.values.size, count = 14, heat = new Float32Array(count * count);
    for (let place = 0; place < count * count; place++) {
      const x = ((place % count) + 0.5) / count, y = (Math.floor(place / count) + 0.5) / count;
      const { probabilities } = await app.engine.forward(app.network, covered(app, x, y, size));
      heat[place] = before[wanted] - probabilities[wanted];
      if (place % count !== count - 1) { yield; continue; }
      const most = Math.max(...heat, 0), key = `${app.photo.key} occlusion ${place} ${size} ${wanted}`;
      const shown = overPhoto(app, heat, count, count, key, (share) => percent(share * most));
      yield { ...shown, caption: `What ${app.network.classes[wanted]} loses where the square lies: ${percent(most)} at most; ${place + 1} of ${count * count} places.` };
    }
  },
};

const receptive = {
  name: "receptive-field",
  title: "Receptive field",
  about: "Touch the photo: the frame is all that the unit of this layer at this place can see.",
  live: true,
  controls: [layerControl(8)],
  async draw(app) {
    const [rows, columns, channels] = app.layer.shape, { x, y } = app.touched ?? { x: 0.5, y: 0.5 };
    const row = Math.floor(y * rows), column = Math.floor(x * columns), field = app.layer.field;
    const { maps, milliseconds } = await app.engine.forward(app.network, app.photo.numbers, [app.at]);
    const own = maps[0].subarray((row * columns + column) * channels, (row * columns + column + 1) * channels);
    const [top, left] = [row, column].map((place, axis) => field.start[axis] + place * field.stride[axis]);
    const key = await app.keep(app.photo.numbers, (pen, scale) => {
      pen.fillStyle = "rgba(0, 0, 0, 0.45)";
      const box = [left * scale, top * scale, field.size[1] * scale, field.size[0] * scale];
      pen.beginPath();
      pen.rect(0, 0, SIDE, SIDE);
      pen.rect(...box);
      pen.fill("evenodd");
      pen.lineWidth = 3;
      pen.strokeStyle = "white";
      pen.strokeRect(...box);
    });
    const caption = `The unit at row ${row}, column ${column} of ${app.layer.name} sees ${field.size[0]} x ${field.size[1]} pixels; its strongest channel there is ${largest(own, 1)[0]}.`;
    return { parts: [{ ...whole, photo: key, smooth: true }], caption, milliseconds };
  },
};

const KINDS = ["gradient", "SmoothGrad", "guided backpropagation"];

const pixels = {
  name: "saliency",
  title: "Saliency",
  about: "Which pixels move the score of a class most: its gradient, the mean over noisy copies, or only what speaks for it at every ReLU.",
  controls: [{ name: "kind", kind: "choice", words: "method", options: KINDS }, classControl],
  async *start(app) {
    const kind = KINDS[app.values.kind], { probabilities } = await app.engine.forward(app.network, app.photo.numbers);
    const wanted = app.wanted(probabilities), draws = kind === "SmoothGrad" ? 16 : 1, noise = normal(0);
    const sum = new Float32Array(app.photo.numbers.length);
    for (let draw = 1; draw <= draws; draw++) {
      const picture = draws > 1 ? app.photo.numbers.map((value) => value + 25.5 * noise()) : app.photo.numbers;
      const found = await app.engine.gradients(app.network, picture, { classes: wanted }, { guided: kind === KINDS[2] });
      found.picture.forEach((value, at) => (sum[at] += value));
      const map = saliency(sum), ordered = Float32Array.from(map).sort(), cut = ordered[Math.floor(0.995 * ordered.length)];
      const part = { ...whole, ...asHeat(map.map((value) => Math.min(value, cut)), app.side, app.side), smooth: true };
      const words = draws > 1 ? `, mean of ${draw} noisy copies` : "";
      yield { parts: [{ ...part, heat: `${app.photo.key} ${kind} ${wanted} ${draw}` }], caption: `${kind} of ${app.network.classes[wanted]}${words}: light pixels move its score most.`, milliseconds: found.milliseconds };
    }
  },
  starts: true,
};

// Numbers moved by some rows and columns; what leaves on one side comes in on the other.
function rolled(numbers, side, down, right) {
  const made = new Float32Array(numbers.length);
  for (let row = 0; row < side; row++)
    for (let column = 0; column < side; column++) {
      const from = 3 * (row * side + column), to = 3 * (((row + down + side) % side) * side + ((column + right + side) % side));
      for (let colour = 0; colour < 3; colour++) made[to + colour] = numbers[from + colour];
    }
  return made;
}

// Each number a little nearer to the mean of its four neighbours.
function smoothed(numbers, side, share) {
  const made = numbers.slice(), at = (row, column) => 3 * (Math.min(Math.max(row, 0), side - 1) * side + Math.min(Math.max(column, 0), side - 1));
  for (let row = 0; row < side; row++)
    for (let column = 0; column < side; column++)
      for (let colour = 0; colour < 3; colour++) {
        const around = [at(row - 1, column), at(row + 1, column), at(row, column - 1), at(row, column + 1)];
        const mean = around.reduce((sum, place) => sum + numbers[place + colour], 0) / 4;
        made[at(row, column) + colour] += share * (mean - made[at(row, column) + colour]);
      }
  return made;
}

// Steps of ascent on an objective, each on a picture that is moved about; yields a frame after each.
async function* ascend(app, numbers, objective, { steps, size, smooth, words }) {
  const random = normal(1), reach = 8, move = () => Math.max(-reach, Math.min(reach, Math.round(4 * random())));
  for (let step = 1; step <= steps; step++) {
    const [down, right] = [move(), move()], moved = rolled(numbers, app.side, down, right);
    const { picture, milliseconds } = await app.engine.gradients(app.network, moved, objective);
    const mean = Math.sqrt(picture.reduce((sum, value) => sum + value * value, 0) / picture.length) || 1;
    const grown = moved.map((value, at) => Math.max(0, Math.min(255, value + (size * picture[at]) / mean)));
    numbers = rolled(smoothed(grown, app.side, smooth), app.side, -down, -right);
    yield { parts: [{ ...whole, photo: await app.keep(numbers), smooth: true }], caption: `${words}: step ${step} of ${steps}.`, milliseconds };
  }
}

const filters = {
  name: "filters",
  title: "What a filter likes",
  about: "From grey noise, step by step, to a picture that excites one channel of one layer (Erhan et al. 2009).",
  controls: [layerControl(12), { name: "channel", kind: "range", words: "channel", most: (app) => app.layer.shape[2] - 1 }, startButton("Paint")],
  async *start(app) {
    const noise = normal(app.values.channel), numbers = Float32Array.from({ length: 3 * app.side ** 2 }, () => 127.5 + 8 * noise());
    const words = `Channel ${app.values.channel} of ${app.layer.name}`;
    yield* ascend(app, numbers, { channels: [app.at, app.values.channel] }, { steps: 60, size: 6, smooth: 0.15, words });
  },
};

const dream = {
  name: "deepdream",
  title: "DeepDream",
  about: "The photo itself climbs: a layer amplifies whatever it finds in it (Mordvintsev et al. 2015). One size only; notebook 9 has octaves.",
  controls: [layerControl(20), { name: "steps", kind: "range", words: "steps", first: 30, least: 5, most: () => 60 }, startButton("Dream")],
  async *start(app) {
    yield* ascend(app, app.photo.numbers, { squares: app.at }, { steps: app.values.steps, size: 3, smooth: 0.05, words: `A dream of ${app.layer.name}` });
  },
};

export const VIEWS = [says, activations, cam, occlusion, receptive, pixels, filters, dream];
