// Uploading: files that are dropped, pasted or chosen; each with its progress, three at a time.

import { Queue } from "./upload/queue.js";
import { remember, remembered } from "./upload/remembered.js";
import { takeFiles } from "./upload/taking.js";

export function start(form) {
  const upload = new Upload(form);
  takeFiles(form, (files) => upload.choose(files));
  const picker = form.querySelector("[data-picker]");
  picker?.addEventListener("change", () => {
    const names = [...picker.querySelectorAll(":checked")].map((box) => box.value);
    picker.querySelector("[data-picked]").textContent = names.join(", ") || "the default set, if there is one";
  });
}

class Upload {
  constructor(form) {
    this.form = form;
    this.input = form.querySelector("input[type=file]");
    this.avatar = form.elements.avatar;
    this.queue = new Queue(form);
    this.chosen = []; // and not sent yet
    this.input.multiple = true;
    if (!this.avatar.value) this.avatar.value = remembered();
    this.input.addEventListener("change", () => this.choose(this.input.files));
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.send();
    });
    if (this.input.files.length) this.choose(this.input.files); // chosen before this script ran
  }

  get button() {
    return this.form.querySelector("[type=submit]");
  }

  choose(files) {
    const added = [...files].filter((file) => file.size > 0 || file.type);
    if (!added.length) return;
    this.form.closest("details").open = true; // folded on a small screen
    this.chosen.push(...added.map((file) => ({ file, row: this.queue.addRow(file, (row) => this.forget(row)) })));
    this.input.required = false;
    this.input.value = "";
    this.label();
    (this.avatar.value ? this.button : this.avatar).focus();
  }

  forget(row) {
    this.chosen = this.chosen.filter((item) => item.row !== row);
    this.label();
    this.input.focus();
  }

  label() {
    const { length } = this.chosen;
    this.button.lastChild.textContent = length > 1 ? `Upload ${length} files` : "Upload";
    this.input.required = !length;
  }

  send() {
    remember(this.avatar.value);
    const fields = [...new FormData(this.form)].filter(([name, value]) => name !== "file" && value !== "");
    const sent = this.chosen.map((item) => ({ ...item, fields, key: randomKey() }));
    this.chosen = [];
    this.label();
    this.queue.push(...sent);
  }
}

function randomKey() {
  // not crypto.randomUUID(), which is missing on plain HTTP
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}
