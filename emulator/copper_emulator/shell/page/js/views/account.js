// How does the account behave, and how is it moved? Its settings, a snapshot of it as a file, and deleting it.

import { server } from "../api.js";
import { download } from "../clipboard.js";
import { button, field, fill, h, oneAtATime, select } from "../dom.js";
import { confirmed } from "../parts/dialog.js";
import { go } from "../router.js";
import { complain, looked, say, tried, wrong } from "../say.js";

const ALWAYS_THERE = "default";

// Settings that take one of several words; tests compare them with the settings themselves.
export const CHOICES = {
  profile: ["support-page", "developer-docs"],
  over_limit: ["hold", "drop"],
  window: ["fixed", "rolling"],
  duplicates: ["deliver", "replace"],
  timestamp: ["change", "sent"],
  empty_attributes: ["present", "absent"],
  secret_collision: ["accept", "refuse"],
  lead_conversion: ["delete", "update"],
  read_only_fields: ["ignore", "refuse"],
  fetch_race: ["none", "deleted", "changed"],
};

/** Settings for judging tests, and scenarios played here; set on the command line, and not shown here. */
const OF_TESTS = ["strict", "allow"];

export async function show(main, { session }) {
  const view = new AccountView(session);
  main.append(view.element);
  await view.draw();
}

class AccountView {
  constructor(session) {
    this.session = session;
    this.api = session.api;
    this.draw = oneAtATime(() => this._draw());
    this.live = h("section", { class: "panel panels", "aria-label": "Settings" });
    this.fixed = h("section", { class: "panel panels", "aria-label": "Settings that an account starts with" });
    this.element = h(
      "div",
      { class: "panels" },
      h("h1", {}, `Account ${session.name}`),
      this.live,
      this.fixed,
      this.whole(),
    );
  }

  async _draw() {
    const found = await looked(() => Promise.all([this.api.settings(), server.settings()]));
    if (!found) return;
    const [{ settings, live }, meanings] = found;
    const shown = Object.entries(settings).filter(([name]) => !OF_TESTS.includes(name));
    const boxes = shown.map(([name, value]) => new Box(name, value, meanings[name]));
    const now = boxes.filter(({ name }) => live.includes(name));
    const later = boxes.filter(({ name }) => !live.includes(name));
    const save = () => this.change(() => this.api.changeSettings(changed(now)), "Saved, from now on");
    const anew = () => this.beginAnew(written(boxes));
    fill(this.live, h("h2", {}, "Settings"), grid(now), h("div", {}, button("Save settings", save, { class: "main" })));
    fill(
      this.fixed,
      h("h2", {}, "Settings that an account starts with"),
      grid(later),
      h("div", {}, button("Reset with these", anew, { class: "danger" })),
    );
  }

  async change(act, done) {
    // After a refusal, what was typed stays.
    if ((await tried(act, done)) === undefined) return;
    await this.draw();
    await this.session.look();
  }

  async beginAnew(settings) {
    const text = "Records, subscriptions, waiting notifications and the journal are deleted.";
    if (!(await confirmed(`Reset the account ${this.session.name}?`, text, "Delete everything"))) return;
    await this.change(() => this.api.reset({ settings }), "Reset, with these settings");
  }

  whole() {
    const file = h("input", { type: "file", accept: ".json" });
    file.addEventListener("change", () => file.files.length && this.restore(file));
    return h(
      "section",
      { class: "panel panels", "aria-label": "The whole account" },
      h("h2", {}, "The whole account, as a file"),
      h("p", { class: "muted" }, "Records, subscriptions with their secrets, what waits, windows, clock and journal."),
      h(
        "div",
        { class: "row" },
        button("Save snapshot", () => this.save()),
      ),
      field("Restore a snapshot, replacing what is here", file),
      this.session.name !== ALWAYS_THERE &&
        h(
          "div",
          {},
          button("Delete this account", () => this.remove(), { class: "danger" }),
        ),
    );
  }

  async save() {
    const snapshot = await tried(() => this.api.snapshot());
    if (snapshot) download(`${this.session.name}.snapshot.json`, JSON.stringify(snapshot), "application/json");
  }

  async restore(file) {
    const [{ name }] = file.files;
    const text = await file.files[0].text();
    file.value = "";
    const snapshot = readSnapshot(text);
    if (!snapshot) return complain(wrong(file, `${name} is not a snapshot: Save snapshot makes them`));
    const sure = await confirmed("Restore the snapshot?", `What is in the account ${this.session.name} now will be lost.`, "Restore");
    if (sure) await this.change(() => this.api.restore(snapshot), "Snapshot restored");
  }

  async remove() {
    const { name } = this.session;
    if (!(await confirmed(`Delete the account ${name}?`, "It is deleted with everything in it.", "Delete account"))) return;
    if ((await tried(() => server.deleteAccount(name))) === undefined) return;
    say(`The account ${name} was deleted`);
    go({ account: ALWAYS_THERE, view: "deliveries", which: "", filters: {} });
  }
}

/** The contents of a file, or null if it is certainly not a snapshot. */
function readSnapshot(text) {
  try {
    const said = JSON.parse(text);
    return said?.digest && said.state ? said : null;
  } catch {
    return null;
  }
}

/** One setting, in the usual notation. */
class Box {
  constructor(name, value, meaning) {
    this.name = name;
    this.meaning = meaning;
    this.before = Array.isArray(value) ? value.join(",") : String(value);
    const choices = CHOICES[name] ?? (typeof value === "boolean" ? ["true", "false"] : null);
    this.control = choices
      ? select(choices, this.before)
      : h("input", { value: this.before, class: "data", spellcheck: "false" });
  }

  get now() {
    return this.control.value.trim();
  }
}

function changed(boxes) {
  return written(boxes.filter(({ before, now }) => now !== before));
}

/** All values as shown: a setting not passed to a reset returns to what it was when the server started. */
function written(boxes) {
  return Object.fromEntries(boxes.map(({ name, now }) => [name, now]));
}

function grid(boxes) {
  const one = ({ name, control, meaning }) => h("div", {}, field(name, control, name), h("p", { class: "meaning" }, meaning));
  return h("div", { class: "settings" }, boxes.map(one));
}
