// A camera for a page: what a device sees now or, where there is none or it may not be used, a drawn film. It hands out
// pictures and knows nothing of what becomes of them: a notebook's kernel sees them, or an engine in the page itself.

const WANTED = { video: { facingMode: "user", width: { ideal: 640 } } };
const FILM = "this is a drawn film instead.";
// Why there is no camera, by the browser's name for it.
const REASONS = {
  NotAllowedError: "The camera may not be used; the sign beside the page's address can allow it",
  NotFoundError: "There is no camera here",
  NotReadableError: "The camera cannot be read, perhaps another program has it",
};

// A picture, moved about and turned a little.
function drawnFilm(sample) {
  const side = 320, canvas = Object.assign(document.createElement("canvas"), { width: side, height: side });
  const pen = canvas.getContext("2d"), began = performance.now();
  const share = 400 / Math.min(sample.width, sample.height), wide = share * sample.width, high = share * sample.height;
  const frame = () => {
    const time = (performance.now() - began) / 1000;
    pen.setTransform(1, 0, 0, 1, side / 2 + 20 * Math.sin(time), side / 2 + 12 * Math.cos(1.3 * time));
    pen.rotate(0.15 * Math.sin(0.7 * time));
    pen.drawImage(sample, -wide / 2, -high / 2, wide, high);
    return [canvas, side, side];
  };
  return { frame, end: () => {} };
}

// Opens the camera, or a film of the sample, of which `say` is told in a sentence. frame() gives the present picture with
// its width and height; end() lets the device go.
async function openCamera(sample, say) {
  const film = drawnFilm(sample);
  if (!navigator.mediaDevices) {
    say(`A camera needs a page over HTTPS or from this machine itself: ${FILM}`);
    return film;
  }
  let stream;
  try {
    stream = await navigator.mediaDevices.getUserMedia(WANTED);
    const video = Object.assign(document.createElement("video"), { srcObject: stream, muted: true, playsInline: true });
    await video.play();
    stream.getVideoTracks()[0].addEventListener("ended", () => say(`The camera is gone: ${FILM}`)); // pulled out
    return {
      frame: () => (stream.active ? [video, video.videoWidth, video.videoHeight] : film.frame()),
      end: () => stream.getTracks().forEach((track) => track.stop()),
    };
  } catch (error) {
    stream?.getTracks().forEach((track) => track.stop());
    say(`${REASONS[error.name] ?? `The camera does not work (${error.name})`}: ${FILM}`);
    return film;
  }
}

// Fills a canvas with the middle of a picture, cut to the canvas's shape.
function drawMiddle(pen, source, width, height) {
  const scale = Math.min(width / pen.canvas.width, height / pen.canvas.height);
  const wide = scale * pen.canvas.width, high = scale * pen.canvas.height;
  pen.drawImage(source, (width - wide) / 2, (height - high) / 2, wide, high, 0, 0, pen.canvas.width, pen.canvas.height);
}
