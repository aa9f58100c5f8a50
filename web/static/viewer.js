// A clip tied to its timelines.
//
// Moving over the charts shows the values of that moment; a click goes there, and on a shaded time
// plays it; dragging looks closer. Arrow keys step frames, plus and minus look closer and further.
// Where there is no clip, or none that this browser plays, a head moves over the charts all the
// same. The charts' paths are the data: their units are explained in shared/pages/timelines.py.

import { update as updateTimes } from "./times.js";

const X_UNITS = 2000;
const Y_UNITS = 100;
const LEAST_PLAYED = 0.4; // [s] a violation of one frame would be over before it was seen
const DRAG = 6; // [px] below that it is a click
const BOXES = 2500; // asked for at once; the service sends 3000 at most
const LEAST_SHOWN = 0.5; // [s] that one can look at closely

export function start(root) {
  const video = root.querySelector("video");
  const holder = root.querySelector("[data-timelines]");
  const fps = Number(root.dataset.fps);
  const length = Number(root.dataset.length); // [s] of the whole
  const clock = root.querySelector(".now-at");
  let charts = null; // of the timelines that are shown
  let stopAt = null;
  let drag = null;
  let head = 0; // [s] where we are while no clip plays

  const clip = () => Boolean(video && video.readyState > 0 && !video.error);
  const now = () => (clip() ? video.currentTime : head);

  function read() {
    const element = holder.querySelector(".timelines");
    charts = {
      element,
      from: Number(element.dataset.from),
      to: Number(element.dataset.to),
      top: Number(element.dataset.top),
      columns: element.hasAttribute("data-columns"),
      rows: [...element.querySelectorAll(".tl[data-au]")].map((row) => ({
        row,
        output: row.querySelector(".tl-value"),
        points: null,
        spans: spans(row.querySelector(".violations")?.getAttribute("d") ?? ""),
      })),
    };
    showHead();
  }

  // places and times

  function area() {
    const chart = charts.element.querySelector(".tl-chart").getBoundingClientRect();
    return { left: chart.left - charts.element.getBoundingClientRect().left, at: chart.left, width: chart.width };
  }

  const timeAt = (clientX) => {
    const { at, width } = area();
    const share = Math.min(Math.max((clientX - at) / width, 0), 1);
    return charts.from + share * (charts.to - charts.from);
  };

  function place(element, time) {
    const { left, width } = area();
    const share = (time - charts.from) / (charts.to - charts.from);
    element.hidden = share < 0 || share > 1;
    element.style.left = `${left + share * width}px`;
  }

  function showValues(time) {
    const x = ((time - charts.from) / (charts.to - charts.from)) * X_UNITS;
    for (const item of charts.rows) {
      item.points ??= points(item.row.querySelector(".trace").getAttribute("d"));
      item.output.value = value(item.points, x);
    }
  }

  function value(list, x) {
    if (!list.length) return "";
    let low = 0;
    let high = list.length - 1;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (list[middle].x < x) low = middle + 1;
      else high = middle;
    }
    const nearest = low > 0 && x - list[low - 1].x < list[low].x - x ? low - 1 : low;
    const number = (y) => (charts.top - y / Y_UNITS).toFixed(2);
    if (!charts.columns) return number(list[nearest].y);
    const pair = list[nearest ^ 1] ?? list[nearest];
    const [one, other] = [list[nearest].y, pair.y].sort((a, b) => b - a);
    return one === other ? number(one) : `${number(one)}–${number(other)}`;
  }

  // the player

  function showHead() {
    const time = now();
    place(charts.element.querySelector(".playhead"), time);
    if (clock) clock.value = `${timecode(time)} · frame ${Math.floor(time * fps + 1e-3) + 1}`;
    if (!drag && !charts.element.matches(":hover")) showValues(time);
    drawBox(time);
  }

  function go(time) {
    stopAt = null;
    head = Math.min(Math.max(time, 0), length);
    if (!clip()) return void showHead();
    video.pause();
    video.currentTime = Math.min(head, video.duration || head);
  }

  function playSpan(from, to) {
    if (!clip()) return void go(from);
    stopAt = Math.max(to, from + LEAST_PLAYED);
    video.currentTime = from;
    video.play();
  }

  function step(frames) {
    go((Math.floor(now() * fps + 1e-3) + frames + 0.5) / fps); // the middle of a frame
  }

  function toggle() {
    stopAt = null;
    if (!clip()) return;
    if (video.paused) video.play();
    else video.pause();
  }

  if (video) {
    const tick = () => {
      if (stopAt !== null && video.currentTime >= stopAt) {
        stopAt = null;
        video.pause();
      }
      showHead();
      if (!video.paused) requestAnimationFrame(tick);
    };
    video.addEventListener("play", tick);
    for (const name of ["seeked", "pause", "loadeddata", "timeupdate"]) video.addEventListener(name, showHead);
    video.addEventListener("seeking", () => (root.dataset.seeking = ""));
    video.addEventListener("seeked", () => delete root.dataset.seeking);
    const play = root.querySelector("[data-play]");
    play?.addEventListener("click", toggle);
    const name = () => play?.setAttribute("aria-label", video.paused ? "Play" : "Pause");
    video.addEventListener("play", name);
    video.addEventListener("pause", name);
  }

  // pointer

  holder.addEventListener("pointerdown", (event) => {
    if (event.button || !event.target.closest(".tl-chart")) return;
    drag = { x: event.clientX, row: event.target.closest(".tl") };
    holder.setPointerCapture(event.pointerId);
  });
  holder.addEventListener("pointermove", (event) => {
    const inside = drag || event.target.closest(".tl-chart");
    const cursor = charts.element.querySelector(".cursor");
    if (!inside) return void (cursor.hidden = true);
    const time = timeAt(event.clientX);
    place(cursor, time);
    showValues(time);
    if (clock) clock.value = `${timecode(time)} · frame ${Math.floor(time * fps) + 1}`;
    const selection = charts.element.querySelector(".selection");
    selection.hidden = !drag || Math.abs(event.clientX - drag.x) < DRAG;
    if (!selection.hidden) {
      const [from, to] = [timeAt(drag.x), time].sort((a, b) => a - b);
      place(selection, from);
      selection.style.width = `${((to - from) / (charts.to - charts.from)) * area().width}px`;
    }
  });
  holder.addEventListener("pointerup", (event) => {
    if (!drag) return;
    const { x, row } = drag;
    drag = null;
    charts.element.querySelector(".selection").hidden = true;
    const time = timeAt(event.clientX);
    if (Math.abs(event.clientX - x) >= DRAG) return void show(...[timeAt(x), time].sort((a, b) => a - b));
    const item = charts.rows.find((each) => each.row === row);
    const unit = (time - charts.from) / (charts.to - charts.from) * X_UNITS;
    const span = item?.spans.find(([from, to]) => unit >= from - 4 && unit <= to + 4);
    const toTime = (units) => charts.from + (units / X_UNITS) * (charts.to - charts.from);
    if (span) playSpan(toTime(span[0]), toTime(span[1]));
    else go(time);
  });
  holder.addEventListener("pointercancel", () => (drag = null));
  holder.addEventListener("pointerleave", () => {
    charts.element.querySelector(".cursor").hidden = true;
    showHead();
  });

  // another stretch of time

  async function show(from, to) {
    const query = new URLSearchParams({ face: root.dataset.face });
    if (from !== null) {
      query.set("start", from.toFixed(3));
      query.set("end", to.toFixed(3));
    }
    const response = await fetch(`${root.dataset.viewer}/timelines?${query}`, { headers: { Accept: "application/json" } });
    if (!response.ok) return;
    holder.innerHTML = await response.text();
    updateTimes(holder);
    read();
    holder.focus({ preventScroll: true });
  }

  // half or twice as much time, about where we are
  function zoom(factor) {
    const shown = Math.max((charts.to - charts.from) * factor, LEAST_SHOWN);
    if (shown >= length) return void show(null, null);
    const from = Math.min(Math.max(now() - shown / 2, 0), length - shown);
    show(from, from + shown);
  }

  root.addEventListener("click", (event) => {
    const out = event.target.closest("[data-zoom-out]");
    if (out) {
      event.preventDefault();
      show(null, null);
    }
    const link = event.target.closest("[data-play-from]");
    if (link) {
      event.preventDefault();
      playSpan(Number(link.dataset.playFrom), Number(link.dataset.playTo));
    }
    const button = event.target.closest("[data-step]");
    if (button) step(Number(button.dataset.step));
  });

  // keys

  document.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const on = event.target;
    if (on.closest("input:not([type=checkbox]), select, textarea, dialog")) return;
    if (on !== document.body && !root.contains(on) && on.id !== "main") return;
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by) {
      event.preventDefault();
      step(event.shiftKey ? by * 10 : by);
    } else if ("+=-".includes(event.key)) {
      zoom(event.key === "-" ? 2 : 0.5);
    } else if (event.key === " " && !on.closest("button, a, summary, input, video")) {
      event.preventDefault();
      toggle();
    }
  });

  // where the faces were

  const wanted = root.querySelector("[data-boxes]");
  const overlay = root.querySelector(".overlay");
  const several = Number(root.dataset.faces) > 1;
  const ahead = Math.min(20, Math.max(1, BOXES / (Number(root.dataset.faces) * fps))); // [s] at once
  const known = { from: 0, to: 0, boxes: [], asking: false };

  function drawBox(time) {
    if (!wanted?.checked) return;
    if (time < known.from || time >= known.to) return void fetchBoxes(time);
    const found = new Map(); // face -> its box at this time
    for (const box of known.boxes) {
      if (box[0] > time + 0.5 / fps) break;
      if (time - box[0] < 2 / fps) found.set(box[5], box);
    }
    overlay.replaceChildren(...[...found.values()].flatMap(shape));
  }

  function shape([, left, top, width, height, face]) {
    const name = String(face) === root.dataset.face ? "box chosen" : "box";
    const rectangle = drawn("rect", { class: name, x: left, y: top, width, height });
    if (!several) return [rectangle];
    const size = Math.round(overlay.viewBox.baseVal.height / 18);
    const number = drawn("text", { class: "box-number", x: left, y: top - size / 4, "font-size": size });
    number.textContent = face;
    return [rectangle, number];
  }

  async function fetchBoxes(time) {
    if (known.asking) return;
    known.asking = true;
    const [from, to] = [Math.max(0, time - 1), time + ahead];
    const query = new URLSearchParams({ start: from.toFixed(3), end: to.toFixed(3) });
    try {
      const response = await fetch(`${root.dataset.viewer}/boxes?${query}`, { headers: { Accept: "application/json" } });
      if (!response.ok) return;
      Object.assign(known, { from, to: to - 0.5, boxes: (await response.json()).boxes });
    } catch {
      return; // the service is away; the next frame asks again
    } finally {
      known.asking = false;
    }
    drawBox(now());
  }

  wanted?.addEventListener("change", () => {
    overlay.replaceChildren();
    drawBox(now());
  });

  new ResizeObserver(() => showHead()).observe(holder);
  read();
  if (video) video.addEventListener("error", showHead);
}

// `M0 480l5-3 5 10M90 470l…`: absolute starts of lines, relative steps.
function points(data) {
  const found = [];
  for (const line of data.split("M").slice(1)) {
    const [begin, steps] = line.split("l");
    let [x, y] = numbers(begin);
    found.push({ x, y });
    const rest = numbers(steps);
    for (let index = 0; index < rest.length; index += 2) {
      x += rest[index];
      y += rest[index + 1];
      if (rest.length > 2 || rest[0] || rest[1]) found.push({ x, y });
    }
  }
  return found;
}

// `M100 0h25v300h-25z` each: start and end.
function spans(data) {
  return data.split("M").slice(1).map((part) => {
    const [start, , width] = numbers(part);
    return [start, start + width];
  });
}

function drawn(name, attributes) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}

function numbers(text) {
  return (text.match(/-?\d+/g) ?? []).map(Number);
}

function timecode(time) {
  const minutes = Math.floor(time / 60);
  return `${minutes}:${(time - minutes * 60).toFixed(2).padStart(5, "0")}`;
}
