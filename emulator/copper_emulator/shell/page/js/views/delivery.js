// One delivery in full, or a list row that has no delivery.

import { copyButton } from "../clipboard.js";
import { button, fill, gathered, h, oneAtATime } from "../dom.js";
import { blockedAdvice } from "../parts/blocked.js";
import { deliveryActions } from "../parts/delivery_actions.js";
import { payload, request, response, timing, why } from "../parts/delivery_tabs.js";
import { jsonView } from "../parts/json_view.js";
import { tabs } from "../parts/tabs.js";
import { go, link, read } from "../router.js";
import { say } from "../say.js";
import { listen } from "../session.js";
import { asStep } from "../snippets.js";
import { told } from "../telling.js";
import { capital, status, statusDetail, topic, UNDER_WAY } from "../words.js";

/** `rows()`: the list it is in, for first, previous, next and last. */
export async function deliveryPane(pane, { session, which, tab, rows, signal }) {
  // Chosen here or by the address; otherwise what became of it decides, once, when it is opened.
  const open = { tab, revealed: false };
  open.choose = (name) => {
    open.tab = name;
    go({ filters: { ...read().filters, tab: name } }, { quietly: true });
  };
  open.reveal = () => {
    open.revealed = !open.revealed;
    return draw();
  };
  const content = async () => {
    const [, note, number] = /^(e?)(\d{1,15})$/.exec(which) ?? [];
    if (!number) return missing(`There is no delivery ${which}: an address has its number, as after # in the list.`);
    return note ? notePane(session, Number(number)) : wholePane(session, Number(number), open);
  };
  const draw = oneAtATime(async () => {
    const shown = await content().catch((error) => missing(`${capital(error.message)}.`, error.hint));
    if (!signal.aborted) fill(pane, moves(rows, which), shown);
  });
  const soon = gathered(draw, 100, signal);
  const isOurs = (entry) => String(entry.notification?.serial) === which;
  listen(session, "entries", (event) => event.detail.some(isOurs) && soon(), signal);
  await draw();
}

function missing(text, hint = "") {
  return h("div", { class: "pane-body" }, h("p", {}, text), h("p", { class: "muted" }, hint));
}

function moves(rows, which) {
  const to = (text, find, otherwise = "The list is empty") =>
    button(text, () => {
      const all = rows();
      const row = find(
        all,
        all.findIndex((each) => String(each.key) === which),
      );
      if (row) go({ which: String(row.key) });
      else say(otherwise);
    });
  return h(
    "div",
    { class: "row pane-moves" },
    h(
      "span",
      { class: "group", role: "group", "aria-label": "In the list" },
      to("First", (all) => all[0]),
      to("Previous", (all, at) => all[at - 1], "This is the first in the list"),
      to("Next", (all, at) => all[at + 1], "This is the last in the list"),
      to("Last", (all) => all.at(-1)),
    ),
    h("span", { class: "grow" }),
    button("Close", () => go({ which: "" }), { class: "plain" }),
  );
}

async function wholePane(session, serial, open) {
  const { revealed, choose, reveal } = open;
  const whole = await session.api.notification(serial, revealed);
  open.tab ??= firstTab(whole.notification);
  // Real values are fetched each time, and only while the user wants to see them.
  const secrets = () =>
    (revealed || whole.request?.masked) &&
    button(revealed ? "Hide secrets" : "Show secrets", reveal, { title: "The values of secrets and headers" });
  const choices = [
    ["payload", "Payload", () => payload(whole, secrets())],
    ["request", "Request", () => request(whole, secrets())],
    ["response", "Response", () => response(whole)],
    ["timing", "Timing", () => timing(whole)],
    ["why", "Why", () => why(session, whole.change.serial, serial, whole.advice)],
  ];
  return [head(session, whole), tabs("About this delivery", choices, open.tab, choose)];
}

/** Of what did not arrive, one wants to know why; of the rest, what it says. */
function firstTab({ state }) {
  return state === "delivered" || UNDER_WAY.includes(state) ? "payload" : "why";
}

function head(session, whole) {
  const { notification } = whole;
  const { serial, state, target, route, told: said, faults, note, outcome } = notification;
  // A one-word outcome needs no sentence, but `TLS` alone does not say what is wrong with a certificate.
  const sentence = !outcome || said.includes(". ") || said.startsWith("failed: TLS") ? told(said) : "";
  const newRoute = [h("a", { href: link({ account: session.name, view: "subscriptions" }) }, "New route"), " under Subscriptions"];
  return h(
    "div",
    { class: "pane-head" },
    h("h1", {}, `${topic(notification)} `, h("span", { class: "mono" }, `#${serial}`)),
    status(state, statusDetail(notification, session.now())),
    h(
      "p",
      { class: "data" },
      target || "its subscription is gone",
      route && h("span", { class: "muted" }, ` via ${route}`),
    ),
    sentence && h("p", {}, state === "blocked" ? blockedAdvice(session, said, newRoute) : sentence),
    faults.length > 0 &&
      h(
        "p",
        {},
        "Caused by the fault ",
        faults.map((text) => h("code", {}, text, " ")),
      ),
    note && h("p", { class: "muted" }, again(session, notification)),
    notification.resent_as.length > 0 && h("p", { class: "muted" }, "Sent again as ", links(session, notification.resent_as)),
    deliveryActions(session, whole),
  );
}

/** `resend of #6, edited`, with a link to #6. */
function again(session, { note, resend_of: earlier }) {
  if (earlier === null) return note;
  const [before, after] = note.split(`#${earlier}`);
  return [before, links(session, [earlier]), after];
}

function links(session, serials) {
  const to = (serial) => link({ account: session.name, view: "deliveries", which: String(serial) });
  return serials.map((serial, place) => [place ? ", " : "", h("a", { href: to(serial) }, `#${serial}`)]);
}

async function notePane(session, number) {
  const { entries } = await session.api.journal({ since: number - 1, limit: 1 });
  const [entry] = entries;
  if (entry?.number !== number) {
    return missing(`There is no entry ${number} in the journal.`);
  }
  const { change, kind, line } = entry;
  return [
    h(
      "div",
      { class: "pane-head" },
      h("h1", {}, change ? topic(change) : kind),
      status(kind === "change" ? "nobody" : kind),
      h("p", { class: "mono" }, told(line)),
    ),
    change && aboutChange(session, change),
  ];
}

function aboutChange(session, change) {
  return h(
    "div",
    { class: "pane-body" },
    h(
      "div",
      { class: "row" },
      copyButton("Copy as scenario step", () => asStep(change), "Scenario step"),
      copyButton("Copy as JSON", () => JSON.stringify(change, null, 2), "JSON"),
    ),
    h("h3", {}, "Why nobody was notified"),
    change.note && h("p", {}, told(change.note)),
    why(session, change.serial, null),
    h("h3", {}, "The change"),
    jsonView(change),
  );
}
