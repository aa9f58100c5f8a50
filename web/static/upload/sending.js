// One file on its way. What the host does not take in one request goes straight to storage: the app
// is asked for an address that is good for this one file, and the file is PUT there.

import { element, progress } from "./words.js";

const JSON_WANTED = { Accept: "application/json" };
const HOST_TAKES = 0.99; // of its limit: the form around the file takes some

export async function send(item, action, limit) {
  const { file, row, fields, key } = item;
  row.querySelector(".message")?.remove();
  const bar = element("progress", { max: file.size || 1, value: 0, ariaLabel: `Uploading ${file.name}` });
  row.append(bar);
  row.querySelector(".remove").textContent = "Cancel";
  const watch = progress(row, bar, file.size);
  if (file.size >= limit * HOST_TAKES) return sendToStorage(item, watch);
  const body = new FormData();
  fields.forEach(([name, value]) => body.append(name, value));
  body.append("file", file, file.name);
  return request(row, watch, "POST", action, { ...JSON_WANTED, "Idempotency-Key": key }, body);
}

async function sendToStorage({ file, row, fields }, watch) {
  const wanted = { filename: file.name, size: file.size, parameter_set: [] };
  for (const [name, value] of fields) {
    if (name === "parameter_set") wanted.parameter_set.push(value);
    else wanted[name] = value;
  }
  const headers = { ...JSON_WANTED, "Content-Type": "application/json" };
  const place = await request(row, null, "POST", "/upload-url", headers, JSON.stringify(wanted));
  await request(row, watch, place.method, place.upload_url, place.headers, file);
  return place;
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
