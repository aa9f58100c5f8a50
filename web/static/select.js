// Choosing many jobs: how many there are, and all of the page at once.

export function start(bar) {
  const list = document.querySelector("[data-live-query]");
  const all = list.querySelector("[data-all]");
  const boxes = () => [...list.querySelectorAll("tbody input[name=job]")];

  function count() {
    const chosen = boxes().filter((box) => box.checked).length;
    bar.hidden = !chosen;
    bar.querySelector("output").value = `${chosen} chosen`;
    all.checked = chosen > 0 && chosen === boxes().length;
    all.indeterminate = chosen > 0 && !all.checked;
  }

  list.addEventListener("change", (event) => {
    if (event.target === all) boxes().forEach((box) => (box.checked = all.checked));
    count();
  });
  bar.querySelector("[data-none]").addEventListener("click", () => {
    boxes().forEach((box) => (box.checked = false));
    count();
    all.focus();
  });
  count();
}
