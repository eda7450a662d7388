// What matches the filters of the list? Notifications as the server finds them, and entries that notified nobody.

import { OPEN_STATES } from "./words.js";

/** Entries without a notification that the list shows. */
export const NOTES = ["change", "unchanged", "excluded", "api refused"];

/** Filters that a notification may come to match, or cease to, by what becomes of it. */
const CHANGEABLE = ["state", "status", "text", "subscription"];

/** The filters in the address, as the control API takes them. */
export function asked(filters) {
  const { type, event, id, subscription, status, text, since, until, state } = filters;
  const others = { type, event, id, subscription, status, text, since, until };
  // A failure since delivered by a resend needs no attention.
  return state === "open" ? { ...others, state: OPEN_STATES, recovered: false } : { ...others, state };
}

export function notesAsked({ type, event, id, text, since, until }) {
  return {
    kind: type || event || id ? ["change"] : NOTES,
    type,
    event,
    id,
    text,
    after_time: since,
    before_time: until,
  };
}

export function notesWanted({ state, subscription, status }) {
  return !state && !subscription && !status;
}

export function canChange(filters) {
  return CHANGEABLE.some((name) => filters[name]);
}

/** Whether a row that matched still does, as far as its state alone can tell. */
export function stays(row, filters) {
  const { state } = asked(filters);
  return !state || [state].flat().includes(row.state);
}
