// JSON for reading: indented, with keys and masked values marked.

import { h } from "../dom.js";

const KEY = /("(?:[^"\\]|\\.)*")(?=:)/;

export function jsonView(value) {
  if (value === undefined || value === null) return h("p", { class: "muted" }, "Nothing was sent.");
  const lines = JSON.stringify(value, null, 2).split("\n");
  return h(
    "pre",
    { class: "json", tabindex: 0 },
    lines.map((line, place) => [place ? "\n" : "", ...marked(line)]),
  );
}

function marked(line) {
  const [before, key, ...after] = line.split(KEY);
  const rest = key === undefined ? before : after.join("");
  const value = rest.includes('"***"') ? h("span", { class: "masked", title: "masked" }, rest) : rest;
  return key === undefined ? [value] : [before, h("span", { class: "key" }, key), value];
}
