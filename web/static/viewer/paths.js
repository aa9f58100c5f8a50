// The data of the charts' paths, as numbers. Units: shared/pages/timelines.py.

// `M0 480l5-3 5 10M90 470l…`: absolute starts of lines, relative steps.
export function points(data) {
  const found = [];
  for (const line of data.split("M").slice(1)) {
    const [begin, steps] = line.split("l");
    let [x, y] = numbers(begin);
    found.push({ x, y });
    const rest = numbers(steps);
    for (let index = 0; index < rest.length; index += 2) {
      x += rest[index];
      y += rest[index + 1];
      if (rest.length > 2 || rest[0] || rest[1]) found.push({ x, y });
    }
  }
  return found;
}

// `M100 0h25v300h-25z` each: start and end.
export function spans(data) {
  return data.split("M").slice(1).map((part) => {
    const [start, , width] = numbers(part);
    return [start, start + width];
  });
}

function numbers(text) {
  return (text.match(/-?\d+/g) ?? []).map(Number);
}
