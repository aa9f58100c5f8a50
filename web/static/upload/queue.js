// The files that were chosen, a row each, and those of them that are being sent.

import { send } from "./sending.js";
import { bytes, element } from "./words.js";

const AT_ONCE = 3;

export class Queue {
  constructor(form) {
    this.form = form;
    this.list = form.querySelector(".queue");
    this.limit = Number(form.dataset.maxBytes);
    this.waiting = [];
    this.active = 0;
  }

  // `removed` is called where somebody takes the row away
  addRow(file, removed) {
    const row = document.createElement("li");
    row.append(
      element("span", { className: "file", textContent: file.name, title: file.name }),
      element("span", { className: "muted amount", textContent: bytes(file.size) }),
      element("button", { type: "button", className: "small remove", textContent: "Remove", ariaLabel: `Remove ${file.name}` }),
    );
    row.querySelector(".remove").addEventListener("click", () => {
      row.dispatchEvent(new Event("abandon"));
      this.drop(row);
      removed(row);
    });
    this.list.append(row);
    this.list.hidden = false;
    return row;
  }

  drop(row) {
    row.remove();
    this.list.hidden = !this.list.children.length;
  }

  push(...items) {
    this.waiting.push(...items);
    this.next();
  }

  next() {
    while (this.active < AT_ONCE && this.waiting.length) {
      const item = this.waiting.shift();
      this.active += 1;
      send(item, this.form.action, this.limit).then(
        () => this.finished(item),
        (error) => this.failed(item, error),
      ).finally(() => {
        this.active -= 1;
        this.next();
      });
    }
  }

  finished({ row }) {
    this.drop(row);
    if (document.querySelector("[data-live-list]")) document.dispatchEvent(new Event("live:wake"));
    else if (!this.active || !this.waiting.length) location.assign("/");
  }

  failed(item, error) {
    const { row } = item;
    row.querySelector("progress")?.remove();
    row.querySelector(".amount").textContent = bytes(item.file.size);
    row.querySelector(".remove").textContent = "Remove";
    const message = element("p", { className: "message bad", textContent: `${error.message} ` });
    message.setAttribute("role", "alert");
    if (error.again) {
      const again = element("button", { type: "button", className: "small", textContent: "Try again" });
      again.addEventListener("click", () => this.push(item));
      message.append(again);
    }
    row.append(message);
  }
}
