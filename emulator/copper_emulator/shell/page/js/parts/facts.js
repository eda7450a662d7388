// Names and values, one below the other.

import { h } from "../dom.js";

export function facts(pairs) {
  return h(
    "dl",
    { class: "facts" },
    pairs.flatMap(([name, value]) => [h("dt", {}, name), h("dd", {}, value)]),
  );
}
