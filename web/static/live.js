// Pieces of the page that change while something runs.
//
// The server sends pieces of HTML, each with the key of the element that it replaces; it sends 304
// where nothing changed. It is asked once a second while something runs and the tab can be seen.

import { update as updateTimes } from "./times.js";

const INTERVAL = 1000; // [ms]
const LONGEST = 8000; // [ms] between two tries while the service is away

export function startLive(root) {
  const live = new Live(root);
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) live.rest();
    else live.plan();
  });
  document.addEventListener("live:wake", () => live.wake());
  live.plan();
}

export function announce(text) {
  document.getElementById("announcer").textContent = text;
}

class Live {
  constructor(root) {
    this.root = root;
    this.list = root.hasAttribute("data-live-list") ? root.querySelector("tbody") : null;
    this.seen = new Map(); // key -> HTML, to leave alone what did not change
    this.etag = null;
    this.timer = null;
    this.delay = INTERVAL;
    this.running = root.hasAttribute("data-running") || Boolean(root.querySelector("[data-open]"));
  }

  get address() {
    const { live, liveQuery } = this.root.dataset;
    if (liveQuery === undefined) return live; // a job, not a list
    const query = new URLSearchParams(liveQuery);
    const open = [...this.root.querySelectorAll("[data-open]")].map((row) => row.dataset.part);
    if (open.length) query.set("open", open.join(","));
    const newest = this.list?.querySelector("[data-created]")?.dataset.created;
    if (newest) query.set("since", newest);
    return `${live}?${query}`;
  }

  plan() {
    if (this.running && !document.hidden && this.timer === null) this.timer = setTimeout(() => this.ask(), this.delay);
  }

  rest() {
    clearTimeout(this.timer);
    this.timer = null;
  }

  wake() {
    this.running = true;
    this.rest();
    this.ask();
  }

  async ask() {
    this.timer = null;
    try {
      const response = await fetch(this.address, { cache: "no-cache", headers: { Accept: "application/json" } });
      if (response.status === 404) return this.gone();
      if (!response.ok) throw new Error(String(response.status));
      this.delay = INTERVAL;
      if (response.headers.get("ETag") !== this.etag) {
        this.etag = response.headers.get("ETag");
        const answer = await response.json();
        if (answer.whole) return location.reload(); // it has become another page
        this.running = answer.running;
        answer.parts.forEach(({ key, html }) => this.replace(key, html));
      }
    } catch {
      this.delay = Math.min(this.delay * 2, LONGEST); // the service is away, or the network is
    }
    this.plan();
  }

  gone() {
    this.running = false;
    location.reload(); // the page says what became of it
  }

  replace(key, html) {
    if (this.seen.get(key) === html) return;
    this.seen.set(key, html);
    const template = document.createElement("template");
    template.innerHTML = html.trim();
    const fresh = template.content.firstElementChild;
    updateTimes(template.content);
    const old = this.root.querySelector(`[data-part="${CSS.escape(key)}"]`);
    if (!old) return void this.list?.prepend(fresh);
    if (old.outerHTML === fresh.outerHTML) return;
    const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
    keep(old, fresh);
    old.replaceWith(fresh);
    this.root.dispatchEvent(new CustomEvent("live:part", { detail: fresh }));
    if (focused) document.getElementById(focused)?.focus();
    if (fresh.dataset.say && fresh.dataset.say !== old.dataset.say) announce(fresh.dataset.say);
  }
}

// what the reader opened and chose
function keep(old, fresh) {
  for (const details of old.querySelectorAll("details[open][id]")) {
    fresh.querySelector(`#${CSS.escape(details.id)}`)?.setAttribute("open", "");
  }
  for (const box of old.querySelectorAll("input:checked")) {
    const same = fresh.querySelector(`#${CSS.escape(box.id)}`);
    if (same) same.checked = true;
  }
}
