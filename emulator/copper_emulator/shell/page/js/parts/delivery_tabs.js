// What there is to know of one delivery: its payload, request, answer, times, and what was decided for each subscription.

import { copyButton } from "../clipboard.js";
import { button, fill, h } from "../dom.js";
import { link } from "../router.js";
import { complain } from "../say.js";
import { duration, fullTime } from "../words.js";
import { facts } from "./facts.js";
import { jsonView } from "./json_view.js";

const UNSENT = ["lost", "dropped", "blocked", "cancelled"];

export function payload({ request, change }) {
  if (!request) {
    const { type, event, ids, updated_attributes } = change;
    return [muted("Nothing was sent so far. What it tells of:"), jsonView({ type, event, ids, updated_attributes })];
  }
  const { body, text } = request;
  const raw = h("pre", { tabindex: 0, class: "raw", hidden: body !== null }, text);
  if (body === null) return [muted("It is not JSON."), raw];
  const read = jsonView(body);
  const toggle = button("Raw", () => {
    raw.hidden = !raw.hidden;
    read.hidden = !raw.hidden;
    toggle.textContent = raw.hidden ? "Raw" : "Pretty";
  });
  const buttons = h(
    "span",
    { class: "row" },
    toggle,
    copyButton("Copy payload", () => text, "Payload"),
  );
  return [
    h("div", { class: "row apart" }, h("span", { class: "muted" }, `${text.length} characters`), buttons),
    read,
    raw,
  ];
}

export function request({ request: sent }) {
  if (!sent) return muted("Nothing was sent.");
  return [h("p", { class: "mono" }, `POST ${sent.target}`), facts(sent.headers)];
}

export function response({ delivery }) {
  if (!delivery) return muted("There is no answer yet.");
  const traceback = delivery.traceback && h("pre", { tabindex: 0 }, delivery.traceback);
  if (delivery.status === null) return [h("p", {}, delivery.text || delivery.outcome), traceback];
  const body = delivery.response_body;
  return [
    h("p", { class: "mono" }, `HTTP ${delivery.status}`),
    facts(delivery.response_headers),
    h("h3", {}, "Body"),
    body ? h("pre", { tabindex: 0 }, pretty(body)) : muted("It is empty."),
    traceback,
  ];
}

export function timing({ notification: row }) {
  const sent = row.started_at && !UNSENT.includes(row.state);
  const answered = sent ? ` (answer after ${since(row.ended_at, row.started_at)})` : "";
  return [
    h("h3", {}, "In the account's time"),
    facts([
      ["Change happened", fullTime(row.created_at)],
      ["Due", `${fullTime(row.due_at)} (latency ${since(row.due_at, row.created_at)})`],
      ["Held", row.held_by ? `until ${fullTime(row.held_until)}, by the limit of ${row.held_by}` : "not held"],
      [
        "Sent",
        sent ? `${fullTime(row.started_at)} (${since(row.started_at, row.created_at)} after the change)` : "not sent",
      ],
      ["Ended", row.ended_at ? fullTime(row.ended_at) + answered : "not ended"],
      ["Attempts", sent ? "1, as always at Copper" : "0"],
    ]),
    h("h3", {}, "In real time"),
    facts([["Request and answer", row.took_ms === null ? "not measured" : `${row.took_ms} ms`]]),
  ];
}

/** What was decided about a change for every subscription, first for the one whose delivery this is. */
export function why(session, change, serial) {
  const place = h("div", {}, muted("…"));
  const own = (trace) => trace.notifications.some((passage) => passage.notification === serial);
  session.api.why({ change }).then((told) => {
    const traces = [...told.traces.filter(own), ...told.traces.filter((trace) => !own(trace))];
    fill(place, traces.length ? traces.map((trace) => traceView(session, trace)) : h("p", {}, told.lines.join(" ")));
  }, complain);
  return place;
}

function traceView(session, { subscription, decision, text, notifications }) {
  const who = subscription === null ? "replay" : `subscription ${subscription}`;
  const more = text !== decision && h("span", { class: "muted" }, `: ${text}`);
  const to = (serial) => link({ account: session.name, view: "deliveries", which: String(serial) });
  return h(
    "div",
    { class: "trace" },
    h("p", {}, h("strong", {}, who), ` ${decision}`, more),
    notifications.map(({ notification, text: life, steps }) => [
      // It begins with its number, which is the link here.
      h("p", {}, h("a", { href: to(notification) }, `#${notification}`), muted(life.replace(/^#\d+/, ""), "span")),
      h(
        "ul",
        {},
        steps.map((step) => h("li", {}, step.text)),
      ),
    ]),
  );
}

/** Indented where it is JSON. */
export function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

function since(later, earlier) {
  return later && earlier ? duration(Date.parse(later) - Date.parse(earlier)) : "–";
}

function muted(text, tag = "p") {
  return h(tag, { class: "muted" }, text);
}
