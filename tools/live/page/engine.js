// The page's side of the engine: unpacks what lies beside the page as scripts, and asks the worker.

// A page from a stick may not fetch files: each file is a script that sets one entry of `courseFiles` to base64 of gzip.
async function file(name) {
  const files = (window.courseFiles ??= {});
  if (!(name in files)) {
    await new Promise((done, failed) => {
      const script = document.createElement("script");
      script.src = `live/${name}.js`;
      script.onload = done;
      script.onerror = () => failed(new Error(`live/${name}.js is missing beside this page`));
      document.head.append(script);
    });
  }
  const packed = Uint8Array.from(atob(files[name]), (letter) => letter.charCodeAt(0));
  delete files[name]; // it stands in memory twice otherwise
  return new Response(new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"))).arrayBuffer();
}

export class Engine {
  // progress: called with a sentence about what is being loaded.
  constructor(progress = () => {}) {
    this.progress = progress;
    this.waiting = new Map();
    this.opened = new Map();
    this.number = 0;
  }

  // What this browser lacks, as a sentence; empty where nothing is missing.
  static missing() {
    const parts = { WebAssembly: "WebAssembly", Worker: "workers", DecompressionStream: "DecompressionStream" };
    const lacking = Object.keys(parts).filter((name) => !(name in window));
    return lacking.length ? `This browser has no ${lacking.map((name) => parts[name]).join(", ")}: take a newer one.` : "";
  }

  start() {
    this.started ??= this.begin().catch((error) => {
      this.started = undefined;
      throw error;
    });
    return this.started;
  }

  async begin() {
    this.progress("Loading the engine (4 MB) ...");
    const [wasm, loader, text] = await Promise.all(["wasm", "loader", "worker"].map(file));
    const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
    this.worker = new Worker(address);
    this.worker.onmessage = ({ data }) => {
      const { done, failed } = this.waiting.get(data.number);
      this.waiting.delete(data.number);
      data.error ? failed(new Error(data.error)) : done(data);
    };
    this.worker.onerror = (event) => {
      for (const { failed } of this.waiting.values()) failed(new Error(event.message));
      this.waiting.clear();
    };
    await this.ask({ task: "start", wasm, loader: new TextDecoder().decode(loader) }, [wasm]);
    URL.revokeObjectURL(address);
  }

  ask(message, transfer = []) {
    const number = ++this.number;
    return new Promise((done, failed) => {
      this.waiting.set(number, { done, failed });
      this.worker.postMessage({ ...message, number }, transfer);
    });
  }

  // Opens a network's model once; kind: "forward" or "gradients".
  open(network, kind) {
    const name = `${network}-${kind}`;
    if (!this.opened.has(name)) {
      const opening = this.start().then(async () => {
        this.progress(`Loading ${network}${kind === "gradients" ? ", its gradients" : ""} ...`);
        const content = await file(name);
        await this.ask({ task: "open", name, content }, [content]);
        this.progress("");
      });
      opening.catch(() => this.opened.delete(name));
      this.opened.set(name, opening);
    }
    return this.opened.get(name);
  }

  // Probabilities and the maps of some layers, by their place in the list of layers.
  async forward(network, picture, layers = []) {
    await this.open(network.name, "forward");
    const wanted = [0, ...layers.map((layer) => layer + 1)];
    const { outputs, milliseconds } = await this.ask({ task: "run", name: `${network.name}-forward`, inputs: [picture], wanted });
    return { probabilities: outputs[0], maps: outputs.slice(1), milliseconds };
  }

  // The gradients of an objective with respect to the picture and to the maps of some layers.
  // objective: {channels: [layer, channel], squares: layer, classes: class}, one of them; guided: guided backpropagation.
  async gradients(network, picture, objective, { layers = [], guided = false } = {}) {
    await this.open(network.name, "gradients");
    const widths = network.layers.map((layer) => layer.shape.at(-1));
    const before = (layer) => widths.slice(0, layer).reduce((sum, width) => sum + width, 0);
    const channels = new Float32Array(before(widths.length));
    const squares = new Float32Array(widths.length);
    const classes = new Float32Array(network.classes.length);
    if (objective.channels) channels[before(objective.channels[0]) + objective.channels[1]] = 1;
    if (objective.squares !== undefined) squares[objective.squares] = 1;
    if (objective.classes !== undefined) classes[objective.classes] = 1;
    const inputs = [picture, channels, squares, classes, Float32Array.of(guided ? 1 : 0)];
    const wanted = [0, 1, ...layers.map((layer) => layer + 2)];
    const { outputs, milliseconds } = await this.ask({ task: "run", name: `${network.name}-gradients`, inputs, wanted });
    return { logits: outputs[0], picture: outputs[1], maps: outputs.slice(2), milliseconds };
  }
}
