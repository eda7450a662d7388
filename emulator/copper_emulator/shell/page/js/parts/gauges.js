// How close are the sending limits? A meter for each window.

import { h } from "../dom.js";
import { clockTime } from "../words.js";

export function gauges(limits) {
  return limits.map((limit) => {
    const { most } = limit;
    // The moment, as how long it is until then would differ between the two places where it is shown.
    const words = limit.opens_at ? `full, opens at ${clockTime(limit.opens_at)}` : `${limit.room} left`;
    return h(
      "div",
      { class: "gauge" },
      h(
        "div",
        { class: "words" },
        h("span", {}, limit.limit),
        h("span", { class: "mono" }, `${limit.counted}/${most}`),
      ),
      h("meter", {
        min: 0,
        max: most || 1,
        value: limit.counted,
        low: most * 0.999,
        high: most,
        optimum: 0,
        "aria-label": `Sent against the limit of ${limit.limit}`,
      }),
      h("span", { class: "muted" }, limit.held ? `${words}, ${limit.held} held` : words),
    );
  });
}
