// What the editor's fields hold, as the API takes it.

export function content(form) {
  const fields = form.elements;
  return {
    name: fields.name.value,
    description: fields.description.value,
    engine: fields.engine.value,
    engine_version: number(fields.engine_version),
    required_share: share(fields.required_share),
    min_face_share: share(fields.min_face_share),
    default_for: [...form.querySelectorAll("[name=default_for]:checked")].map((box) => box.value),
    mode: fields.mode.value,
    natural: fields.mode.value === "natural" ? nature(form) : null,
    parameters: [...form.querySelector("[data-rows]").children].map(parameter),
  };
}

// Bands that were learned and left as they are: the set is stored with what it rests on.
export function learnedContent(form) {
  const { name, description, required_share, min_face_share, default_for } = content(form);
  return {
    name,
    description,
    required_share,
    min_face_share,
    default_for,
    same_setup: form.dataset.sameSetup !== "false",
    from_reports: form.dataset.learned.split(",").map(Number),
    [form.dataset.way]: Number(form.dataset.amount),
  };
}

// its recordings and its population stay as they came
function nature(form) {
  const fields = form.elements;
  return {
    ...JSON.parse(form.dataset.natural),
    false_alarms: share(fields.false_alarms),
    same_setup: fields.same_setup.value === "true",
    left_out: [...form.querySelectorAll("[name=left_out]:checked")].map((box) => box.value),
  };
}

function parameter(row) {
  const values = { measure: row.dataset.measure };
  const mode = row.querySelector("[data-mode]").value;
  const names = mode === "bounds" ? ["lower", "upper"] : ["reference", "deviation_percent", "deviation_absolute"];
  for (const name of [...names, "against"]) values[name] = number(row.querySelector(`[data-field=${name}]`));
  for (const flag of row.querySelectorAll("[data-flag]")) values[flag.dataset.flag] = flag.checked;
  return values;
}

function number(input) {
  return input.value.trim() === "" ? null : Number(input.value);
}

function share(input) {
  return input.value === "" ? null : Number((Number(input.value) / 100).toFixed(8));
}
