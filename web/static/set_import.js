// A parameter set from a file.

export function start(input) {
  input.addEventListener("change", async () => {
    const [file] = input.files;
    input.value = "";
    if (!file) return;
    const type = /\.csv$/i.test(file.name) ? "text/csv" : "application/json";
    const response = await fetch("/parameter-sets", {
      method: "POST",
      headers: { Accept: "application/json", "Content-Type": type },
      body: file,
    }).catch(() => null);
    const answer = response ? await response.json() : { detail: "The connection was lost. Try again." };
    if (response?.ok) return location.assign(`/parameter-sets/${encodeURIComponent(answer.name)}`);
    const place = document.querySelector("[data-import-problem]");
    place.querySelector("span").textContent = `${file.name}: ${answer.detail}`;
    place.hidden = false;
  });
}
