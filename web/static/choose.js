// The grid of an avatar's builds: two clips or two builds are chosen, no more, and it is said.

export function start(form) {
  const hint = form.querySelector("[data-hint]");
  const button = form.querySelector("[type=submit]");
  const boxes = [...form.querySelectorAll("[type=checkbox]")];

  function show(changed) {
    const chosen = (name) => boxes.filter((box) => box.checked && box.name === name);
    if (changed?.checked) {
      for (const box of boxes) if (box.name !== changed.name) box.checked = false; // no clip against a build
      const [first, ...others] = chosen(changed.name).filter((box) => box !== changed);
      if (others.length) first.checked = false;
    }
    const [clips, builds] = [chosen("measurement").length, chosen("build").length];
    button.disabled = clips !== 2 && builds !== 2;
    if (clips + builds === 0) hint.textContent = "Mark two clips, or two builds.";
    else if (button.disabled) hint.textContent = builds ? "Mark another build." : "Mark another clip.";
    else hint.textContent = builds ? "Two builds are marked." : "Two clips are marked.";
  }

  form.addEventListener("change", (event) => show(event.target));
  globalThis.addEventListener("pageshow", () => show()); // a browser that comes back keeps what was marked
  show();
}
