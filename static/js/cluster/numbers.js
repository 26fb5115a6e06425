// Numbers and times as the live page writes them.

const units = [[1e12, "T"], [1e9, "G"], [1e6, "M"], [1e3, "k"]];

function si(value, unit = "") {
  if (value === null || value === undefined) return "–";
  for (const [size, letter] of units) {
    if (Math.abs(value) >= size) return `${(value / size).toFixed(Math.abs(value) >= 100 * size ? 0 : 1)} ${letter}${unit}`;
  }
  const digits = Number.isInteger(value) || Math.abs(value) >= 100 ? 0 : 1;
  return `${value.toFixed(digits)}${unit ? ` ${unit}` : ""}`;
}

// The value of a field of a row, with its unit; "–" where it is unknown.
export const shown = (field, value) => (field.includes("bytes") ? si(value, "B") : si(value));

export const clock = new Intl.DateTimeFormat(undefined, { timeStyle: "medium", hourCycle: "h23" });
export const minute = new Intl.DateTimeFormat(undefined, { timeStyle: "short", hourCycle: "h23" });

// Sets a text, and leaves the page alone where it stands there already.
export function write(element, text) {
  if (element && element.textContent !== text) element.textContent = text;
}
