// Moves an explorer's precomputed frames: by the slider (arrow keys, mouse, touch) and by two buttons. At the end,
// what screen readers need and the theme leaves out.
"use strict";

document.querySelectorAll(".stepper").forEach((stepper) => {
  const slider = stepper.querySelector("input");
  const frames = [...stepper.querySelectorAll(".frame")];
  const words = stepper.querySelector("output");
  const show = () => {
    frames.forEach((frame, at) => { frame.hidden = at !== Number(slider.value); });
    words.textContent = frames[slider.value].dataset.label;
    slider.setAttribute("aria-valuetext", words.textContent);
  };
  slider.addEventListener("input", show);
  stepper.querySelectorAll("[data-step]").forEach((button) => button.addEventListener("click", () => {
    slider.value = Math.min(frames.length - 1, Math.max(0, Number(slider.value) + Number(button.dataset.step)));
    show();
  }));
  // The explorer itself in place of its frames: it takes megabytes, so only when asked for.
  stepper.querySelector("[data-alive]")?.addEventListener("click", ({ target }) => {
    const title = stepper.getAttribute("aria-label");
    const page = Object.assign(document.createElement("iframe"), { src: target.dataset.alive, title: `${title}, alive`, allow: "camera" });
    stepper.querySelectorAll(".settings, .frame").forEach((one) => { one.hidden = true; });
    stepper.querySelector("figcaption").textContent = `${title}, with your own photo or camera. Nothing leaves this device.`;
    stepper.prepend(page);
    page.focus();
  });
  show();
});

document.querySelectorAll("p.caption[role='heading']").forEach((one) => one.setAttribute("aria-level", "2"));
document.querySelector(".sidebar-drawer")?.setAttribute("aria-label", "Pages");
document.querySelector(".toc-drawer")?.setAttribute("aria-label", "On this page");
if (!document.querySelector("h1")) {
  const heading = document.createElement("h1");
  heading.textContent = document.title.split(" - ")[0];
  document.querySelector("article")?.prepend(heading);
}
