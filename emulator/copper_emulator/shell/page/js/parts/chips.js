// Which filters are on? Each is a chip that can be removed; all of them must match.

import { button, h } from "../dom.js";

/** `names` of the filters; `words` for values shown differently. */
export function chips(filters, names, words, onChange) {
  const on = Object.entries(filters).filter(([name, value]) => value && names[name]);
  if (!on.length) return null;
  const made = on.map(([name, value]) => {
    const text = `${names[name]}: ${words[value] ?? value}`;
    return h(
      "span",
      { class: "chip" },
      h("span", {}, text),
      button("×", () => onChange({ ...filters, [name]: "" }), { "aria-label": `Remove filter ${text}` }),
    );
  });
  const none = Object.fromEntries(Object.keys(filters).map((name) => [name, ""]));
  return h(
    "div",
    { class: "chips" },
    made,
    button("Clear filters", () => onChange(none), { class: "plain" }),
  );
}
