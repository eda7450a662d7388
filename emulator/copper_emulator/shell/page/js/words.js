// How are statuses, moments, ids and topics written? As on the command line and in tests.

import { h } from "./dom.js";

/** Said of an answer of which not everything is there. */
export const CUT = "It was longer, or just as long: the first 64 KiB of an answer are kept.";

export const EVENTS = ["new", "update", "delete"];

/** Copper's types and the events notified for each. */
export const TOPICS = {
  lead: EVENTS,
  person: EVENTS,
  company: EVENTS,
  opportunity: EVENTS,
  project: EVENTS,
  task: EVENTS,
  activity_log: ["new"],
};

export const TYPES = Object.keys(TOPICS);

export const STATES = [
  "queued",
  "held",
  "sending",
  "delivered",
  "rejected",
  "failed",
  "lost",
  "dropped",
  "blocked",
  "unknown",
  "cancelled",
];

/** States that are not final. */
export const UNDER_WAY = ["queued", "held", "sending"];

/** States of what ended without being sent; the moment at which it would have been is none of sending. */
export const UNSENT = ["lost", "dropped", "blocked", "cancelled"];

/** States that need attention, or are not final. */
export const OPEN_STATES = [...UNDER_WAY, "rejected", "failed", "lost", "dropped", "blocked", "unknown"];

// Each has a sign as well as a colour, because some people cannot tell colours apart.
const KINDS = {
  queued: ["wait", "…"],
  held: ["wait", "‖"],
  sending: ["wait", "→"],
  delivered: ["good", "✓"],
  rejected: ["bad", "✕"],
  failed: ["bad", "✕"],
  lost: ["bad", "∅"],
  dropped: ["bad", "↓"],
  blocked: ["bad", "⊘"],
  unknown: ["bad", "?"],
  cancelled: ["none", "–"],
  // Shown between notifications, for changes and calls that have none.
  nobody: ["none", "·"],
  unchanged: ["none", "="],
  excluded: ["none", "·"],
  "api refused": ["bad", "!"],
};

/** A status as word and sign, followed by a detail. */
export function status(state, detail = "") {
  const [kind, shape] = KINDS[state] ?? ["none", "·"];
  return sign(kind, shape, stateWord(state), detail);
}

/** A state as people call it: `queued` is the control API's word. */
export function stateWord(state) {
  return state === "queued" ? "waiting" : state;
}

/** A sign, a word and a detail, in the colour of their kind. */
export function sign(kind, shape, word, detail = "") {
  return h(
    "span",
    { class: `status ${kind}` },
    h("span", { class: "sign", "aria-hidden": "true" }, shape),
    h("span", { class: "word" }, word),
    // For screen readers and copied text.
    " ",
    detail && h("span", { class: "detail" }, detail),
  );
}

// To distinguish it from `rejected`, an answer other than 2xx.
const REASONS = { refused: "connection refused" };
const SENTENCES = ["lost", "dropped", "blocked"];
/** What a notification waits for if its target is paused. */
export const PAUSED = "its target, which is paused";

/** The detail for a notification's status: the answer, the reason, or until when it waits. */
export function statusDetail(row, now) {
  if (row.waits_for === PAUSED) return "target paused";
  if (row.state === "queued") return waits(row.due_at, now);
  if (row.state === "sending") return "on its way";
  // The journal knows only the first of several limits that held it; the list knows the present one. "Not before",
  // because more may be waiting than the renewed window has room for.
  if (row.state === "held") return `not before ${clockTime(row.waits_until ?? row.held_until)}`;
  if (row.status) return String(row.status);
  return REASONS[row.reason] ?? (row.reason || (SENTENCES.includes(row.state) ? firstSentence(row.text ?? row.told) : ""));
}

function waits(due, now) {
  const left = Date.parse(due) - now;
  return left > 0 ? `due in ${duration(left)}` : "due now";
}

/** The reason alone: of `blocked: no route for TARGET`, the row has the status and the target already. */
function firstSentence(text) {
  return text.split(/\. |; | for https?:/)[0].replace(/^(lost|dropped|blocked):? /, "");
}

/** `1h 5m`, `12s`, `340ms`. */
export function duration(ms) {
  if (ms < 1000) return `${Math.round(ms)}ms`;
  const seconds = Math.round(ms / 1000);
  const parts = [
    [86400, "d"],
    [3600, "h"],
    [60, "m"],
    [1, "s"],
  ]
    .map(([length, unit], place, all) => [Math.floor((place ? seconds % all[place - 1][0] : seconds) / length), unit])
    .filter(([count]) => count);
  return parts
    .slice(0, 2)
    .map(([count, unit]) => count + unit)
    .join(" ");
}

let zone = localStorage.getItem("copper-zone") ?? "UTC";

/** Moments are shown in UTC, as in notifications, or in the browser's own time zone. */
export const timeZone = {
  get name() {
    return zone;
  },
  toggle() {
    zone = zone === "UTC" ? "local" : "UTC";
    localStorage.setItem("copper-zone", zone);
  },
};

function shifted(iso) {
  const moment = new Date(iso);
  return zone === "UTC" ? moment : new Date(moment.getTime() - moment.getTimezoneOffset() * 60_000);
}

export function clockTime(iso) {
  return iso ? shifted(iso).toISOString().slice(11, 19) : "";
}

/** The day of a moment, `2026-03-02`. */
export function day(iso) {
  return iso ? (zone === "UTC" ? iso : shifted(iso).toISOString()).slice(0, 10) : "";
}

const MOMENT = /^(\d{4}-\d\d-\d\d)?[ T]?(\d\d:\d\d(:\d\d(\.\d+)?)?)?$/;

/** Parse a moment written in the displayed time zone, for the server; "" if it is invalid.
 *
 * `05:05:28` is on the day of `now`; `2026-03-02` is the start of that day.
 */
export function readMoment(text, now) {
  const found = MOMENT.exec(text);
  if (!text || !found) return Number.isNaN(Date.parse(text)) || !/Z|[+-]\d\d:?\d\d$/.test(text) ? "" : text;
  const written = `${found[1] ?? day(new Date(now).toISOString())}T${found[2] ?? "00:00"}${zone === "UTC" ? "Z" : ""}`;
  const moment = new Date(written);
  return Number.isNaN(moment.getTime()) ? "" : moment.toISOString();
}

export function fullTime(iso) {
  return iso ? shifted(iso).toISOString().replace("T", " ").slice(0, 23) : "";
}

/** A message of the server's, as the beginning of a sentence. */
export function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function count(number, word, plural = `${word}s`) {
  return `${number.toLocaleString("en")} ${number === 1 ? word : plural}`;
}

export function shortIds(ids, most = 3) {
  const shown = ids.slice(0, most).join(", ");
  return ids.length > most ? `${shown} +${ids.length - most}` : shown;
}

export const topic = (row) => `${row.type}/${row.event}`;
