// The picture that is being measured, while it is: the clip goes where the measuring is.

import { Stills } from "./viewer/stills.js";

const STILLS_A_SECOND = 1; // pictures that the service makes are dear while it measures

export function start(figure) {
  const video = figure.querySelector("video");
  const caption = figure.querySelector("[data-newest]");
  const stills = new Stills(figure.querySelector("[data-still]"), STILLS_A_SECOND);

  function follow(part) {
    if (part.dataset.part !== "measuring" || part.dataset.at === undefined) return;
    const at = Number(part.dataset.at);
    caption.hidden = false;
    caption.textContent = `Measured now: ${timecode(at)}`;
    if (video.hidden) stills.show(at);
    else if (video.paused) video.currentTime = at;
  }

  const root = figure.closest("[data-live]");
  root.addEventListener("live:part", (event) => follow(event.detail));
  follow(root.querySelector("[data-part=measuring]"));
}

function timecode(time) {
  const minutes = Math.floor(time / 60);
  return `${minutes}:${(time - minutes * 60).toFixed(1).padStart(4, "0")}`;
}
