// The picture of the moment, where the clip is not played; one is asked for at a time.

const ROUNDING = 1e-3; // of a frame

export class Stills {
  constructor(image, fps) {
    this.image = image;
    this.fps = fps;
    this.shown = null; // frames
    this.wanted = null;
    this.asking = false;
    for (const event of ["load", "error"]) image.addEventListener(event, () => this.came());
  }

  show(time) {
    this.wanted = Math.floor(time * this.fps + ROUNDING);
    this.ask();
  }

  ask() {
    if (this.asking || this.wanted === null || this.wanted === this.shown) return;
    this.asking = true;
    this.shown = this.wanted;
    this.image.src = `${this.image.dataset.still}?t=${((this.shown + 0.5) / this.fps).toFixed(4)}`;
  }

  came() {
    this.asking = false;
    this.ask();
  }
}
