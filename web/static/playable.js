// Clips that this browser cannot play: their pictures come one by one from the service.

export function watch(video) {
  video.addEventListener("error", () => giveUp(video));
  video.addEventListener("loadeddata", () => video.removeAttribute("poster")); // it is of few pixels
  video.addEventListener("loadedmetadata", () => video.videoWidth || giveUp(video)); // its sound alone is known
  if (video.error) giveUp(video);
}

export function stillOf(video) {
  return video.closest("figure")?.querySelector("[data-still]");
}

function giveUp(video) {
  const still = stillOf(video);
  if (!still || video.hidden) return;
  video.pause();
  video.hidden = true;
  still.src ||= `${still.dataset.still}?t=${still.dataset.at ?? 0}`;
  still.hidden = false;
  const note = video.closest("figure").parentElement.querySelector("[data-unplayable]");
  if (note) note.hidden = false;
  video.dispatchEvent(new Event("unplayable"));
}
