// The details of one delivery: its payload, request, answer, times, and what was decided for each subscription.

import { copyButton } from "../clipboard.js";
import { button, fill, h } from "../dom.js";
import { link } from "../router.js";
import { complain } from "../say.js";
import { told } from "../telling.js";
import { CUT, count, duration, fullTime, timeZone, UNSENT } from "../words.js";
import { facts } from "./facts.js";
import { jsonView } from "./json_view.js";

const OTHER_TOPIC = "other topic";

export function payload({ request, change }, secrets) {
  if (!request) {
    const { type, event, ids, updated_attributes } = change;
    return [muted("Nothing has been sent so far. What it is about:"), jsonView({ type, event, ids, updated_attributes })];
  }
  const { body, text, size, masked } = request;
  const raw = h("pre", { tabindex: 0, class: "raw", hidden: body !== null }, text);
  const length = h("span", { class: "muted" }, `${count(size, "byte")}${masked ? " as sent; secrets are masked" : ""}`);
  const copied = masked ? "Payload, with masked values," : "Payload";
  const copies = copyButton("Copy payload", () => text, copied);
  if (body === null) return [muted("It is not a JSON object."), row(length, secrets, copies), raw];
  const read = jsonView(body);
  const toggle = button("Raw", () => {
    raw.hidden = !raw.hidden;
    read.hidden = !raw.hidden;
    toggle.textContent = raw.hidden ? "Raw" : "Pretty";
  });
  return [row(length, secrets, toggle, copies), read, raw];
}

function row(first, ...buttons) {
  return h("div", { class: "row apart" }, first, h("span", { class: "row" }, buttons));
}

export function request({ request: sent }, secrets) {
  if (!sent) return muted("Nothing was sent.");
  const elsewhere = sent.url && sent.url !== sent.target;
  return [
    row(h("p", { class: "mono" }, `POST ${sent.url || sent.target}`), secrets),
    elsewhere && muted(`via its route, for the target ${sent.target}`),
    facts([...sent.headers, ...sent.added]),
  ];
}

export function response({ delivery }) {
  if (!delivery) return muted("There is no answer yet.");
  const traceback = delivery.traceback && h("pre", { tabindex: 0 }, delivery.traceback);
  if (delivery.status === null) return [h("p", {}, `No answer: ${told(delivery.text || delivery.outcome)}`), traceback];
  const body = delivery.response_body;
  return [
    h("p", { class: "mono" }, `HTTP ${delivery.status}`),
    facts(delivery.response_headers),
    body ? answered(body) : [h("h3", {}, "Body"), muted("It is empty.")],
    delivery.response_cut && muted(CUT),
    traceback,
  ];
}

function answered(body) {
  const read = pretty(body);
  const shown = h("pre", { tabindex: 0 }, read);
  const toggle = button("Raw", () => {
    const raw = toggle.textContent === "Raw";
    shown.textContent = raw ? body : read;
    toggle.textContent = raw ? "Pretty" : "Raw";
  });
  return [row(h("h3", {}, "Body"), read !== body && toggle, copyButton("Copy body", () => body, "Body")), shown];
}

export function timing({ notification: row }) {
  const sent = row.started_at && !UNSENT.includes(row.state);
  const took = since(row.ended_at, row.started_at);
  const answered = sent ? (row.status === null ? ` (${took} later, without an answer)` : ` (answer after ${took})`) : "";
  return [
    h("h3", {}, `In the account's time (${timeZone.name})`),
    facts([
      ["Change happened", fullTime(row.created_at)],
      ["Due", `${fullTime(row.due_at)} (latency ${since(row.due_at, row.created_at)})`],
      ["Held", row.held_by ? `${heldUntil(row)}, by the limit of ${row.held_by}` : "not held"],
      [
        "Sent",
        sent ? `${fullTime(row.started_at)} (${since(row.started_at, row.created_at)} after the change)` : "not sent",
      ],
      ["Ended", row.ended_at ? fullTime(row.ended_at) + answered : "not ended"],
      ["Attempts", sent ? "1, as always with Copper" : "0"],
    ]),
    h("h3", {}, "In real time"),
    facts([["Request and answer", row.took_ms === null ? "not measured" : `${row.took_ms} ms`]]),
  ];
}

/** While it is held the end is unknown: others go first, as many as its windows have room for. */
function heldUntil(row) {
  const gone = row.started_at ?? row.ended_at;
  if (gone) return `until ${fullTime(gone)}`;
  return `not before ${fullTime(row.waits_until ?? row.held_until)}`;
}

/** What was decided about a change for every subscription, first for the one of this delivery.
 *
 * `advice`: what would help this delivery, as lines.
 */
export function why(session, change, serial, advice = []) {
  const place = h("div", {}, muted("…"));
  const own = (trace) => trace.notifications.some((passage) => passage.notification === serial);
  session.api.why({ change }).then((answer) => {
    const traces = [...answer.traces.filter(own), ...answer.traces.filter((trace) => !own(trace))];
    const others = traces.filter((trace) => trace.decision === OTHER_TOPIC);
    const telling = traces.filter((trace) => trace.decision !== OTHER_TOPIC);
    fill(
      place,
      advice.length > 0 && h("div", { class: "warning" }, h("h3", {}, "What would help"), advice.map(paragraph)),
      traces.length ? telling.map((trace) => traceView(session, trace)) : answer.lines.map(paragraph),
      others.length > 0 && folded(session, others, telling.length > 0),
    );
  }, complain);
  return place;
}

/** Subscriptions to other topics, folded away: they are many, and say nothing about this change. */
function folded(session, others, beside) {
  const verb = others.length === 1 ? "is for another topic" : "are for other topics";
  return h(
    "details",
    { class: "trace" },
    h("summary", {}, `${count(others.length, beside ? "other subscription" : "subscription")} ${verb}`),
    others.map((trace) => traceView(session, trace)),
  );
}

const paragraph = (text) => h("p", {}, told(text));

function traceView(session, { subscription, decision, text, notifications }) {
  const who = subscription === null ? "replay" : `subscription ${subscription}`;
  const more = text !== decision && h("span", { class: "muted" }, `: ${told(text)}`);
  const to = (serial) => link({ account: session.name, view: "deliveries", which: String(serial) });
  return h(
    "div",
    { class: "trace" },
    h("p", {}, h("strong", {}, who), ` ${decision}`, more),
    notifications.map(({ notification, text: life, steps }) => [
      // The text begins with the notification's number, which is shown as a link instead.
      h("p", {}, h("a", { href: to(notification) }, `#${notification}`), muted(told(life.replace(/^#\d+/, "")), "span")),
      h(
        "ul",
        {},
        steps.map((step) => h("li", {}, told(step.text))),
      ),
    ]),
  );
}

/** The text, indented if it is JSON. */
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
