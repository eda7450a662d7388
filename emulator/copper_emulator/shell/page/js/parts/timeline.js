// When was what sent, held or lost, relative to the windows of the limits? A drawing over virtual time.

import { svg } from "../dom.js";
import { clockTime, count } from "../words.js";

const LEFT = 88;
const RIGHT = 12;
const LANE = 46;
const ROW = 15;
const AXIS = 20;
const SLOT = 6;
const LEAST_WIDTH = 240;
/** Width of a moment's label on the axis, with some space around it. */
const LABEL = 90;

// Lanes differ in position and label, not only in colour.
const LANES = [
  ["delivered", "good", (mark) => mark.what === "delivered"],
  ["failed", "bad", (mark) => ["rejected", "failed", "unknown"].includes(mark.what)],
  ["held", "wait", (mark) => mark.what === "held"],
  ["not sent", "bad", (mark) => ["lost", "dropped", "blocked", "cancelled"].includes(mark.what)],
];

/** `marks`: [{at, what}] in ms; `windows`: [{from, until, text, full}] in ms; `room`: the width available.
 *
 * Drawn at that width rather than scaled, because scaling would shrink the text with it.
 */
export function timeline(marks, windows, { from, until, now }, room) {
  const width = Math.max(LEAST_WIDTH, Math.floor(room));
  const plot = width - LEFT - RIGHT;
  const top = 8 + windows.length * ROW;
  const bottom = top + LANE * LANES.length;
  const x = (moment) => LEFT + ((moment - from) / Math.max(1, until - from)) * plot;
  const text = LANES.map(([word, , fits]) => `${count(marks.filter(fits).length, "notification")} ${word}`).join(", ");
  return svg(
    "svg",
    {
      width,
      height: bottom + AXIS,
      viewBox: `0 0 ${width} ${bottom + AXIS}`,
      class: "timeline",
      role: "img",
      "aria-label": `From ${clockTime(iso(from))} to ${clockTime(iso(until))}: ${text}`,
    },
    windows.map((window, place) => windowOf(window, place, x, from, until, bottom)),
    LANES.flatMap(([word, kind, fits], place) =>
      lane(word, kind, marks.filter(fits), { bottom: top + LANE * (place + 1) - 4, from, until, plot }),
    ),
    svg("line", { x1: x(now), x2: x(now), y1: 2, y2: bottom, class: "now" }, svg("title", {}, "now")),
    axis(x, from, until, bottom + 14, Math.max(1, Math.min(6, Math.floor(plot / LABEL)))),
  );
}

const iso = (ms) => new Date(ms).toISOString();

/** Each window has a row of its own above the lanes; a full one is shaded down through them. */
function windowOf(window, place, x, from, until, bottom) {
  const left = x(Math.max(from, window.from));
  const width = Math.max(2, x(Math.min(until, window.until)) - left);
  const y = 4 + place * ROW;
  return svg(
    "g",
    {},
    svg("text", { x: 4, y: y + 8, class: "label" }, window.text),
    window.full && svg("rect", { x: left, y, width, height: bottom - y, class: "shade" }),
    svg("rect", { x: left, y, width, height: ROW - 4, class: window.full ? "window full" : "window" }),
    svg("title", {}, `${window.text}: ${clockTime(iso(window.from))} to ${clockTime(iso(window.until))}`),
  );
}

function lane(word, kind, marks, { bottom, from, until, plot }) {
  const most = Math.floor(plot / SLOT);
  const heights = new Array(most).fill(0);
  for (const mark of marks) {
    const share = (mark.at - from) / Math.max(1, until - from);
    if (share >= 0 && share <= 1) heights[Math.min(most - 1, Math.floor(share * most))] += 1;
  }
  const tallest = Math.max(...heights, 1);
  const width = plot / most;
  return [
    svg("line", { x1: LEFT, x2: LEFT + plot, y1: bottom, y2: bottom, class: "base" }),
    svg("text", { x: 4, y: bottom - 8, class: "lane" }, word),
    svg("text", { x: 4, y: bottom + 3, class: "label" }, String(marks.length)),
    heights.map((number, slot) => {
      // A single mark among hundreds must still be visible.
      const height = number ? Math.max(3, (number / tallest) * (LANE - 12)) : 0;
      const title = svg(
        "title",
        {},
        `${clockTime(iso(from + ((slot + 0.5) / most) * (until - from)))}: ${number} ${word}`,
      );
      return number
        ? svg(
            "rect",
            { x: LEFT + slot * width, y: bottom - height, width: Math.max(1, width - 1), height, class: kind },
            title,
          )
        : null;
    }),
  ].flat();
}

function axis(x, from, until, y, steps) {
  return Array.from({ length: steps + 1 }, (_, step) => {
    const moment = from + ((until - from) * step) / steps;
    return svg(
      "text",
      { x: x(moment), y, class: "label", "text-anchor": step === 0 ? "start" : step === steps ? "end" : "middle" },
      clockTime(iso(moment)),
    );
  });
}
