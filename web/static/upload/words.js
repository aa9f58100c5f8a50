// What an upload's row says: sizes, and how far it is.

import { lasting } from "../times.js";

export function element(name, properties) {
  return Object.assign(document.createElement(name), properties);
}

export function bytes(size) {
  const units = ["B", "kB", "MB", "GB"];
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit && size < 10 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`;
}

// to be called with how much has been sent
export function progress(row, bar, size) {
  const began = performance.now();
  const words = row.querySelector(".amount");
  return (sent) => {
    const done = Math.min(sent, size);
    bar.value = done;
    const seconds = (performance.now() - began) / 1000;
    const speed = done / Math.max(seconds, 0.05);
    const percent = size ? Math.floor((100 * done) / size) : 100;
    const left = seconds > 2 && speed ? `, ${lasting((size - done) / speed)} left` : "";
    words.textContent = done < size ? `${percent} % of ${bytes(size)} at ${bytes(speed)}/s${left}` : "checking the file";
  };
}
