// Deleting or archiving a parameter set, in the state in which it was seen.

export function start(form) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const headers = { Accept: "application/json", "If-Match": form.dataset.etag };
    const response = await fetch(form.dataset.removeSet, { method: "DELETE", headers }).catch(() => null);
    if (response?.ok) return location.assign("/parameter-sets");
    const answer = response ? await response.json() : { detail: "The connection was lost. Try again." };
    form.querySelector("[role=alert]").textContent = answer.detail;
  });
}
