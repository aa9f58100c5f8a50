// Pieces of the page that change while something runs.
//
// The server sends pieces of HTML, each with the key of the element that it replaces; it sends 304
// where nothing changed. It is asked once a second while something runs and the tab can be seen.

import { update as updateTimes } from "./times.js";

const INTERVAL = 1000; // [ms]
const LONGEST = 8000; // [ms] between two tries while the service is away

export function startLive(root) {
  const list = root.hasAttribute("data-live-list") ? root.querySelector("tbody") : null;
  const seen = new Map(); // key -> HTML, to leave alone what did not change
  let etag = null;
  let timer = null;
  let delay = INTERVAL;
  let running = root.hasAttribute("data-running") || Boolean(root.querySelector("[data-open]"));

  function address() {
    if (root.dataset.liveQuery === undefined) return root.dataset.live; // a job, not a list
    const query = new URLSearchParams(root.dataset.liveQuery);
    const open = [...root.querySelectorAll("[data-open]")].map((row) => row.dataset.part);
    if (open.length) query.set("open", open.join(","));
    const newest = list?.querySelector("[data-created]")?.dataset.created;
    if (newest) query.set("since", newest);
    return `${root.dataset.live}?${query}`;
  }

  async function ask() {
    timer = null;
    try {
      const response = await fetch(address(), { cache: "no-cache", headers: { Accept: "application/json" } });
      if (response.status === 404) return gone();
      if (!response.ok) throw new Error(String(response.status));
      delay = INTERVAL;
      if (response.headers.get("ETag") !== etag) {
        etag = response.headers.get("ETag");
        const answer = await response.json();
        running = answer.running;
        answer.parts.forEach(({ key, html }) => replace(key, html));
      }
    } catch {
      delay = Math.min(delay * 2, LONGEST); // the service is away, or the network is
    }
    plan();
  }

  function plan() {
    if (running && !document.hidden && timer === null) timer = setTimeout(ask, delay);
  }

  function gone() {
    running = false;
    location.reload(); // the page says what became of it
  }

  function replace(key, html) {
    if (seen.get(key) === html) return;
    seen.set(key, html);
    const template = document.createElement("template");
    template.innerHTML = html.trim();
    const fresh = template.content.firstElementChild;
    updateTimes(template.content);
    const old = root.querySelector(`[data-part="${CSS.escape(key)}"]`);
    if (!old) return void list?.prepend(fresh);
    if (old.outerHTML === fresh.outerHTML) return;
    const focused = old.contains(document.activeElement) ? document.activeElement.id : "";
    for (const details of old.querySelectorAll("details[open][id]")) {
      fresh.querySelector(`#${CSS.escape(details.id)}`)?.setAttribute("open", "");
    }
    old.replaceWith(fresh);
    if (focused) document.getElementById(focused)?.focus();
    if (fresh.dataset.say && fresh.dataset.say !== old.dataset.say) announce(fresh.dataset.say);
  }

  document.addEventListener("visibilitychange", () => {
    if (!document.hidden) return plan();
    clearTimeout(timer);
    timer = null;
  });
  document.addEventListener("live:wake", () => {
    running = true;
    clearTimeout(timer);
    timer = null;
    ask();
  });
  plan();
}

export function announce(text) {
  document.getElementById("announcer").textContent = text;
}
