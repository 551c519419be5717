// A place to drop a photo on, or to choose one with the keyboard. The file goes to the kernel in parts, because the
// server refuses messages above 10 MB; each part is read when its turn comes. Nothing leaves this machine.
const PART = 1 << 20;

// A function that sends files; a newer one ends the sending of an older one.
function sender(model) {
  let latest = 0;
  return async (file) => {
    const number = (latest = Math.random());
    const told = { file: number, name: file?.name ?? "", size: file?.size ?? 0, part: 0, parts: 0 };
    if (!file) return model.send({ ...told, problem: "nothing" });
    if (!file.size) return model.send({ ...told, problem: "empty" });
    if (file.size > model.get("most")) return model.send({ ...told, problem: "large" });
    const parts = Math.ceil(file.size / PART);
    try {
      for (let part = 0; part < parts && number === latest; part++) {
        const slice = await file.slice(part * PART, (part + 1) * PART).arrayBuffer();
        if (number === latest) model.send({ ...told, part, parts }, undefined, [slice]);
      }
    } catch {
      model.send({ ...told, problem: "unreadable" }); // a folder, or a file that is gone
    }
  };
}

function render({ model, el }) {
  const send = sender(model);
  const label = document.createElement("label");
  label.className = "photo-drop";
  label.title = model.get("tooltip");
  const words = document.createElement("span");
  words.textContent = model.get("description");
  const input = document.createElement("input");
  input.type = "file";
  input.accept = "image/*,.tif,.tiff,.heic";
  input.addEventListener("change", () => {
    if (input.files.length) send(input.files[0]);
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
    send(event.dataTransfer.files[0]);
  });
  label.append(words, input);
  el.append(label);
}

export default { render };
