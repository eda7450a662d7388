// The account's own endpoint, subscribed to everything: something to see without writing any code.

import { say, tried } from "./say.js";
import { count, TOPICS, TYPES } from "./words.js";

export function inboxTarget(account) {
  return `https://inbox.example/${encodeURIComponent(account)}`;
}

/** Subscribe the inbox to every topic it is not yet subscribed to. */
export async function watch(session) {
  const { api } = session;
  const target = inboxTarget(session.name);
  const { subscriptions } = await api.subscriptions();
  const there = subscriptions.filter((each) => each.target === target).map((each) => `${each.type}/${each.event}`);
  const topics = TYPES.flatMap((type) => TOPICS[type].map((event) => ({ type, event })));
  const missing = topics.filter(({ type, event }) => !there.includes(`${type}/${event}`));
  for (const topic of missing) {
    if ((await tried(() => api.subscribe({ ...topic, target }))) === undefined) return;
  }
  const made = missing.length ? `${count(missing.length, "subscription")} made` : "it already did";
  say(`The inbox watches everything: ${made}`, "Create or edit a record: its webhooks arrive there.");
}
