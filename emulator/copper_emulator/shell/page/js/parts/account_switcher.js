// Which account is shown? A choice of the others, and of a new one.

import { server } from "../api.js";
import { button, field, fill, h, select } from "../dom.js";
import { go } from "../router.js";
import { complain, tried, wrong } from "../say.js";
import { copyButton } from "../clipboard.js";
import { dialog } from "./dialog.js";

const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const NAME_TEXT = "A name has at most 64 letters, digits, dots, dashes and underscores, and begins with a letter or digit";

/** How often it was asked for: an earlier answer may arrive later. */
let asked = 0;

export async function accountSwitcher(place, current) {
  const mine = (asked += 1);
  const accounts = await server.accounts();
  if (mine !== asked) return;
  const names = accounts.map((account) => account.name);
  // The view says which account is missing: here is no room for more than a name.
  const none = names.includes(current) ? [] : [["", "choose"]];
  const choice = select([...none, ...names], names.includes(current) ? current : "", {
    id: "account-choice",
    class: "grow",
  });
  choice.addEventListener("change", () => choice.value && go({ account: choice.value, which: "", filters: {} }));
  fill(
    place,
    h("label", { for: "account-choice", class: "muted" }, "Account"),
    h(
      "div",
      { class: "row" },
      choice,
      button("New", () => newAccount(place, current), { "aria-label": "New account" }),
    ),
  );
}

async function newAccount(place, current) {
  const made = await dialog("New account", (close) => {
    const name = h("input", { required: true, autofocus: true, placeholder: "billing" });
    const email = h("input", { type: "email", placeholder: "you@example.com" });
    const create = async () => {
      if (!NAME.test(name.value.trim())) return complain(wrong(name, NAME_TEXT));
      const said = { name: name.value.trim(), ...(email.value.trim() && { email: email.value.trim() }) };
      const account = await tried(() => server.createAccount(said), `Account ${said.name} was created`);
      if (account) close(account);
    };
    return [
      field("Name", name, "name"),
      field("Email of its user (optional)", email, "email"),
      h(
        "div",
        { class: "ends" },
        button("Cancel", () => close()),
        button("Create", create, { class: "main" }),
      ),
    ];
  });
  if (!made) return;
  await showCredentials(made);
  go({ account: made.name, view: "deliveries", which: "", filters: {} });
  await accountSwitcher(place, made.name);
}

/** Shown only once: later the token is masked. */
async function showCredentials(account) {
  const lines = Object.entries(account.headers ?? {})
    .map(([name, value]) => `${name}: ${value}`)
    .join("\n");
  await dialog(`Account ${account.name}`, (close) => [
    h("p", {}, "A client of Copper reaches this account with these; the token is shown only now."),
    h("pre", {}, `${account.api_url}\n${lines}`),
    h(
      "div",
      { class: "ends" },
      copyButton("Copy", () => `${account.api_url}\n${lines}`, "Address and headers"),
      button("Done", () => close(), { class: "main" }),
    ),
  ]);
}
