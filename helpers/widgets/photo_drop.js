// A place to drop a photo on, or to choose one with the keyboard. The file goes to the kernel in parts, because the
// server refuses messages above 10 MB; each part is read when its turn comes. Nothing leaves this machine.
const PART = 1 << 20;

// A photo with more pixels than anybody looks at is made smaller here; what this page cannot read goes as it is.
async function shrunk(file, longest) {
  let image;
  try {
    image = await createImageBitmap(file);
  } catch {
    return [file, ""];
  }
  const { width, height } = image, scale = longest / Math.max(width, height);
  if (scale >= 1) return [file, ""];
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.round(width * scale), Math.round(height * scale)];
  const pen = canvas.getContext("2d");
  pen.imageSmoothingQuality = "high";
  pen.drawImage(image, 0, 0, canvas.width, canvas.height);
  image.close();
  const kind = file.type === "image/png" ? "image/png" : "image/jpeg"; // a PNG may be transparent
  return [await new Promise((done) => canvas.toBlob(done, kind, 0.95)), `${width} x ${height}`];
}

// A function that sends files; a newer one ends the sending of an older one.
function sender(model) {
  let latest = 0;
  return async (chosen) => {
    const number = (latest = Math.random());
    const told = { file: number, name: chosen?.name ?? "", part: 0, parts: 0 };
    if (!chosen) return model.send({ ...told, problem: "nothing" });
    if (!chosen.size) return model.send({ ...told, problem: "empty" });
    const [file, before] = await shrunk(chosen, model.get("longest"));
    if (number !== latest) return;
    told.before = before;
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
