// The engine: LiteRT in a worker, so that the page never waits for it. It is handed everything and fetches nothing.
import { loadAndCompile, loadLiteRt, Tensor } from "@litertjs/core";

const models = new Map();

// wasm: the engine's bytes; loader: its script's text.
async function start({ wasm, loader }) {
  self.Module = { wasmBinary: wasm };
  const address = URL.createObjectURL(new Blob([loader], { type: "text/javascript" }));
  await loadLiteRt(`${address}#loader.js`); // the engine wants an address that ends in .js
  URL.revokeObjectURL(address);
}

async function open({ name, content }) {
  const model = await loadAndCompile(new Uint8Array(content), { accelerator: "wasm" });
  const number = (output) => Number(output.name.split("_")[1] ?? 0); // Identity, Identity_1, Identity_2 ...
  const places = model.getOutputDetails().map((output, place) => ({ number: number(output), place }));
  places.sort((first, second) => first.number - second.number);
  const shapes = model.getInputDetails().map((input) => Array.from(input.shape));
  models.set(name, { model, places: places.map(({ place }) => place), shapes });
}

function close({ name }) {
  models.get(name)?.model.delete();
  models.delete(name);
}

// wanted: the numbers of the outputs that are needed; the others are not copied.
async function run({ name, inputs, wanted }) {
  const { model, places, shapes } = models.get(name);
  const given = inputs.map((numbers, place) => new Tensor(numbers, shapes[place]));
  const began = performance.now();
  const found = await model.run(given);
  const milliseconds = performance.now() - began;
  const outputs = wanted.map((number) => found[places[number]].toTypedArray().slice());
  for (const tensor of [...given, ...found]) tensor.delete();
  return { outputs, milliseconds };
}

const TASKS = { start, open, close, run };

self.onmessage = async ({ data }) => {
  try {
    const answer = (await TASKS[data.task](data)) ?? {};
    self.postMessage({ number: data.number, ...answer }, (answer.outputs ?? []).map((one) => one.buffer));
  } catch (error) {
    self.postMessage({ number: data.number, error: String(error?.message ?? error) });
  }
};
