// Uploading: files that are dropped, pasted or chosen; each with its progress, three at a time.
//
// A file that the host does not take in one request goes straight to storage: the app is asked for
// an address that is good for this one file, and the file is PUT there.

import { lasting } from "./times.js";

const AT_ONCE = 3;
const REMEMBERED = "avatar"; // in local storage: the avatar is mostly the same as last time

export function start(form) {
  const input = form.querySelector("input[type=file]");
  const avatar = form.elements.avatar;
  const queue = form.querySelector(".queue");
  const limit = Number(form.dataset.maxBytes);
  const waiting = [];
  let chosen = [];
  let active = 0;

  input.multiple = true;
  if (!avatar.value) avatar.value = remembered();

  function choose(files) {
    const added = [...files].filter((file) => file.size > 0 || file.type);
    if (!added.length) return;
    chosen.push(...added.map((file) => ({ file, row: addRow(file) })));
    input.required = false;
    input.value = "";
    label();
    (avatar.value ? form.querySelector("[type=submit]") : avatar).focus();
  }

  function label() {
    const button = form.querySelector("[type=submit]");
    button.lastChild.textContent = chosen.length > 1 ? `Upload ${chosen.length} files` : "Upload";
    input.required = !chosen.length;
  }

  function addRow(file) {
    const row = document.createElement("li");
    row.append(
      element("span", { className: "file", textContent: file.name, title: file.name }),
      element("span", { className: "muted amount", textContent: bytes(file.size) }),
      element("button", { type: "button", className: "small remove", textContent: "Remove", ariaLabel: `Remove ${file.name}` }),
    );
    row.querySelector(".remove").addEventListener("click", () => {
      chosen = chosen.filter((item) => item.row !== row);
      row.dispatchEvent(new Event("abandon"));
      row.remove();
      queue.hidden = !queue.children.length;
      label();
      input.focus();
    });
    queue.append(row);
    queue.hidden = false;
    return row;
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    remember(avatar.value);
    const fields = [...new FormData(form)].filter(([name, value]) => name !== "file" && value !== "");
    const sent = chosen.map((item) => ({ ...item, fields, key: randomKey() }));
    chosen = [];
    label();
    waiting.push(...sent);
    next();
  });

  function next() {
    while (active < AT_ONCE && waiting.length) {
      const item = waiting.shift();
      active += 1;
      send(item).then(
        () => finished(item),
        (error) => failed(item, error),
      ).finally(() => {
        active -= 1;
        next();
      });
    }
  }

  async function send(item) {
    const { file, row, fields, key } = item;
    row.querySelector(".message")?.remove();
    const bar = element("progress", { max: file.size || 1, value: 0, ariaLabel: `Uploading ${file.name}` });
    row.append(bar);
    row.querySelector(".remove").textContent = "Cancel";
    const watch = progress(row, bar, file.size);
    if (file.size < limit * 0.99) {
      const body = new FormData();
      fields.forEach(([name, value]) => body.append(name, value));
      body.append("file", file, file.name);
      return request(row, watch, "POST", form.action, { Accept: "application/json", "Idempotency-Key": key }, body);
    }
    const wanted = { filename: file.name, size: file.size, parameter_set: [] };
    for (const [name, value] of fields) {
      if (name === "parameter_set") wanted.parameter_set.push(value);
      else wanted[name] = value;
    }
    const headers = { Accept: "application/json", "Content-Type": "application/json" };
    const place = await request(row, null, "POST", "/upload-url", headers, JSON.stringify(wanted));
    await request(row, watch, place.method, place.upload_url, place.headers, file);
    return place;
  }

  function finished({ row }) {
    row.remove();
    queue.hidden = !queue.children.length;
    if (document.querySelector("[data-live-list]")) document.dispatchEvent(new Event("live:wake"));
    else if (!active || !waiting.length) location.assign("/");
  }

  function failed(item, error) {
    const { row } = item;
    row.querySelector("progress")?.remove();
    row.querySelector(".amount").textContent = bytes(item.file.size);
    row.querySelector(".remove").textContent = "Remove";
    const message = element("p", { className: "message bad", textContent: `${error.message} ` });
    message.setAttribute("role", "alert");
    if (error.again) {
      const again = element("button", { type: "button", className: "small", textContent: "Try again" });
      again.addEventListener("click", () => {
        waiting.push(item);
        next();
      });
      message.append(again);
    }
    row.append(message);
  }

  const picker = form.querySelector("[data-picker]");
  picker?.addEventListener("change", () => {
    const names = [...picker.querySelectorAll(":checked")].map((box) => box.value);
    picker.querySelector("[data-picked]").textContent = names.join(", ") || "the default set, if there is one";
  });
  input.addEventListener("change", () => choose(input.files));
  document.addEventListener("paste", (event) => {
    if (event.clipboardData?.files.length) choose(event.clipboardData.files);
  });
  const isFiles = (event) => event.dataTransfer?.types.includes("Files");
  let depth = 0;
  document.addEventListener("dragenter", (event) => {
    if (isFiles(event)) form.classList.toggle("dragging", (depth += 1) > 0);
  });
  document.addEventListener("dragleave", (event) => {
    if (isFiles(event)) form.classList.toggle("dragging", (depth -= 1) > 0);
  });
  document.addEventListener("dragover", (event) => isFiles(event) && event.preventDefault());
  document.addEventListener("drop", (event) => {
    if (!isFiles(event)) return;
    event.preventDefault();
    depth = 0;
    form.classList.remove("dragging");
    choose(event.dataTransfer.files);
  });
  if (input.files.length) choose(input.files); // chosen before this script ran
}

// XMLHttpRequest, because fetch cannot say how much has been sent.
function request(row, watch, method, address, headers, body) {
  return new Promise((resolve, reject) => {
    const http = new XMLHttpRequest();
    http.open(method, address);
    for (const [name, value] of Object.entries(headers)) http.setRequestHeader(name, value);
    if (watch) http.upload.addEventListener("progress", (event) => watch(event.loaded));
    http.addEventListener("load", () => {
      if (http.status < 300) return resolve(http.responseText ? parsed(http.responseText) : {});
      const problem = parsed(http.responseText);
      reject(refusal(problem.detail ?? `The service answered ${http.status}.`, http.status >= 500 || http.status === 429));
    });
    http.addEventListener("error", () => reject(refusal("The connection was lost.", true)));
    row.addEventListener("abandon", () => http.abort(), { once: true });
    http.send(body);
  });
}

function refusal(message, again) {
  return Object.assign(new Error(message), { again });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

function progress(row, bar, size) {
  const began = performance.now();
  const words = row.querySelector(".amount");
  return (sent) => {
    const done = Math.min(sent, size);
    bar.value = done;
    const seconds = (performance.now() - began) / 1000;
    const speed = done / Math.max(seconds, 0.05);
    const percent = size ? Math.floor((100 * done) / size) : 100;
    const left = seconds > 2 && speed ? `, ${lasting((size - done) / speed)} left` : "";
    words.textContent = done < size ? `${percent} % of ${bytes(size)} at ${bytes(speed)}/s${left}` : "checking the file";
  };
}

function bytes(size) {
  const units = ["B", "kB", "MB", "GB"];
  let unit = 0;
  while (size >= 999.5 && unit < units.length - 1) {
    size /= 1000;
    unit += 1;
  }
  return `${unit && size < 10 ? size.toFixed(1) : Math.round(size)} ${units[unit]}`;
}

function element(name, properties) {
  return Object.assign(document.createElement(name), properties);
}

function randomKey() {
  // not crypto.randomUUID(), which is missing on plain HTTP
  return [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

function remembered() {
  try {
    return localStorage.getItem(REMEMBERED) ?? "";
  } catch {
    return ""; // storage is switched off
  }
}

function remember(name) {
  try {
    localStorage.setItem(REMEMBERED, name);
  } catch {
    // storage is switched off
  }
}
