// Below the list: how many rows are loaded, whether there are older ones, and how many are hidden.

import { button, fill, h } from "../dom.js";
import { count } from "../words.js";
import { takenOff } from "./selection.js";

/** `sorted`: whether the order differs from that of the changes. */
export function listFoot(place, { session, feed, rows, sorted, onShow, onOlder }) {
  const off = takenOff(session, onShow);
  // Nothing was requested, so nothing is known.
  if (feed.wrong) return fill(place, off);
  const { hasOlder, isFull } = feed;
  if (!rows.length && !hasOlder) return fill(place, off);
  const number = feed.older ? feed.older.toLocaleString("en") : "";
  return fill(
    place,
    h("span", { class: "muted", id: "row-count" }, `${count(rows.length, "row")} here`),
    hasOlder && sorted && h("span", { class: "muted" }, "only rows here are sorted"),
    off,
    !hasOlder && h("span", { class: "muted" }, "nothing older"),
    hasOlder &&
      isFull &&
      h("span", { class: "muted" }, `${number || "there may be"} older, not kept here: filter to see them`),
    hasOlder && !isFull && button(number ? `Load older (${number})` : "Load older", onOlder),
  );
}
