// How is a row of the list shown? Its cells, and lines between days if there are several.

import { h } from "../dom.js";
import { told } from "../telling.js";
import { clockTime, day, fullTime, status, statusDetail, topic, UNSENT } from "../words.js";

/** Name, heading and, for sortable columns, the name of the order. */
export const COLUMNS = [
  ["check", ""],
  ["time", "Changed", "change"],
  ["sent", "Sent", "sent"],
  ["state", "Status"],
  ["topic", "Topic"],
  ["ids", "Ids"],
  ["target", "Target"],
  ["serial", "#"],
];

export function cells(row, checkbox, now) {
  const about = [row.type ? topic(row) : "", idsCell(row.ids)];
  if (!row.serial) {
    const text = h("span", { class: "muted", title: told(row.text) }, told(row.text));
    return ["", moment(row.created_at), "", status(row.state), ...about, text, ""];
  }
  const state = status(row.state, statusDetail(row, now));
  // Shortened; the full target is in the detail pane and in the tooltip.
  const target = h("span", { title: row.target }, again(row), row.target.replace(/^https:\/\//, ""));
  const sent = row.started_at && !UNSENT.includes(row.state) ? moment(row.started_at) : "";
  return [checkbox(row), moment(row.created_at), sent, state, ...about, target, String(row.serial)];
}

/** The first id, and how many there are: if there is too little room, the number stays. */
function idsCell(ids) {
  if (!ids.length) return "";
  const many = ids.length > 1;
  const first = h("span", { class: "first-id", title: ids.join(", ") }, many ? `${ids[0]} …` : ids[0]);
  return [first, many && ` (${ids.length})`];
}

function moment(iso) {
  return h("span", { title: fullTime(iso) }, clockTime(iso));
}

/** Marks a resend, and a delivery that was resent. */
function again({ resend_of: earlier, resent_as: later }) {
  const words = earlier ? ["resend ", `of #${earlier}`] : later?.length ? ["resent ", `as #${later.at(-1)}`] : null;
  return words && [h("span", { class: "mark" }, "↻ ", h("span", { class: "long" }, words[0]), words[1]), " "];
}

/** The rows with a line for each day, unless all are from today. `now` is null while the account's time is unknown. */
export function withDays(rows, by, now) {
  const today = now === null ? day(rows[0]?.created_at) : day(new Date(now).toISOString());
  const dayOf = (row) => (by === "sent" && row.serial ? day(row.started_at) || "not sent yet" : day(row.created_at));
  const days = rows.map(dayOf);
  if (days.every((each) => each === today)) return rows;
  return rows.flatMap((row, place) =>
    days[place] === days[place - 1] ? [row] : [{ separator: days[place], key: `day-${place}` }, row],
  );
}
