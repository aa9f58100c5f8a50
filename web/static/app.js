// The entry of every page: the small things, and the modules that a page has use for.

import { announce, startLive } from "./live.js";
import { startTimes } from "./times.js";

document.documentElement.classList.add("js");

startTimes();
for (const element of document.querySelectorAll("[data-live]")) startLive(element);

const modules = {
  "[data-upload]": "./upload.js",
  "[data-viewer]": "./viewer.js",
  "[data-hold]": "./hold.js",
  "[data-sparks]": "./sparks.js",
  "[data-choose]": "./choose.js",
  "[data-together]": "./together.js",
  "[data-editor]": "./set_editor.js",
  "[data-import]": "./set_import.js",
  "[data-remove-set]": "./set_remove.js",
};
const started = Object.entries(modules).map(async ([selector, path]) => {
  const found = document.querySelectorAll(selector);
  if (!found.length) return;
  const module = await import(path);
  found.forEach((element) => module.start(element));
});
Promise.all(started).then(() => document.documentElement.classList.add("started")); // tests wait for it

document.addEventListener("click", async (event) => {
  const copy = event.target.closest("[data-copy]");
  if (copy) return void copyText(copy);
  const opener = event.target.closest("[data-dialog]");
  if (opener && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    document.getElementById(opener.dataset.dialog).showModal();
  }
  const closer = event.target.closest("dialog [data-close]");
  if (closer) {
    event.preventDefault();
    closer.closest("dialog").close();
  }
});

document.addEventListener("change", (event) => {
  event.target.closest("form[data-autosubmit]")?.requestSubmit();
});

for (const video of document.querySelectorAll("video")) {
  const note = video.parentElement.querySelector("[data-unplayable]");
  if (note) video.addEventListener("error", () => (note.hidden = false));
  if (note && video.error) note.hidden = false;
}

async function copyText(button) {
  const words = button.lastChild;
  const before = words.textContent;
  try {
    await navigator.clipboard.writeText(button.dataset.copy);
    words.textContent = "Copied";
  } catch {
    words.textContent = "Could not copy";
  }
  announce(words.textContent);
  setTimeout(() => (words.textContent = before), 1500);
}
