// A clip tied to its timelines.
//
// Moving over the charts shows the values of that moment; a click goes there, and on a shaded time
// plays it; dragging looks closer. Arrow keys step frames, plus and minus look closer and further.
// Where there is no clip, or none that this browser plays, a head moves over the charts all the
// same. The charts' paths are the data: their units are explained in shared/pages/timelines.py.

import { update as updateTimes } from "./times.js";
import { Boxes } from "./viewer/boxes.js";
import { Charts } from "./viewer/charts.js";
import { listenToKeys } from "./viewer/keys.js";
import { Player } from "./viewer/player.js";
import { followPointer } from "./viewer/pointer.js";

const LEAST_SHOWN = 0.5; // [s] that one can look at closely

export function start(root) {
  const viewer = new Viewer(root);
  followPointer(viewer);
  listenToKeys(viewer);
  document.addEventListener("click", (event) => viewer.follow(event)); // the verdict names times, too
  new ResizeObserver(() => viewer.showHead()).observe(viewer.holder);
  viewer.showHead();
}

class Viewer {
  constructor(root) {
    this.root = root;
    this.holder = root.querySelector("[data-timelines]");
    this.clock = root.querySelector(".now-at");
    this.charts = new Charts(this.holder); // those that are shown
    this.dragging = false; // a time is being chosen
    this.player = new Player(root, () => this.showHead());
    this.boxes = new Boxes(root, this.player);
  }

  showHead() {
    const time = this.player.now;
    this.charts.showHead(time);
    this.showTime(time, this.player.frame);
    if (!this.dragging && !this.charts.hovered) this.charts.showValues(time);
    this.boxes.show(time);
  }

  showTime(time, frame) {
    if (this.clock) this.clock.value = `${timecode(time)} · frame ${frame + 1}`;
  }

  // another stretch of time; null: the whole
  async show(from, to) {
    const { face, viewer } = this.root.dataset;
    const query = new URLSearchParams({ face });
    if (from !== null) {
      query.set("start", from.toFixed(3));
      query.set("end", to.toFixed(3));
    }
    const response = await fetch(`${viewer}/timelines?${query}`, { headers: { Accept: "application/json" } });
    if (!response.ok) return;
    this.holder.innerHTML = await response.text();
    updateTimes(this.holder);
    this.charts = new Charts(this.holder);
    this.showHead();
    this.holder.focus({ preventScroll: true });
  }

  // half or twice as much time, about where we are
  zoom(factor) {
    const { length, now } = this.player;
    const shown = Math.max((this.charts.to - this.charts.from) * factor, LEAST_SHOWN);
    if (shown >= length) return void this.show(null, null);
    const from = Math.min(Math.max(now - shown / 2, 0), length - shown);
    this.show(from, from + shown);
  }

  // links and buttons of the page that go to a time
  follow(event) {
    if (event.target.closest("[data-zoom-out]")) {
      event.preventDefault();
      this.show(null, null);
    }
    const link = event.target.closest("[data-play-from]");
    if (link) {
      event.preventDefault();
      this.player.playSpan(Number(link.dataset.playFrom), Number(link.dataset.playTo));
      this.root.querySelector(".framed")?.scrollIntoView({ block: "nearest" });
    }
    const button = event.target.closest("[data-step]");
    if (button) this.player.step(Number(button.dataset.step));
  }
}

function timecode(time) {
  const minutes = Math.floor(time / 60);
  return `${minutes}:${(time - minutes * 60).toFixed(2).padStart(5, "0")}`;
}
