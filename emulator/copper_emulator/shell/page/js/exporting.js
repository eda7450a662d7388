// How is a session exported? As JSON, as HAR for tools that read it, as CSV for spreadsheets.

import { download } from "./clipboard.js";
import { button } from "./dom.js";
import { asked } from "./matching.js";
import { say, tried } from "./say.js";
import { reached } from "./snippets.js";
import { CUT, count, UNDER_WAY } from "./words.js";

const PAGE = 500;
// Each with up to 64 KiB of answer.
const JOURNAL_PAGE = 200;
const MOST = 10_000;

/** A button for each format; `filters()` returns those of the list. */
export function exportButtons(session, filters) {
  const writers = { JSON: exportJson, HAR: exportHar, CSV: exportCsv };
  return Object.entries(writers).map(([text, write]) => {
    const more = { "aria-label": `Export as ${text}`, title: "What matches the filters and has ended" };
    return button(text, () => save(write, session, filters()), more);
  });
}

/** Save what matches the list's filters, with one of the writers below; reports whatever is left out. */
export async function save(write, session, filters) {
  const found = await tried(() => ended(session.api, filters));
  if (!found) return;
  const { deliveries, more } = found;
  if (!deliveries.length) {
    say("Nothing was saved: nothing that matches has ended");
    return;
  }
  write(session.name, deliveries);
  if (more) say(`The newest ${count(MOST, "delivery", "deliveries")} were saved`, "Filter to save the others.");
}

/** The deliveries of matching notifications, oldest first, with everything sent and answered. */
async function ended(api, filters) {
  const { serials, more } = await fitting(api, asked(filters));
  const found = new Map();
  // The list's filters have been applied already: these only reduce what is read.
  const { type, event, id, subscription, since } = filters;
  const narrow = { kind: "ended", type, event, id, subscription, after_time: since };
  let before;
  while (found.size < serials.size) {
    const { entries } = await api.journal({ ...narrow, before, limit: JOURNAL_PAGE, whole: true });
    const wanted = entries.map(({ delivery }) => delivery).filter(({ notification }) => serials.has(notification));
    for (const each of wanted) found.set(each.notification, { ...each, resend_of: serials.get(each.notification) });
    if (entries.length < JOURNAL_PAGE) break;
    before = entries[0].number;
  }
  return { deliveries: [...found.values()].sort((one, other) => one.notification - other.notification), more };
}

/** The serials of ended notifications, each with the one it resends: the newest, and whether there are more. */
async function fitting(api, { state, ...filters }) {
  const asksFor = [state ?? []].flat().filter(Boolean);
  const states = asksFor.filter((each) => !UNDER_WAY.includes(each));
  const serials = new Map();
  if (asksFor.length && !states.length) return { serials, more: false };
  let before;
  for (;;) {
    const page = await api.notifications({ ...filters, state: states, before, limit: PAGE });
    for (const { serial, outcome, resend_of: earlier } of page.notifications) {
      if (outcome === null) continue;
      if (serials.size === MOST) return { serials, more: true };
      serials.set(serial, earlier ?? null);
    }
    if (!page.older) return { serials, more: false };
    before = page.notifications.at(-1).serial;
  }
}

/** Deliveries as in the journal; only those that were sent have a request. */
function exportJson(name, deliveries) {
  download(`${name}.json`, JSON.stringify({ account: name, deliveries }, null, 2), "application/json");
}

function exportHar(name, deliveries) {
  const sent = deliveries.filter((delivery) => delivery.request_body !== null || delivery.request_text);
  const log = { version: "1.2", creator: { name: "copper-emulator", version: "1" }, entries: sent.map(harEntry) };
  download(`${name}.har`, JSON.stringify({ log }, null, 2), "application/json");
}

function harEntry(delivery) {
  const text = delivery.request_body === null ? delivery.request_text : JSON.stringify(delivery.request_body);
  // `took_ms` comes first, because the account's time may stand still during a delivery.
  const took = delivery.took_ms ?? Date.parse(delivery.ended_at) - Date.parse(delivery.started_at);
  const body = delivery.response_body;
  const cut = delivery.response_cut ? { comment: CUT } : {};
  const said = (wanted) => delivery.response_headers.find(([name]) => name.toLowerCase() === wanted)?.[1] ?? "";
  return {
    startedDateTime: delivery.started_at,
    time: took,
    request: {
      method: "POST",
      url: reached(delivery),
      httpVersion: "HTTP/1.1",
      cookies: [],
      headers: harHeaders(delivery.request_headers),
      queryString: [],
      postData: { mimeType: "application/json", text },
      headersSize: -1,
      bodySize: text.length,
    },
    response: {
      // HAR's status for "no answer".
      status: delivery.status ?? 0,
      statusText: delivery.status === null ? delivery.text || delivery.outcome : "",
      httpVersion: "HTTP/1.1",
      cookies: [],
      headers: harHeaders(delivery.response_headers),
      content: { size: body.length, mimeType: said("content-type"), text: body, ...cut },
      redirectURL: said("location"),
      headersSize: -1,
      bodySize: body.length,
    },
    cache: {},
    timings: { send: 0, wait: took, receive: 0 },
    comment: `notification ${delivery.notification}: ${delivery.outcome}${resendText(delivery)}`,
  };
}

const resendText = ({ resend_of: earlier }) => (earlier ? `, resend of ${earlier}` : "");
const harHeaders = (headers) => headers.map(([name, value]) => ({ name, value }));

const COLUMNS = [
  "notification",
  "started_at",
  "type",
  "event",
  "ids",
  "subscription",
  "resend_of",
  "target",
  "outcome",
  "status",
  "text",
];

function exportCsv(name, deliveries) {
  const rows = deliveries.map((delivery) => COLUMNS.map((column) => cell(delivery[column])).join(","));
  download(`${name}.csv`, [COLUMNS.join(","), ...rows, ""].join("\r\n"), "text/csv");
}

function cell(value) {
  const text = Array.isArray(value) ? value.join(" ") : String(value ?? "");
  // A spreadsheet would evaluate text that begins like a formula.
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
