// How does a session leave the page? As JSON, as HAR for whatever reads those, as CSV for a table.

import { download } from "./clipboard.js";

/** Deliveries as the journal tells of them; only what was sent has a request. */
export function exportJson(name, deliveries) {
  download(`${name}.json`, JSON.stringify({ account: name, deliveries }, null, 2), "application/json");
}

export function exportHar(name, deliveries) {
  const sent = deliveries.filter((delivery) => delivery.request_body !== null);
  const log = { version: "1.2", creator: { name: "copper-emulator", version: "1" }, entries: sent.map(harEntry) };
  download(`${name}.har`, JSON.stringify({ log }, null, 2), "application/json");
}

function harEntry(delivery) {
  const text = JSON.stringify(delivery.request_body);
  const took = Date.parse(delivery.ended_at) - Date.parse(delivery.started_at);
  return {
    startedDateTime: delivery.started_at,
    time: took,
    request: {
      method: "POST",
      url: delivery.target,
      httpVersion: "HTTP/1.1",
      cookies: [],
      headers: harHeaders(delivery.request_headers),
      queryString: [],
      postData: { mimeType: "application/json", text },
      headersSize: -1,
      bodySize: text.length,
    },
    response: {
      // 0 is what HAR has for "no answer".
      status: delivery.status ?? 0,
      statusText: delivery.status === null ? delivery.text || delivery.outcome : "",
      httpVersion: "HTTP/1.1",
      cookies: [],
      headers: harHeaders(delivery.response_headers),
      content: { size: delivery.response_body.length, mimeType: "text/plain", text: delivery.response_body },
      redirectURL: "",
      headersSize: -1,
      bodySize: delivery.response_body.length,
    },
    cache: {},
    timings: { send: 0, wait: took, receive: 0 },
    comment: `notification ${delivery.notification}: ${delivery.outcome}`,
  };
}

const harHeaders = (headers) => headers.map(([name, value]) => ({ name, value }));

const COLUMNS = [
  "notification",
  "started_at",
  "type",
  "event",
  "ids",
  "subscription",
  "target",
  "outcome",
  "status",
  "text",
];

export function exportCsv(name, deliveries) {
  const rows = deliveries.map((delivery) => COLUMNS.map((column) => cell(delivery[column])).join(","));
  download(`${name}.csv`, [COLUMNS.join(","), ...rows, ""].join("\r\n"), "text/csv");
}

function cell(value) {
  const text = Array.isArray(value) ? value.join(" ") : String(value ?? "");
  // A table's program would compute what begins like a formula.
  const safe = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}
