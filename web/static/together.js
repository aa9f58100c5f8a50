// Two clips in step: played, paused and moved as one. The first one leads, the other follows.

const DRIFT = 0.08; // [s] further apart, and the other is put right
const STEP = 1 / 25; // [s]

export function start(root) {
  const [first, second] = root.querySelectorAll("video");
  if (!first || !second) return;
  const button = root.querySelector("[data-play]");
  const range = root.querySelector("input[type=range]");
  const clock = root.querySelector(".now-at");
  const both = [first, second];
  for (const video of both) video.controls = false;

  const length = () => Math.max(...both.map((video) => video.duration || 0));
  const playing = () => both.some((video) => !video.paused && !video.ended);

  function go(time) {
    for (const video of both) video.currentTime = Math.min(Math.max(time, 0), video.duration || 0);
  }

  function show() {
    const time = Math.max(first.currentTime, second.currentTime);
    if (length() && document.activeElement !== range) range.value = Math.round((1000 * time) / length());
    clock.value = `${time.toFixed(2)} s`;
    button.lastChild.textContent = playing() ? "Pause" : "Play both";
  }

  function follow() {
    show();
    if (!playing()) return;
    if (!first.ended && !second.ended && Math.abs(first.currentTime - second.currentTime) > DRIFT) {
      second.currentTime = first.currentTime;
    }
    requestAnimationFrame(follow);
  }

  button.addEventListener("click", () => {
    if (playing()) return both.forEach((video) => video.pause());
    if (both.every((video) => video.ended)) go(0);
    both.forEach((video) => !video.ended && video.play());
    requestAnimationFrame(follow);
  });
  range.addEventListener("input", () => {
    both.forEach((video) => video.pause());
    go((range.value / 1000) * length());
  });
  root.addEventListener("click", (event) => {
    const step = event.target.closest("[data-step]")?.dataset.step;
    if (!step) return;
    both.forEach((video) => video.pause());
    go(first.currentTime + Number(step) * STEP);
  });
  for (const video of both) {
    for (const name of ["seeked", "pause", "loadedmetadata", "ended"]) video.addEventListener(name, show);
  }
  show();
}
