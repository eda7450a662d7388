// Nothing has happened yet: what to do first, with an endpoint or without one.

import { copyButton } from "../clipboard.js";
import { button, h } from "../dom.js";
import { link } from "../router.js";
import { controlSubscribeCommand, subscribeCommand } from "../snippets.js";
import { watch } from "../watching.js";

const TARGET = "https://billing.example.com/hooks/copper";

export function emptyState(session) {
  const to = (view, text) => h("a", { href: link({ account: session.name, view }) }, text);
  const command = subscribeCommand(location.origin, TARGET);
  const ownCommand = () => controlSubscribeCommand(location.origin, session.name, TARGET);
  return h(
    "div",
    { class: "panel panels" },
    h("h1", {}, "Nothing has happened yet"),
    h(
      "p",
      {},
      "Without an endpoint: let the built-in inbox watch everything, then ",
      to("records", "create a person"),
      ".",
    ),
    h(
      "div",
      {},
      button("Watch without an endpoint", () => watch(session), { class: "main" }),
    ),
    h(
      "p",
      {},
      "With one: give its target a route under ",
      to("subscriptions", "Subscriptions"),
      ", and subscribe as with Copper:",
    ),
    h("pre", { tabindex: 0, id: "subscribe-command" }, command),
    h(
      "div",
      { class: "row" },
      copyButton("Copy command", () => command, "Command"),
      copyButton("Copy for an account whose token you do not have", ownCommand, "Command"),
    ),
  );
}
