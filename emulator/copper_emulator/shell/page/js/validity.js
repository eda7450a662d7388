// Would Copper send that? Returns what is unusual about a notification's body, as sentences; an empty list if nothing.

import { TOPICS } from "./words.js";

const KEYS = ["subscription_id", "event", "type", "ids", "updated_attributes", "timestamp"];
const MOST_IDS = 30;

export function oddities(text) {
  let body;
  try {
    body = JSON.parse(text);
  } catch (error) {
    return [`It is not JSON: ${error.message}`];
  }
  if (body === null || typeof body !== "object" || Array.isArray(body)) return ["It is not a JSON object."];
  return [...topicOddities(body), ...idOddities(body), ...attributeOddities(body), ...missing(body)];
}

/** Whether a text itself says how to list it: it has a known type and event, and ids. */
export function isNotification(text) {
  try {
    const { type, event, ids } = JSON.parse(text);
    return Boolean(TOPICS[type]?.includes(event)) && Array.isArray(ids) && ids.every(Number.isInteger);
  } catch {
    return false;
  }
}

function topicOddities({ type, event }) {
  if (!(type in TOPICS))
    return [`Copper has no type ${JSON.stringify(type)}; it has ${Object.keys(TOPICS).join(", ")}.`];
  return TOPICS[type].includes(event)
    ? []
    : [`${type} has no event ${JSON.stringify(event)}; it has ${TOPICS[type].join(", ")}.`];
}

/** A warning about ids an endpoint would not find. Copper may send them all the same: records can be deleted by then.
 *
 * `known`: all existing ids of the body's type, or null.
 */
export function unfound(text, known) {
  if (known === null || !isNotification(text)) return "";
  const { ids, event } = JSON.parse(text);
  const gone = event === "delete" ? [] : ids.filter((id) => !known.includes(id));
  return gone.length ? `No record has the id ${gone.join(", ")}: an endpoint that fetches it is answered 404.` : "";
}

function idOddities({ ids }) {
  if (!Array.isArray(ids) || !ids.length) return ["ids must be a list with at least one id."];
  if (!ids.every((id) => Number.isInteger(id) && id > 0)) return ["ids must be whole numbers above 0."];
  return ids.length > MOST_IDS ? [`Copper sends at most ${MOST_IDS} ids at once; these are ${ids.length}.`] : [];
}

function attributeOddities({ updated_attributes: changed = {}, event }) {
  if (changed === null || typeof changed !== "object" || Array.isArray(changed))
    return ["updated_attributes must be an object."];
  const names = Object.keys(changed);
  if (names.length && event !== "update")
    return ["Copper sends updated_attributes with update only; with the others they are empty."];
  const odd = names.filter(
    (name) => name !== "custom_fields" && !(Array.isArray(changed[name]) && changed[name].length === 2),
  );
  return odd.map((name) => `updated_attributes.${name} must be [old, new].`);
}

function missing(body) {
  const left = KEYS.filter((key) => !(key in body));
  return left.length ? [`Copper also sends ${left.join(", ")}.`] : [];
}
