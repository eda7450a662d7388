// `npm start`: billing, configured by environment variables.

import { Billing, createApp } from "./billing.js";
import { Copper } from "./copper.js";

const { COPPER_TOKEN: token, COPPER_EMAIL: email, COPPER_TARGET: target, COPPER_SECRET: secret } = process.env;
const FIVE_MINUTES = 5 * 60 * 1000;

const copper = new Copper({ token, email });
const billing = new Billing(copper);
createApp(billing, secret).listen(Number(process.env.PORT ?? 5000), "127.0.0.1", async () => {
  await copper.subscribe(target, secret);
  await billing.reconcile();
  setInterval(() => billing.reconcile(), FIVE_MINUTES);
});
