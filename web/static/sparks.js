// An avatar's small charts: the build under the pointer is named, with its value, and a click opens
// its report. Without a pointer the table behind the charts says the same.

export function start(charts) {
  const builds = JSON.parse(charts.dataset.sparks);
  for (const card of charts.querySelectorAll("[data-values]")) watch(card, builds);
}

function watch(card, builds) {
  const values = card.dataset.values.split(",");
  const reports = card.dataset.reports.split(",");
  const place = card.querySelector(".spark-place");
  const words = card.querySelector("[data-named]");
  const shown = card.querySelector("[data-shown]");
  const before = [words.textContent, shown.textContent];
  const marker = Object.assign(document.createElement("div"), { className: "spark-marker", hidden: true });
  place.append(marker);

  // the chart's units: 14 beside the first and the last build, 1000 between them
  const share = (index) => (14 + (values.length > 1 ? (1000 * index) / (values.length - 1) : 500)) / 1028;

  function nearest(event) {
    const { left, width } = place.getBoundingClientRect();
    const along = ((event.clientX - left) / width) * 1028 - 14;
    const index = Math.round((along / 1000) * (values.length - 1));
    return Math.min(Math.max(index, 0), values.length - 1);
  }

  place.addEventListener("pointermove", (event) => {
    const index = nearest(event);
    marker.hidden = false;
    marker.style.left = `${share(index) * 100}%`;
    words.textContent = builds[index];
    shown.textContent = values[index] || "–";
  });
  place.addEventListener("pointerleave", () => {
    marker.hidden = true;
    [words.textContent, shown.textContent] = before;
  });
  place.addEventListener("click", (event) => {
    const report = reports[nearest(event)];
    if (report) location.assign(`/reports/${report}`);
  });
}
