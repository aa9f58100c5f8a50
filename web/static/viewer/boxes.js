// Where the faces were, drawn over the clip: fetched some seconds ahead.

const BOXES = 2500; // asked for at once; the service sends 3000 at most
const AHEAD = 20; // [s] at once, where that many boxes allow it
const BEHIND = 1; // [s] before the time that is shown
const OVERLAP = 0.5; // [s] before their end the next ones are fetched

export class Boxes {
  constructor(root, player) {
    const faces = Number(root.dataset.faces);
    this.wanted = root.querySelector("[data-boxes]");
    this.overlay = root.querySelector(".overlay");
    this.address = `${root.dataset.viewer}/boxes`;
    this.chosen = root.dataset.face;
    this.several = faces > 1;
    this.player = player;
    this.ahead = Math.min(AHEAD, Math.max(1, BOXES / (faces * player.fps)));
    this.known = { from: 0, to: 0, boxes: [] };
    this.asking = false;
    this.wanted?.addEventListener("change", () => {
      this.overlay.replaceChildren();
      this.show(player.now);
    });
  }

  show(time) {
    const { known } = this;
    if (!this.wanted?.checked) return;
    if (time < known.from || time >= known.to) return void this.fetch(time);
    const { fps } = this.player;
    const found = new Map(); // face -> its box at this time
    for (const box of known.boxes) {
      if (box[0] > time + 0.5 / fps) break;
      if (time - box[0] < 2 / fps) found.set(box[5], box);
    }
    this.overlay.replaceChildren(...[...found.values()].flatMap((box) => this.shapes(box)));
  }

  shapes([, left, top, width, height, face]) {
    const name = String(face) === this.chosen ? "box chosen" : "box";
    const rectangle = drawn("rect", { class: name, x: left, y: top, width, height });
    if (!this.several) return [rectangle];
    const size = Math.round(this.overlay.viewBox.baseVal.height / 18);
    const number = drawn("text", { class: "box-number", x: left, y: top - size / 4, "font-size": size });
    number.textContent = face;
    return [rectangle, number];
  }

  async fetch(time) {
    if (this.asking) return;
    this.asking = true;
    const [from, to] = [Math.max(0, time - BEHIND), time + this.ahead];
    const query = new URLSearchParams({ start: from.toFixed(3), end: to.toFixed(3) });
    try {
      const response = await fetch(`${this.address}?${query}`, { headers: { Accept: "application/json" } });
      if (!response.ok) return;
      this.known = { from, to: to - OVERLAP, boxes: (await response.json()).boxes };
    } catch {
      return; // the service is away; the next frame asks again
    } finally {
      this.asking = false;
    }
    this.show(this.player.now);
  }
}

function drawn(name, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
