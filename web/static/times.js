// Times in the reader's own words: "3 min ago", and how long something has been running.

const UNITS = [["day", 86400], ["hour", 3600], ["minute", 60]];
const relative = new Intl.RelativeTimeFormat("en", { numeric: "auto", style: "short" });
const exact = new Intl.DateTimeFormat("en-GB", { dateStyle: "medium", timeStyle: "medium" });
const clock = new Intl.DateTimeFormat("en-GB", { timeStyle: "medium" });

export function startTimes() {
  update();
  setInterval(update, 1000);
}

export function update(root = document) {
  const now = Date.now();
  for (const element of root.querySelectorAll("time[data-relative]")) {
    const at = new Date(element.dateTime);
    element.title ||= exact.format(at);
    set(element, ago((now - at) / 1000));
  }
  for (const element of root.querySelectorAll("time[data-clock]")) {
    set(element, clock.format(new Date(element.dateTime)));
  }
  for (const element of root.querySelectorAll("time[data-exact]")) {
    set(element, exact.format(new Date(element.dateTime)));
  }
  for (const element of root.querySelectorAll("[data-since]")) {
    set(element, `for ${lasting(Math.max(0, (now - new Date(element.dataset.since)) / 1000))}`);
  }
}

function set(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function ago(seconds) {
  if (seconds > 30 * 86400) return exact.format(new Date(Date.now() - seconds * 1000)).split(",")[0];
  for (const [unit, length] of UNITS) {
    if (seconds >= length) return relative.format(-Math.floor(seconds / length), unit);
  }
  return "just now";
}

export function lasting(seconds) {
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  const minutes = Math.floor(whole / 60);
  if (minutes < 60) return `${minutes} min ${whole % 60} s`;
  return `${Math.floor(minutes / 60)} h ${minutes % 60} min`;
}
