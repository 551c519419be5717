// A place to drop a photo on, or to choose one with the keyboard. The file goes to the kernel in parts, because the
// server refuses messages above 10 MB. Nothing leaves this machine.
const PART = 1 << 20;

async function send(model, file) {
  const content = await file.arrayBuffer();
  const parts = Math.max(1, Math.ceil(content.byteLength / PART));
  for (let part = 0; part < parts; part++) {
    const slice = content.slice(part * PART, (part + 1) * PART);
    model.send({ name: file.name, part, parts }, undefined, [slice]);
  }
}

function render({ model, el }) {
  const label = document.createElement("label");
  label.className = "photo-drop";
  label.title = model.get("tooltip");
  const words = document.createElement("span");
  words.textContent = model.get("description");
  const input = document.createElement("input");
  input.type = "file";
  input.accept = "image/*,.tif,.tiff,.heic";
  input.addEventListener("change", () => {
    if (input.files.length) send(model, input.files[0]);
    input.value = "";
  });
  for (const kind of ["dragenter", "dragover"])
    label.addEventListener(kind, (event) => {
      event.preventDefault();
      label.classList.add("over");
    });
  for (const kind of ["dragleave", "drop"]) label.addEventListener(kind, () => label.classList.remove("over"));
  label.addEventListener("drop", (event) => {
    event.preventDefault();
    event.stopPropagation(); // JupyterLab would open the file in a tab of its own
    if (event.dataTransfer.files.length) send(model, event.dataTransfer.files[0]);
  });
  label.append(words, input);
  el.append(label);
}

export default { render };
