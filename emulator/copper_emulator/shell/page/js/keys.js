// What do keys do? One table, shown under `?`; a view adds its own for as long as it is open.

const keys = new Map();

/** `onKey("j", "next delivery", act, signal)`; removed when the signal aborts. */
export function onKey(key, text, act, signal) {
  keys.set(key, { text, act });
  signal?.addEventListener("abort", () => keys.delete(key));
}

export function allKeys() {
  return [...keys].map(([key, { text }]) => [key, text]);
}

const TYPING = "input:not([type=checkbox]):not([type=radio]), textarea, select, [contenteditable]";

addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest?.(TYPING)) return;
  if (document.querySelector("dialog[open]")) return;
  const known = keys.get(event.key);
  if (known === undefined) return;
  event.preventDefault();
  known.act();
});
