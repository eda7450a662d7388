// Subscriptions, how many of the allowed hundred, their targets, and where those are really sent.

import { button, field, fill, gathered, h, oneAtATime, select } from "../dom.js";
import { blockedAdvice } from "../parts/blocked.js";
import { confirmed, dialog } from "../parts/dialog.js";
import { looked, readJson, say, tried } from "../say.js";
import { listen } from "../session.js";
import { EVERY, eventsOf, subscribeMissing, topicsOf } from "../subscribing.js";
import { watch } from "../watching.js";
import { count, sign, status, TYPES } from "../words.js";

export async function show(main, { session, signal }) {
  const view = new SubscriptionsView(session);
  main.append(view.element);
  const soon = gathered(() => view.draw(), 300, signal);
  listen(session, "entries", soon, signal);
  listen(session, "reset", soon, signal);
  await view.draw();
}

class SubscriptionsView {
  constructor(session) {
    this.session = session;
    this.api = session.api;
    this.draw = oneAtATime(() => this._draw());
    this.own = h("section", { class: "panels", "aria-label": "Subscriptions" });
    this.targets = h("section", { class: "panels", "aria-label": "Targets" });
    this.routes = h("section", { class: "panels", "aria-label": "Routes" });
    this.element = h("div", { class: "panels" }, this.own, this.targets, this.routes);
  }

  async _draw() {
    const { api } = this;
    const read = () => Promise.all([api.subscriptions(), api.targets(), api.routes()]);
    const found = await looked(read);
    if (!found) return;
    const [own, { targets }, { routes }] = found;
    fill(this.own, this.head(own), this.table(own.subscriptions));
    fill(this.targets, h("h2", {}, "Targets"), this.targetTable(targets));
    const more = button("New route", async () => (await newRoute(api)) && this.draw());
    fill(this.routes, h("div", { class: "row apart" }, h("h2", {}, "Routes"), more), this.routeTable(routes));
  }

  /** Do something, then show the result. */
  async change(act, done) {
    await tried(act, done);
    await this.draw();
  }

  head({ count, max }) {
    return h(
      "div",
      { class: "row apart" },
      h("h1", {}, "Subscriptions ", h("span", { class: "mono muted" }, `${count}/${max}`)),
      h(
        "div",
        { class: "row" },
        button("Watch everything in the inbox", () => this.change(() => watch(this.session))),
        button("New subscription", () => this.edit(null), { class: "main" }),
      ),
    );
  }

  table(subscriptions) {
    const named = (each) => Object.keys({ ...each.secret, ...each.headers }).join(", ");
    const rows = subscriptions.map((each) => [
      h("span", { class: "mono" }, each.id),
      `${each.type}/${each.event}`,
      data(each.target),
      data(named(each)),
      [
        button("Edit", () => this.edit(each), { "aria-label": `Edit subscription ${each.id}` }),
        " ",
        button("Delete", () => this.remove(each), { class: "danger", "aria-label": `Delete subscription ${each.id}` }),
      ],
    ]);
    return table(["Id", "Topic", "Target", "Secret and headers"], rows, "None yet: nobody is notified of anything.");
  }

  targetTable(targets) {
    const rows = targets.map((each) => {
      const [word, act] = each.paused ? ["Resume", this.api.resumeTarget] : ["Pause", this.api.pauseTarget];
      const turn = () => this.change(() => act(each.target), each.paused ? "Resumed" : "Paused: what is due waits");
      return [
        data(each.target),
        data(each.route || "–"),
        h("span", { class: "mono" }, each.waiting),
        this.targetState(each),
        button(word, turn, { "aria-label": `${word} ${each.target}` }),
      ];
    });
    return table(["Target", "Route", "Waiting", "State"], rows, "The targets of subscriptions appear here.");
  }

  targetState({ paused, blocked }) {
    if (paused) return sign("wait", "‖", "paused");
    if (!blocked) return "open";
    return [status("blocked"), h("p", { class: "muted" }, blockedAdvice(this.session, blocked, "New route below"))];
  }

  routeTable(routes) {
    const rows = routes.map(({ origin, to }) => {
      const remove = () => this.change(() => this.api.removeRoute(origin), "Route removed");
      const away = leaves(to) && h("p", { class: "leaves" }, "It leaves this machine.");
      return [data(origin), [data(to), away], button("Remove", remove, { "aria-label": `Remove route of ${origin}` })];
    });
    const none = "Without a route, only this machine is reached; everything else is blocked.";
    return table(["Targets at or below", "Are sent to"], rows, none);
  }

  async edit(subscription) {
    const title = subscription ? `Subscription ${subscription.id}` : "New subscription";
    if (await dialog(title, (close) => form(this.api, subscription, close))) await this.draw();
  }

  async remove({ id, type, event, target }) {
    const text = `${type}/${event} to ${target}. What waits for it is cancelled.`;
    if (await confirmed(`Delete subscription ${id}?`, text, "Delete")) {
      await this.change(() => this.api.unsubscribe(id), "Deleted");
    }
  }
}

/** Rows of cells; the last cell holds buttons. */
function table(heads, rows, none) {
  if (!rows.length) return h("p", { class: "muted" }, none);
  const about = (place) => (place < heads.length ? { "data-head": heads[place] } : { class: "actions" });
  const cells = (row) => row.map((cell, place) => h("td", about(place), cell));
  const actions = h("th", { scope: "col" }, h("span", { class: "unseen" }, "Actions"));
  const head = h(
    "tr",
    {},
    heads.map((text) => h("th", { scope: "col" }, text)),
    actions,
  );
  const body = rows.map((row) => h("tr", {}, cells(row)));
  return h("div", { class: "scrolls" }, h("table", { class: "stacks" }, h("thead", {}, head), h("tbody", {}, body)));
}

function data(text) {
  return h("span", { class: "data" }, text);
}

function form(api, subscription, close) {
  const fixed = { disabled: Boolean(subscription) };
  const type = select([...TYPES, [EVERY, "every type"]], subscription?.type ?? "person", fixed);
  const event = select([...eventsOf(type.value), [EVERY, "every event"]], subscription?.event ?? "update", fixed);
  type.addEventListener("change", () => {
    const there = event.value;
    const events = eventsOf(type.value);
    const chosen = there === EVERY || events.includes(there) ? there : events[0];
    event.replaceChildren(...select([...events, [EVERY, "every event"]], chosen).childNodes);
  });
  const url = "https://billing.example.com/hooks/copper";
  const target = h("input", { type: "url", value: subscription?.target ?? "", placeholder: url });
  const secret = json(subscription?.secret, '{"key": "s3cret"}');
  const headers = json(subscription?.headers, '{"X-Api-Key": "s3cret"}');
  const said = () => ({
    target: target.value.trim(),
    secret: read(secret, "Secret"),
    headers: read(headers, "Headers"),
  });
  const several = async () => {
    const made = await subscribeMissing(api, topicsOf(type.value, event.value), said());
    return made ? `${count(made, "subscription")} made` : "It is already subscribed to all of them";
  };
  const one = async () => {
    if (subscription) await api.resubscribe(subscription.id, said());
    else await api.subscribe({ type: type.value, event: event.value, ...said() });
    return "Saved";
  };
  const save = async () => {
    const done = await tried([type.value, event.value].includes(EVERY) ? several : one);
    if (!done) return;
    say(done);
    close(true);
  };
  return [
    h("div", { class: "row" }, field("Type", type), field("Event", event)),
    field("Target", target, "target"),
    field("Secret as JSON (optional)", secret, "secret"),
    field("Headers as JSON (optional)", headers, "headers"),
    subscription && h("p", { class: "muted" }, "What is masked stays as it is; an empty box removes it."),
    ends(close, save),
  ];
}

function json(values, placeholder) {
  return h("input", { value: values ? JSON.stringify(values) : "", placeholder, spellcheck: "false" });
}

/** A field's JSON; null if it is empty. */
function read(control, what) {
  return control.value.trim() ? readJson(control, what) : null;
}

/** Whether notifications sent there leave this machine. */
function leaves(to) {
  if (!/^https?:/.test(to) || !URL.canParse(to)) return false;
  return !/^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\])$/.test(new URL(to).hostname);
}

function newRoute(api) {
  return dialog("New route", (close) => {
    const origin = h("input", { placeholder: "https://billing.example.com", autofocus: true });
    const to = h("input", { placeholder: "http://127.0.0.1:5000" });
    const save = async () => {
      const there = to.value.trim();
      const text = `${there} is another machine: what the emulator sends there really arrives, wherever that is.`;
      if (leaves(there) && !(await confirmed("Send to another machine?", text, "Send there"))) return;
      if (await tried(() => api.addRoute(origin.value.trim(), there), "Route added")) close(true);
    };
    return [field("Targets at or below", origin, "origin"), field("Are sent to", to, "to"), ends(close, save)];
  });
}

function ends(close, save) {
  return h(
    "div",
    { class: "ends" },
    button("Cancel", () => close()),
    button("Save", save, { class: "main" }),
  );
}
