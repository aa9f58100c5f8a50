// An avatar's small charts: the build under the pointer is named, with its value, and a click opens
// its report. Without a pointer the table behind the charts says the same.

export function start(cards) {
  const builds = JSON.parse(cards.dataset.sparks);
  for (const card of cards.querySelectorAll("[data-values]")) watch(card, builds);
}

function watch(card, builds) {
  const values = card.dataset.values.split(",");
  const place = card.querySelector(".spark-place");
  const words = card.querySelector(".code");
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
    words.textContent = builds[index].name;
    shown.textContent = values[index] || "–";
  });
  place.addEventListener("pointerleave", () => {
    marker.hidden = true;
    [words.textContent, shown.textContent] = before;
  });
  place.addEventListener("click", (event) => location.assign(`/reports/${builds[nearest(event)].report}`));
}
