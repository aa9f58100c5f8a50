// The editor of a parameter set. It collects the fields as the API takes them; what they come to is
// the server's word: bands and mistakes while somebody types, and verdicts on request.

import { content, learnedContent } from "./set_editor/fields.js";
import { Problem } from "./set_editor/problem.js";
import { Rows, shape } from "./set_editor/rows.js";
import { update as updateTimes } from "./times.js";

const PAUSE = 250; // [ms] of no typing before the server is asked

export function start(form) {
  new Editor(form).listen();
}

class Editor {
  constructor(form) {
    this.form = form;
    this.rows = new Rows(form);
    this.problem = new Problem(form, (field) => this.rows.named(field) ?? named(form, field));
    this.timer = null;
    this.asked = 0;
    this.bandsChanged = false;
  }

  listen() {
    const { form, rows } = this;
    form.addEventListener("input", (event) => {
      if (event.target === rows.add) return;
      if (event.target.closest("[data-rows], [data-nature]")) this.bandsChanged = true;
      this.checkLater();
    });
    form.addEventListener("change", (event) => {
      const mode = event.target.closest("[data-mode]");
      if (mode) shape(mode.closest("li"));
      if (event.target.name === "mode") showMode(form);
      if (event.target !== rows.add || !rows.add.value) return;
      rows.append();
      this.bandsChanged = true;
      this.checkLater();
    });
    rows.list.addEventListener("click", (event) => {
      const button = event.target.closest("[data-remove]");
      if (!button) return;
      rows.remove(button.closest("li"));
      this.bandsChanged = true;
      this.checkLater();
    });
    form.querySelector("[data-preview]").addEventListener("click", (event) => this.preview(event.currentTarget));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.save();
    });
  }

  checkLater() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.check(), PAUSE);
  }

  // what is wrong; null where the service is away, or somebody types on
  async check() {
    const number = (this.asked += 1);
    const response = await send("POST", "/parameter-set-check", content(this.form));
    if (!response?.ok || number !== this.asked) return null;
    const answer = await response.json();
    this.rows.show(answer.parameters);
    const wrong = answer.parameters.map(({ error }, index) => ({ field: `parameters.${index}`, detail: error }));
    const errors = [...answer.errors, ...wrong.filter(({ detail }) => detail)];
    if (this.problem.shown) this.problem.show(errors);
    return errors;
  }

  async preview(button) {
    const place = this.form.querySelector("[data-preview-place]");
    button.disabled = true;
    place.textContent = "Looking at the newest measurements …";
    const { default_for: _, ...body } = content(this.form);
    const response = await send("POST", "/parameter-set-preview", body);
    button.disabled = false;
    place.textContent = "";
    if (!response) return this.problem.lost();
    if (!response.ok) return this.problem.refused(await response.json());
    this.problem.show([]);
    place.innerHTML = await response.text();
    updateTimes(place);
  }

  async save() {
    const { form } = this;
    const button = form.querySelector("[type=submit]");
    button.disabled = true;
    const errors = await this.check();
    const response = errors?.length ? null : await this.store();
    button.disabled = false;
    if (errors?.length) return this.problem.refused({ errors });
    if (!response) return this.problem.lost();
    const answer = await response.json();
    if (!response.ok) return this.problem.refused(answer);
    location.assign(`/parameter-sets/${encodeURIComponent(answer.name)}`);
  }

  store() {
    const { save, etag, learned } = this.form.dataset;
    if (save) return send("PUT", save, content(this.form), { "If-Match": etag });
    const asLearned = learned && !this.bandsChanged;
    return send("POST", "/parameter-sets", asLearned ? learnedContent(this.form) : content(this.form));
  }
}

function showMode(form) {
  const natural = form.elements.mode.value === "natural";
  form.querySelector(".natural-fields").hidden = !natural;
  form.querySelector("[data-besides]").hidden = !natural;
}

// a field as its label names it
function named(form, field) {
  const element = form.elements[field.split(".").at(-1)];
  const label = element?.labels?.[0]?.firstChild?.textContent.trim();
  return label ?? { parameters: "Bands", mode: "What is expected" }[field] ?? field;
}

// null: the connection was lost
function send(method, address, body, headers = {}) {
  return fetch(address, {
    method,
    headers: { Accept: "application/json", "Content-Type": "application/json", ...headers },
    body: JSON.stringify(body),
  }).catch(() => null);
}
