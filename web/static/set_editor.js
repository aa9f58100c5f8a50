// The editor of a parameter set. It collects the fields as the API takes them; what they come to is
// the server's word: bands and mistakes while somebody types, and verdicts on request.

import { update as updateTimes } from "./times.js";

const PAUSE = 250; // [ms] of no typing before the server is asked

export function start(form) {
  const rows = form.querySelector("[data-rows]");
  const add = form.querySelector("[data-add]");
  const problem = form.querySelector("[data-problem]");
  let timer = null;
  let asked = 0;
  let bandsChanged = false;

  function number(input) {
    return input.value.trim() === "" ? null : Number(input.value);
  }

  const share = (input) => (input.value === "" ? null : Number((Number(input.value) / 100).toFixed(8)));

  function parameter(row) {
    const values = { measure: row.dataset.measure };
    const mode = row.querySelector("[data-mode]").value;
    const names = mode === "bounds" ? ["lower", "upper"] : ["reference", "deviation_percent", "deviation_absolute"];
    for (const name of names) values[name] = number(row.querySelector(`[data-field=${name}]`));
    for (const flag of row.querySelectorAll("[data-flag]")) values[flag.dataset.flag] = flag.checked;
    return values;
  }

  function content() {
    const fields = form.elements;
    return {
      name: fields.name.value,
      description: fields.description.value,
      engine: fields.engine.value,
      engine_version: number(fields.engine_version),
      required_share: share(fields.required_share),
      min_face_share: share(fields.min_face_share),
      default_for: [...form.querySelectorAll("[name=default_for]:checked")].map((box) => box.value),
      parameters: [...rows.children].map(parameter),
    };
  }

  function shape(row) {
    const reference = row.querySelector("[data-mode]").value === "reference";
    row.querySelector(".mode-bounds").hidden = reference;
    row.querySelector(".mode-reference").hidden = !reference;
  }

  function send(method, address, body, headers = {}) {
    return fetch(address, {
      method,
      headers: { Accept: "application/json", "Content-Type": "application/json", ...headers },
      body: JSON.stringify(body),
    });
  }

  async function check() {
    timer = null;
    const number = (asked += 1);
    const response = await send("POST", "/parameter-set-check", content()).catch(() => null);
    if (!response?.ok || number !== asked) return; // the service is away, or somebody types on
    const answer = await response.json();
    [...rows.children].forEach((row, index) => {
      const found = answer.parameters[index];
      if (!found) return;
      row.querySelector("[data-error]").textContent = found.error;
      row.classList.toggle("wrong", Boolean(found.error));
      if (found.error) return;
      row.querySelector("[data-chart]").innerHTML = found.chart;
      row.querySelector("[data-band]").textContent = found.band;
    });
    if (!problem.hidden) showProblem(answer.errors);
  }

  function later() {
    clearTimeout(timer);
    timer = setTimeout(check, PAUSE);
  }

  function showProblem(errors, detail = "") {
    const place = problem.querySelector("div");
    place.replaceChildren();
    problem.hidden = !errors.length && !detail;
    if (detail) place.append(Object.assign(document.createElement("p"), { textContent: detail }));
    const list = document.createElement("ul");
    for (const error of errors) {
      list.append(Object.assign(document.createElement("li"), { textContent: `${named(error.field)}: ${error.detail}` }));
    }
    if (errors.length) place.append(list);
  }

  function named(field) {
    const [, index] = /^parameters\.(\d+)/.exec(field) ?? [];
    const row = index === undefined ? null : rows.children[index];
    return row ? row.querySelector(".words").textContent : field;
  }

  function newRow(option) {
    const row = document.getElementById("row-template").content.firstElementChild.cloneNode(true);
    row.dataset.measure = option.value;
    row.querySelector(".words").textContent = option.dataset.words;
    row.querySelector(".code").textContent = option.value;
    row.querySelector(".unit").textContent = option.dataset.unit === "intensity" ? "" : option.dataset.unit;
    row.querySelector("[role=group]").setAttribute("aria-label", option.dataset.words);
    row.querySelector("[data-remove]").setAttribute("aria-label", `Remove ${option.dataset.words}`);
    shape(row);
    rows.append(row);
    return row;
  }

  function offered() {
    const used = new Set([...rows.children].map((row) => row.dataset.measure));
    for (const option of add.querySelectorAll("option[value]")) option.disabled = used.has(option.value);
  }

  form.addEventListener("input", (event) => {
    if (event.target === add) return;
    if (event.target.closest("[data-rows]")) bandsChanged = true;
    later();
  });
  form.addEventListener("change", (event) => {
    const mode = event.target.closest("[data-mode]");
    if (mode) shape(mode.closest("li"));
    if (event.target !== add || !add.value) return;
    const row = newRow(add.selectedOptions[0]);
    add.value = "";
    bandsChanged = true;
    offered();
    row.querySelector(".mode-bounds input").focus();
    later();
  });
  rows.addEventListener("click", (event) => {
    const button = event.target.closest("[data-remove]");
    if (!button) return;
    const row = button.closest("li");
    const next = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    bandsChanged = true;
    offered();
    (next?.querySelector("[data-remove]") ?? add).focus();
    later();
  });

  form.querySelector("[data-preview]").addEventListener("click", async (event) => {
    const button = event.currentTarget;
    const place = form.querySelector("[data-preview-place]");
    button.disabled = true;
    place.textContent = "Looking at the newest measurements …";
    const { default_for: _, ...body } = content();
    const response = await send("POST", "/parameter-set-preview", body).catch(() => null);
    button.disabled = false;
    place.textContent = "";
    if (!response) return showProblem([], "The connection was lost. Try again.");
    if (!response.ok) return refused(await response.json());
    showProblem([]);
    place.innerHTML = await response.text();
    updateTimes(place);
  });

  function refused(answer) {
    showProblem(answer.errors ?? [], answer.errors?.length ? "" : answer.detail);
    problem.scrollIntoView({ block: "center" });
  }

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = form.querySelector("[type=submit]");
    button.disabled = true;
    const { save, etag } = form.dataset;
    const response = save
      ? await send("PUT", save, content(), { "If-Match": etag }).catch(() => null)
      : await send("POST", "/parameter-sets", learned() ?? content()).catch(() => null);
    button.disabled = false;
    if (!response) return showProblem([], "The connection was lost. Try again.");
    const answer = await response.json();
    if (!response.ok) return refused(answer);
    location.assign(`/parameter-sets/${encodeURIComponent(answer.name)}`);
  });

  // Bands that were learned and left as they are: the set is stored with what it rests on.
  function learned() {
    if (!form.dataset.learned || bandsChanged) return null;
    const { name, description, required_share, min_face_share, default_for } = content();
    return {
      name,
      description,
      required_share,
      min_face_share,
      default_for,
      from_reports: form.dataset.learned.split(",").map(Number),
      [form.dataset.way]: Number(form.dataset.amount),
    };
  }

  for (const row of rows.children) shape(row);
  offered();
}
