// The editor's rows: a measure each, with its band.

export class Rows {
  constructor(form) {
    this.list = form.querySelector("[data-rows]");
    this.add = form.querySelector("[data-add]");
    for (const row of this.list.children) shape(row);
    this.offer();
  }

  // a row for the measure that was chosen from the list
  append() {
    const [option] = this.add.selectedOptions;
    const row = document.getElementById("row-template").content.firstElementChild.cloneNode(true);
    row.dataset.measure = option.value;
    row.querySelector(".words").textContent = option.dataset.words;
    row.querySelector(".code").textContent = option.value;
    row.querySelector(".unit").textContent = option.dataset.unit === "intensity" ? "" : option.dataset.unit;
    row.querySelector("[role=group]").setAttribute("aria-label", option.dataset.words);
    row.querySelector("[data-remove]").setAttribute("aria-label", `Remove ${option.dataset.words}`);
    shape(row);
    this.list.append(row);
    this.add.value = "";
    this.offer();
    row.querySelector(".mode-bounds input").focus();
  }

  remove(row) {
    const next = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    this.offer();
    (next?.querySelector("[data-remove]") ?? this.add).focus();
  }

  // what the server says of each
  show(parameters) {
    [...this.list.children].forEach((row, index) => {
      const found = parameters[index];
      if (!found) return;
      row.querySelector("[data-error]").textContent = found.error;
      row.classList.toggle("wrong", Boolean(found.error));
      if (found.error) return;
      row.querySelector("[data-chart]").innerHTML = found.chart;
      row.querySelector("[data-band]").textContent = found.band;
    });
  }

  // a parameter by its words; null for any other field
  named(field) {
    const [, index] = /^parameters\.(\d+)/.exec(field) ?? [];
    const row = index === undefined ? null : this.list.children[index];
    return row ? row.querySelector(".words").textContent : null;
  }

  // measures that have no row yet
  offer() {
    const used = new Set([...this.list.children].map((row) => row.dataset.measure));
    for (const option of this.add.querySelectorAll("option[value]")) option.disabled = used.has(option.value);
  }
}

// the fields of the mode that is chosen
export function shape(row) {
  const reference = row.querySelector("[data-mode]").value === "reference";
  row.querySelector(".mode-bounds").hidden = reference;
  row.querySelector(".mode-reference").hidden = !reference;
}
