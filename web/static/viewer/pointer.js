// The pointer over the charts: values under it, a click, a time that is dragged open.

const DRAG = 6; // [px] below that it is a click

export function followPointer(viewer) {
  const { holder, player } = viewer;
  let drag = null;

  const dragged = (event) => Math.abs(event.clientX - drag.x) >= DRAG;
  const chosen = (event) => [drag.x, event.clientX].map((x) => viewer.charts.timeAt(x)).sort((a, b) => a - b);

  function end() {
    drag = null;
    viewer.dragging = false;
  }

  holder.addEventListener("pointerdown", (event) => {
    if (event.button || !event.target.closest(".tl-chart")) return;
    drag = { x: event.clientX, row: event.target.closest(".tl") };
    viewer.dragging = true;
    holder.setPointerCapture(event.pointerId);
  });
  holder.addEventListener("pointermove", (event) => {
    const { charts } = viewer;
    if (!drag && !event.target.closest(".tl-chart")) return void (charts.cursor.hidden = true);
    const time = charts.timeAt(event.clientX);
    charts.place(charts.cursor, time);
    charts.showValues(time);
    viewer.showTime(time, Math.floor(time * player.fps));
    charts.select(drag && dragged(event) ? chosen(event) : null);
  });
  holder.addEventListener("pointerup", (event) => {
    if (!drag) return;
    const { charts } = viewer;
    const stretch = dragged(event) ? chosen(event) : null;
    const { row } = drag;
    end();
    charts.select(null);
    if (stretch) return void viewer.show(...stretch);
    const time = charts.timeAt(event.clientX);
    const span = charts.shadedAt(row, time);
    if (span) player.playSpan(...span);
    else player.go(time);
  });
  holder.addEventListener("pointercancel", end);
  holder.addEventListener("pointerleave", () => {
    viewer.charts.cursor.hidden = true;
    viewer.showHead();
  });
}
