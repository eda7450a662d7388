// Shown when there is nothing to list: what to do first, with or without an endpoint; what is wrong with the filters; or
// which accounts there are, if the one in the address is none of them.

import { server } from "../api.js";
import { copyButton } from "../clipboard.js";
import { button, fill, h } from "../dom.js";
import { link } from "../router.js";
import { controlSubscribeCommand, subscribeCommand } from "../snippets.js";
import { watch } from "../watching.js";
import { capital, count } from "../words.js";

const TARGET = "https://billing.example.com/hooks/copper";
const WRONG = "Nothing is shown: one of the filters is not valid. Fix it where it says so, or remove it.";

export function emptyState(session) {
  const to = (view, text, which = "") => h("a", { href: link({ account: session.name, view, which }) }, text);
  const next = h("div", { class: "panels" });
  const draw = async () => {
    const { count: number } = await session.api.subscriptions().catch(() => ({ count: 0 }));
    fill(next, number ? subscribed(number, to) : first(session, to, draw));
  };
  draw();
  return h("div", { class: "panel panels" }, h("h1", {}, "Nothing has happened yet"), next, withEndpoint(session, to));
}

/** Shown instead of the list if the filters match nothing, or are invalid. */
export function nothingFits({ wrong, filters: { text } }) {
  const secrets = text ? " The values of secrets and headers are not searched." : "";
  return h("p", { class: "muted" }, wrong ? WRONG : `Nothing matches these filters.${secrets}`);
}

/** Shown instead of a view if its account could not be opened. */
export async function noAccountState({ status, message, hint }) {
  const accounts = status === 404 ? await server.accounts().catch(() => []) : [];
  const to = ({ name }) => h("li", {}, h("a", { href: link({ account: name, view: "deliveries" }) }, name));
  const others = [h("p", {}, "Go to one that is there, or make one with New:"), h("ul", {}, accounts.map(to))];
  return h(
    "div",
    { class: "panel panels" },
    h("h1", {}, capital(message)),
    accounts.length ? others : h("p", { class: "muted" }, hint),
  );
}

function first(session, to, draw) {
  const watched = async () => {
    await watch(session);
    await draw();
  };
  return [
    h(
      "p",
      {},
      "Without an endpoint: let the built-in inbox watch everything, then ",
      to("records", "create a person", "person"),
      ".",
    ),
    h("div", {}, button("Watch without an endpoint", watched, { class: "main" })),
  ];
}

function subscribed(number, to) {
  const verb = number === 1 ? "waits" : "wait";
  return h(
    "p",
    {},
    `${count(number, "subscription")} ${verb} for something to happen: `,
    to("records", "create a person", "person"),
    " or ",
    to("send", "send an event"),
    ".",
  );
}

/** The page does not know tokens, so the command that works as shown uses the control API. */
function withEndpoint(session, to) {
  const own = controlSubscribeCommand(location.origin, session.name, TARGET);
  const copper = subscribeCommand(location.origin, TARGET);
  return [
    h(
      "p",
      {},
      "With an endpoint of your own: give its target a route under ",
      to("subscriptions", "Subscriptions"),
      ", and subscribe it there, or with this command:",
    ),
    h("pre", { tabindex: 0, id: "subscribe-command" }, own),
    h("div", {}, copyButton("Copy command", () => own, "Command")),
    h(
      "details",
      {},
      h("summary", {}, "As a client of Copper does it"),
      h("p", {}, "Replace TOKEN with the account's token: an account belongs to the token it was created with."),
      h("pre", { tabindex: 0 }, copper),
      h("div", {}, copyButton("Copy as with Copper", () => copper, "Command")),
    ),
  ];
}
