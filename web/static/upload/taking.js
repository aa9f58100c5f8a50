// Files that are pasted, or dropped anywhere on the page.

export function takeFiles(form, choose) {
  const isFiles = (event) => event.dataTransfer?.types.includes("Files");
  let depth = 0; // of the elements that are dragged over
  document.addEventListener("paste", (event) => {
    if (event.clipboardData?.files.length) choose(event.clipboardData.files);
  });
  document.addEventListener("dragenter", (event) => {
    if (isFiles(event)) form.classList.toggle("dragging", (depth += 1) > 0);
  });
  document.addEventListener("dragleave", (event) => {
    if (isFiles(event)) form.classList.toggle("dragging", (depth -= 1) > 0);
  });
  document.addEventListener("dragover", (event) => isFiles(event) && event.preventDefault());
  document.addEventListener("drop", (event) => {
    if (!isFiles(event)) return;
    event.preventDefault();
    depth = 0;
    form.classList.remove("dragging");
    choose(event.dataTransfer.files);
  });
}
