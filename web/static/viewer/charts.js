// The timelines that are shown: places and times on them, and the values of a moment.

import { points, spans } from "./paths.js";

const X_UNITS = 2000;
const Y_UNITS = 100;
const BESIDE = 4; // units of x; that near is on a shaded time

export class Charts {
  constructor(holder) {
    this.element = holder.querySelector(".timelines");
    this.from = Number(this.element.dataset.from); // [s]
    this.to = Number(this.element.dataset.to);
    this.top = Number(this.element.dataset.top);
    this.columns = this.element.hasAttribute("data-columns");
    this.rows = [...this.element.querySelectorAll(".tl[data-au], .tl[data-lane]")].map((row) => ({
      row,
      output: row.querySelector(".tl-value"),
      points: null,
      spans: spans(row.querySelector(".violations")?.getAttribute("d") ?? ""),
    }));
  }

  get cursor() {
    return this.element.querySelector(".cursor");
  }

  get hovered() {
    return this.element.matches(":hover");
  }

  area() {
    const chart = this.element.querySelector(".tl-chart").getBoundingClientRect();
    const left = chart.left - this.element.getBoundingClientRect().left;
    return { left, at: chart.left, width: chart.width };
  }

  share(time) {
    return (time - this.from) / (this.to - this.from);
  }

  timeAt(clientX) {
    const { at, width } = this.area();
    return this.timeOf(Math.min(Math.max((clientX - at) / width, 0), 1));
  }

  timeOf(share) {
    return this.from + share * (this.to - this.from);
  }

  place(element, time) {
    const { left, width } = this.area();
    const share = this.share(time);
    element.hidden = share < 0 || share > 1;
    element.style.left = `${left + share * width}px`;
  }

  showHead(time) {
    this.place(this.element.querySelector(".playhead"), time);
  }

  // the time that is being chosen; null: none
  select(chosen) {
    const selection = this.element.querySelector(".selection");
    selection.hidden = !chosen;
    if (!chosen) return;
    const [from, to] = chosen;
    this.place(selection, from);
    selection.style.width = `${((to - from) / (this.to - this.from)) * this.area().width}px`;
  }

  showValues(time) {
    const x = this.share(time) * X_UNITS;
    for (const item of this.rows) {
      if (!item.output) continue; // times alone, without a signal
      item.points ??= points(item.row.querySelector(".trace").getAttribute("d"));
      item.output.value = this.value(item.points, x);
    }
  }

  value(list, x) {
    if (!list.length) return "";
    const nearest = nearestTo(list, x);
    const number = (y) => (this.top - y / Y_UNITS).toFixed(2);
    if (!this.columns) return number(list[nearest].y);
    const pair = list[nearest ^ 1] ?? list[nearest];
    const [one, other] = [list[nearest].y, pair.y].sort((a, b) => b - a);
    return one === other ? number(one) : `${number(one)}–${number(other)}`;
  }

  // start and end of the shaded time of a row; undefined where it is not shaded
  shadedAt(row, time) {
    const x = this.share(time) * X_UNITS;
    const item = this.rows.find((each) => each.row === row);
    const span = item?.spans.find(([from, to]) => x >= from - BESIDE && x <= to + BESIDE);
    return span?.map((units) => this.timeOf(units / X_UNITS));
  }
}

function nearestTo(list, x) {
  let low = 0;
  let high = list.length - 1;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (list[middle].x < x) low = middle + 1;
    else high = middle;
  }
  return low > 0 && x - list[low - 1].x < list[low].x - x ? low - 1 : low;
}
