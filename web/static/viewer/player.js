// The player: where we are in the clip. Where there is no clip, or none that this browser plays, a
// head moves all the same, and the service's pictures follow it.

import { Stills } from "./stills.js";

const LEAST_PLAYED = 0.4; // [s] a violation of one frame would be over before it was seen
const ROUNDING = 1e-3; // of a frame; players seek to a time that is a little less

export class Player {
  constructor(root, moved) {
    this.video = root.querySelector("video");
    this.fps = Number(root.dataset.fps);
    this.length = Number(root.dataset.length); // [s] of the whole
    this.moved = moved;
    this.stopAt = null;
    this.head = Number(root.dataset.start) || 0; // [s] where we are while no clip plays
    this.rolling = false; // the head moves by itself
    this.button = root.querySelector("[data-play]");
    const image = root.querySelector("[data-still]");
    this.stills = image && new Stills(image, this.fps);
    this.button?.addEventListener("click", () => this.toggle());
    if (this.video) this.watch(root);
  }

  get hasClip() {
    return Boolean(this.video && !this.video.hidden && this.video.readyState > 0 && !this.video.error);
  }

  get showsStills() {
    return Boolean(this.stills && (!this.video || this.video.hidden));
  }

  get now() {
    return this.hasClip ? this.video.currentTime : this.head;
  }

  get frame() {
    return Math.floor(this.now * this.fps + ROUNDING);
  }

  go(time) {
    this.stopAt = null;
    this.rolling = false;
    this.head = Math.min(Math.max(time, 0), this.length);
    if (!this.hasClip) return void this.headMoved();
    this.video.pause();
    this.video.currentTime = Math.min(this.head, this.video.duration || this.head);
  }

  playSpan(from, to) {
    if (!this.hasClip) {
      this.go(from);
      this.stopAt = Math.max(to, from + LEAST_PLAYED);
      return void this.roll();
    }
    this.stopAt = Math.max(to, from + LEAST_PLAYED);
    this.video.currentTime = from;
    this.video.play();
  }

  step(frames) {
    this.go((this.frame + frames + 0.5) / this.fps); // the middle of a frame
  }

  toggle() {
    this.stopAt = null;
    if (!this.hasClip) return void (this.rolling ? this.go(this.head) : this.roll());
    if (this.video.paused) this.video.play();
    else this.video.pause();
  }

  // the pictures one after the other, as quickly as they come and no quicker than the clip
  roll() {
    if (!this.showsStills) return;
    this.rolling = true;
    this.name();
    let before = performance.now();
    const tick = (now) => {
      if (!this.rolling) return void this.name();
      this.head = Math.min(this.head + (now - before) / 1000, this.stopAt ?? this.length, this.length);
      before = now;
      if (this.head >= (this.stopAt ?? this.length)) this.rolling = false;
      this.headMoved();
      requestAnimationFrame(tick);
    };
    requestAnimationFrame(tick);
  }

  headMoved() {
    if (this.showsStills) this.stills.show(this.head);
    this.moved();
  }

  name() {
    const plays = this.hasClip ? !this.video.paused : this.rolling;
    this.button?.setAttribute("aria-label", plays ? "Pause" : "Play");
  }

  watch(root) {
    const { video, moved } = this;
    video.addEventListener("play", () => this.tick());
    for (const event of ["seeked", "pause", "loadeddata", "timeupdate", "error"]) video.addEventListener(event, moved);
    video.addEventListener("unplayable", () => this.headMoved());
    video.addEventListener("seeking", () => (root.dataset.seeking = ""));
    video.addEventListener("seeked", () => delete root.dataset.seeking);
    for (const event of ["play", "pause"]) video.addEventListener(event, () => this.name());
  }

  tick() {
    if (this.stopAt !== null && this.video.currentTime >= this.stopAt) {
      this.stopAt = null;
      this.video.pause();
    }
    this.moved();
    if (!this.video.paused) requestAnimationFrame(() => this.tick());
  }
}
