// Hold a measurement to another parameter set, and go to the new report.

export function start(form) {
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("button");
    button.disabled = true;
    const body = { report: Number(form.dataset.hold), parameter_sets: [form.elements.parameter_set.value] };
    try {
      const response = await fetch("/reports", {
        method: "POST",
        headers: { Accept: "application/json", "Content-Type": "application/json" },
        body: JSON.stringify(body),
      });
      const answer = await response.json();
      if (!response.ok) throw new Error(answer.detail);
      location.assign(`/reports/${answer.items[0].id}`);
    } catch (error) {
      let message = form.querySelector("[role=alert]");
      if (!message) {
        message = Object.assign(document.createElement("p"), { className: "bad" });
        message.setAttribute("role", "alert");
        form.append(message);
      }
      message.textContent = error.message;
      button.disabled = false;
    }
  });
}
