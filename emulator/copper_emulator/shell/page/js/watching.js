// The account's own endpoint, subscribed to everything: something to see without writing any code.

import { say, tried } from "./say.js";
import { EVERY, subscribeMissing, topicsOf } from "./subscribing.js";
import { count } from "./words.js";

export function inboxTarget(account) {
  return `https://inbox.example/${encodeURIComponent(account)}`;
}

/** Subscribe the inbox to every topic it is not yet subscribed to. */
export async function watch(session) {
  const target = inboxTarget(session.name);
  const number = await tried(() => subscribeMissing(session.api, topicsOf(EVERY, EVERY), { target }));
  if (number === undefined) return;
  const made = number ? `${count(number, "subscription")} made` : "it already did";
  say(`The inbox watches everything: ${made}`, "Create or edit a record: its webhooks arrive there.");
}
