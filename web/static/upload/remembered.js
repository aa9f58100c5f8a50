// The avatar is mostly the same as last time.

const NAME = "avatar"; // in local storage

export function remembered() {
  try {
    return localStorage.getItem(NAME) ?? "";
  } catch {
    return ""; // storage is switched off
  }
}

export function remember(avatar) {
  try {
    localStorage.setItem(NAME, avatar);
  } catch {
    // storage is switched off
  }
}
