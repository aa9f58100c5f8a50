// The player: where we are in the clip. Where there is no clip, or none that this browser plays, a
// head moves all the same.

const LEAST_PLAYED = 0.4; // [s] a violation of one frame would be over before it was seen
const ROUNDING = 1e-3; // of a frame; players seek to a time that is a little less

export class Player {
  constructor(root, moved) {
    this.video = root.querySelector("video");
    this.fps = Number(root.dataset.fps);
    this.length = Number(root.dataset.length); // [s] of the whole
    this.moved = moved;
    this.stopAt = null;
    this.head = 0; // [s] where we are while no clip plays
    if (this.video) this.watch(root, root.querySelector("[data-play]"));
  }

  get hasClip() {
    return Boolean(this.video && this.video.readyState > 0 && !this.video.error);
  }

  get now() {
    return this.hasClip ? this.video.currentTime : this.head;
  }

  get frame() {
    return Math.floor(this.now * this.fps + ROUNDING);
  }

  go(time) {
    this.stopAt = null;
    this.head = Math.min(Math.max(time, 0), this.length);
    if (!this.hasClip) return void this.moved();
    this.video.pause();
    this.video.currentTime = Math.min(this.head, this.video.duration || this.head);
  }

  playSpan(from, to) {
    if (!this.hasClip) return void this.go(from);
    this.stopAt = Math.max(to, from + LEAST_PLAYED);
    this.video.currentTime = from;
    this.video.play();
  }

  step(frames) {
    this.go((this.frame + frames + 0.5) / this.fps); // the middle of a frame
  }

  toggle() {
    this.stopAt = null;
    if (!this.hasClip) return;
    if (this.video.paused) this.video.play();
    else this.video.pause();
  }

  watch(root, button) {
    const { video, moved } = this;
    const name = () => button?.setAttribute("aria-label", video.paused ? "Play" : "Pause");
    video.addEventListener("play", () => this.tick());
    for (const event of ["seeked", "pause", "loadeddata", "timeupdate", "error"]) video.addEventListener(event, moved);
    video.addEventListener("seeking", () => (root.dataset.seeking = ""));
    video.addEventListener("seeked", () => delete root.dataset.seeking);
    video.addEventListener("play", name);
    video.addEventListener("pause", name);
    button?.addEventListener("click", () => this.toggle());
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
