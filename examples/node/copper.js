// The few calls of Copper's Developer API that billing needs.

const API = "https://api.copper.com/developer_api/v1";

// The most records that a search of Copper's returns at once.
const PAGE = 200;

/** Copper accepts no more calls for now (429): try again later. */
export class Busy extends Error {}

export class Copper {
  constructor({ token, email }) {
    this.headers = {
      "Content-Type": "application/json",
      "X-PW-AccessToken": token,
      "X-PW-Application": "developer_api",
      "X-PW-UserEmail": email,
    };
  }

  /** One person, or null if there is none with this id. */
  async person(id) {
    return this.#call("GET", `/people/${id}`, undefined, { orNull: true });
  }

  /** Everyone, oldest first: any created during the reading are appended, and shift no others. */
  async *people() {
    for (let number = 1; ; number += 1) {
      const body = { page_size: PAGE, page_number: number, sort_by: "date_created" };
      const page = await this.#call("POST", "/people/search", body);
      yield* page;
      if (page.length < PAGE) return;
    }
  }

  /** Subscribe `target` to all events of people, except those to which it is subscribed already. */
  async subscribe(target, secret) {
    const there = await this.#call("GET", "/webhooks");
    for (const event of ["new", "update", "delete"]) {
      if (!there.some((each) => each.type === "person" && each.event === event && each.target === target)) {
        await this.#call("POST", "/webhooks", { target, type: "person", event, secret: { key: secret } });
      }
    }
  }

  async #call(method, path, body, { orNull = false } = {}) {
    const answer = await fetch(API + path, { method, headers: this.headers, body: body && JSON.stringify(body) });
    if (orNull && answer.status === 404) return null;
    if (answer.status === 429) throw new Busy();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }
}
