// The tests of billing. Under `copper-emulator exec`, calls to api.copper.com go to the emulator.

import assert from "node:assert/strict";
import { afterEach, beforeEach, test } from "node:test";

import { Billing, createApp } from "./billing.js";
import { Copper } from "./copper.js";
import { account } from "./emulator.js";

const TARGET = "https://billing.example.com/hooks/copper";
let copper, billing, app;

async function begin(settings) {
  copper = await account(settings);
  const client = new Copper(copper);
  billing = new Billing(client);
  app = createApp(billing, "s3cret");
  await new Promise((listening) => app.listen(0, "127.0.0.1", listening));
  await copper.route("https://billing.example.com", `http://127.0.0.1:${app.address().port}`);
  await client.subscribe(TARGET, "s3cret");
}

beforeEach(() => begin({}));

afterEach(async () => {
  await copper.close();
  app.close();
});

/** Assert that billing knows what is in Copper. */
async function agrees() {
  await billing.working;
  const names = (people) => people.sort(([one], [other]) => one - other);
  assert.deepEqual(names([...billing.names]), names((await copper.people()).map(({ id, name }) => [id, name])));
}

test("a person is known and followed until she is deleted", async () => {
  const [ada] = await copper.create({ name: "Ada" });
  await agrees();

  await copper.update([ada.id], { name: "Ada Lovelace" });
  await copper.expect({ type: "person", event: "update", ids: [ada.id], status: 204 });
  await agrees();
  assert.equal(billing.names.get(ada.id), "Ada Lovelace");

  await copper.remove([ada.id]);
  await agrees();
  assert.equal(billing.names.size, 0);
});

test("a burst of thirty is one notification", async () => {
  const people = await copper.create(...Array.from({ length: 30 }, (_, n) => ({ name: `Person ${n}` })));

  await copper.expect({ type: "person", event: "new", ids: people.map(({ id }) => id), count: 1 });
  await agrees();
  assert.equal(billing.names.size, 30);
});

test("late and out of order comes to the same", async () => {
  await copper.faults("latency=0-15m", "shuffle");
  const [ada] = await copper.create({ name: "Ada" });
  for (const name of ["Ada B.", "Ada L.", "Ada Lovelace"]) await copper.update([ada.id], { name });
  assert.equal(billing.names.size, 0);

  await copper.advance("15m");

  await agrees();
});

test("what was lost is found by reconciling", async () => {
  const [ada, bob] = await copper.create({ name: "Ada" }, { name: "Bob" });
  await billing.working;
  await copper.faults("lose=100%");
  await copper.update([ada.id], { name: "Ada Lovelace" });
  await copper.remove([bob.id]);
  await copper.create({ name: "Eve" });
  assert.deepEqual([...billing.names.values()], ["Ada", "Bob"]);

  await billing.reconcile();

  await agrees();
});

test("a forged notification is refused", async () => {
  await copper.replay({ type: "person", event: "delete", ids: [17], key: "guessed" }, TARGET);

  await copper.expect({ type: "person", event: "delete", ids: [17], status: 401 });
  assert.equal(billing.noted.size, 0);
});

test("where Copper is too busy the rest is fetched the next time", async () => {
  await copper.close();
  app.close();
  await begin({ api_limits: "10/1m" });
  await copper.create(...Array.from({ length: 12 }, (_, n) => ({ name: `Person ${n}` })));
  await billing.working;
  assert.ok(billing.names.size < 10);

  await copper.advance("1m");
  await billing.work();

  await agrees();
});
