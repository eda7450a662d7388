// A target that is subscribed to several topics at once, each by a subscription of its own, as Copper has them.

import { EVENTS, TOPICS, TYPES } from "./words.js";

/** Chosen in place of one type or one event. */
export const EVERY = "*";

/** The events that can be chosen for a type. */
export function eventsOf(type) {
  return type === EVERY ? EVENTS : TOPICS[type];
}

/** The topics that were chosen; both may be EVERY. */
export function topicsOf(type, event) {
  const types = type === EVERY ? TYPES : [type];
  const topics = types.flatMap((each) => TOPICS[each].map((one) => ({ type: each, event: one })));
  return topics.filter((each) => [each.event, EVERY].includes(event));
}

/** Subscribe to those of the topics to which the target is not subscribed yet. Returns how many were made.
 *
 * A refusal is raised; what was made before it stays.
 */
export async function subscribeMissing(api, topics, said) {
  const { subscriptions } = await api.subscriptions();
  const there = subscriptions.filter((each) => each.target === said.target).map(named);
  const missing = topics.filter((each) => !there.includes(named(each)));
  for (const topic of missing) await api.subscribe({ ...topic, ...said });
  return missing.length;
}

function named({ type, event }) {
  return `${type}/${event}`;
}
