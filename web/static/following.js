// The picture that is being measured, while it is: the clip goes where the measuring is.

import { Stills } from "./viewer/stills.js";

const STILLS_A_SECOND = 1; // pictures that the service makes are dear while it measures

export function start(figure) {
  const video = figure.querySelector("video");
  const overlay = figure.querySelector(".overlay");
  const caption = figure.querySelector("[data-newest]");
  const stills = new Stills(figure.querySelector("[data-still]"), STILLS_A_SECOND);

  function follow(part) {
    if (part.dataset.part !== "measuring" || part.dataset.at === undefined) return;
    const at = Number(part.dataset.at);
    caption.hidden = false;
    caption.textContent = `Measured now: ${timecode(at)}`;
    if (video.hidden) stills.show(at);
    else if (video.paused) video.currentTime = at;
    draw(JSON.parse(part.dataset.outline));
  }

  // the mesh of the faces, in thousandths of the picture's sides
  function draw(lines) {
    const { width, height } = overlay.viewBox.baseVal;
    const shapes = lines.map((line) => {
      const shape = document.createElementNS(overlay.namespaceURI, "polyline");
      const places = line.map((place, index) => ((place / 1000) * (index % 2 ? height : width)).toFixed(1));
      shape.setAttribute("points", places.join(" "));
      return shape;
    });
    overlay.replaceChildren(...(video.paused ? shapes : []));
  }

  const root = figure.closest("[data-live]");
  root.addEventListener("live:part", (event) => follow(event.detail));
  follow(root.querySelector("[data-part=measuring]"));
}

function timecode(time) {
  const minutes = Math.floor(time / 60);
  return `${minutes}:${(time - minutes * 60).toFixed(1).padStart(4, "0")}`;
}
