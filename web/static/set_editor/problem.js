// Why a set cannot be saved.

export class Problem {
  constructor(form, named) {
    this.element = form.querySelector("[data-problem]");
    this.named = named;
  }

  get shown() {
    return !this.element.hidden;
  }

  show(errors, detail = "") {
    const place = this.element.querySelector("div");
    place.replaceChildren();
    this.element.hidden = !errors.length && !detail;
    if (detail) place.append(made("p", detail));
    const list = document.createElement("ul");
    for (const error of errors) list.append(made("li", `${this.named(error.field)}: ${error.detail}`));
    if (errors.length) place.append(list);
  }

  refused(answer) {
    this.show(answer.errors ?? [], answer.errors?.length ? "" : answer.detail);
    this.element.scrollIntoView({ block: "center" });
  }

  lost() {
    this.show([], "The connection was lost. Try again.");
  }
}

function made(name, textContent) {
  return Object.assign(document.createElement(name), { textContent });
}
