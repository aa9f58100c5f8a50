// The keyboard: frames, closer and further, play and pause.

export function listenToKeys(viewer) {
  document.addEventListener("keydown", (event) => {
    if (!isForViewer(event, viewer)) return;
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (by) {
      event.preventDefault();
      viewer.player.step(event.shiftKey ? by * 10 : by);
    } else if ("+=-".includes(event.key)) {
      viewer.zoom(event.key === "-" ? 2 : 0.5);
    } else if (event.key === " " && !event.target.closest("button, a, summary, input, video")) {
      event.preventDefault();
      viewer.player.toggle();
    }
  });
}

// not where somebody types, or is in another part of the page
function isForViewer(event, viewer) {
  const on = event.target;
  if (event.altKey || event.ctrlKey || event.metaKey) return false;
  if (on.closest("input:not([type=checkbox]), select, textarea, dialog")) return false;
  return on === document.body || viewer.root.contains(on) || on.id === "main";
}
