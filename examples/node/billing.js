// billing: knows the people in Copper, because it sends invoices to them.
//
// Copper's webhooks notify it of the people that changed: it notes their ids, answers, and fetches them afterwards, one
// job at a time. Copper sends each notification only once, so `reconcile` reads everyone every few minutes. Only fetched
// records are trusted, so that late, repeated and reordered notifications lead to the same result.

import { createHash, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

import { Busy } from "./copper.js";

export class Billing {
  names = new Map();
  noted = new Set();

  /** Settled once all jobs that were started are done. */
  working = Promise.resolve();

  constructor(copper) {
    this.copper = copper;
  }

  /** Note that something happened to these people. */
  note(ids) {
    for (const id of ids) this.noted.add(id);
    return this.work();
  }

  /** Fetch the people that are noted. If Copper is too busy, they stay noted for the next time. */
  work() {
    return this.#afterwards(() => this.#fetchNoted());
  }

  /** Read everyone, to find what notifications have missed. A search omits deleted people, so these are fetched by id. */
  reconcile() {
    return this.#afterwards(async () => {
      const seen = new Set();
      for await (const person of this.copper.people()) {
        this.names.set(person.id, person.name);
        seen.add(person.id);
      }
      for (const id of this.names.keys()) if (!seen.has(id)) this.noted.add(id);
      await this.#fetchNoted();
    });
  }

  async #fetchNoted() {
    for (const id of [...this.noted]) {
      // Before the fetch, so that a notification arriving meanwhile notes it again.
      this.noted.delete(id);
      try {
        const person = await this.copper.person(id);
        if (person === null) this.names.delete(id);
        else this.names.set(id, person.name);
      } catch (error) {
        this.noted.add(id);
        throw error;
      }
    }
  }

  #afterwards(work) {
    this.working = this.working.then(work).catch((error) => {
      console.warn(error instanceof Busy ? "Copper takes no more calls for now" : error);
    });
    return this.working;
  }
}

/** The server to which Copper sends; its subscriptions were given `{key: secret}`. */
export function createApp(billing, secret) {
  return createServer(async (request, response) => {
    let text = "";
    for await (const part of request) text += part;
    const notification = parsed(text);
    if (request.method !== "POST" || !Array.isArray(notification?.ids)) return response.writeHead(400).end();
    if (!same(String(notification.key), secret)) return response.writeHead(401).end();
    response.writeHead(204).end();
    billing.note(notification.ids);
  });
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function same(one, other) {
  const digest = (text) => createHash("sha256").update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}
