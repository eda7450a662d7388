// Records, and beside them what their changes sent: edit a person and see the webhooks arrive.

import { button, field, fill, gathered, h, select } from "../dom.js";
import { confirmed } from "../parts/dialog.js";
import { go, link } from "../router.js";
import { say, tried } from "../say.js";
import { listen } from "../session.js";
import { clockTime, count, status, statusDetail, topic } from "../words.js";

// What has a field of its own; everything else is in the JSON below them.
const FIELDS = {
  person: ["name", "title", "details"],
  company: ["name", "details"],
  lead: ["name", "title", "details", "monetary_value"],
  opportunity: ["name", "monetary_value", "details"],
  project: ["name", "status", "details"],
  task: ["name", "status", "priority", "details"],
  activity_log: ["details"],
};
const NUMBERS = ["monetary_value"];
const PAGE = 50;
const WEBHOOKS = 30;
const SAMPLE = '{"emails": [{"email": "ada@example.com", "category": "work"}]}';

export async function show(main, { session, signal, place }) {
  const view = new RecordsView(session, signal);
  main.append(view.element);
  await session.ready;
  await view.follow(place);
  return (to) => view.follow(to);
}

class RecordsView {
  constructor(session, signal) {
    this.session = session;
    this.api = session.api;
    this.type = "person";
    this.id = null;
    this.list = h("div", { class: "panel" });
    this.editor = h("div", { class: "panel" });
    this.webhooks = h("section", { class: "panel", "aria-label": "Webhooks of this record" });
    this.types = select(Object.keys(FIELDS), this.type, { id: "record-type", "aria-label": "Type of record" });
    this.types.addEventListener("change", () => go({ which: this.types.value }));
    this.name = h("input", { type: "search", placeholder: "name", "aria-label": "Look for a name", class: "grow" });
    this.name.addEventListener(
      "input",
      gathered(() => this.drawList(), 200),
    );
    const start = button("New", () => go({ which: this.type }), { class: "main" });
    const choice = h("div", { class: "row" }, this.types, this.name, start);
    this.element = h(
      "div",
      { class: "records" },
      h("div", { class: "panels" }, choice, this.list),
      this.editor,
      this.webhooks,
    );
    const soon = gathered(() => this.drawWebhooks().then(() => this.drawList()), 200);
    listen(session, "entries", soon, signal);
    listen(session, "reset", () => go({ which: this.type }), signal);
  }

  async follow({ which }) {
    const [type = "", id = ""] = which.split("/");
    this.type = type in FIELDS ? type : "person";
    this.types.value = this.type;
    this.id = id ? Number(id) : null;
    await this.drawEditor();
    await this.drawWebhooks();
    await this.drawList();
  }

  async drawList() {
    const sorted = {
      sort_by: "date_modified",
      sort_direction: "desc",
      ...(this.name.value && { name: this.name.value }),
    };
    const filters = { page_size: PAGE, ...(this.type !== "activity_log" && sorted) };
    const found = await tried(() => this.api.search(this.type, filters));
    if (!found) return;
    const heads = ["Name", "Id"].map((text) => h("th", { scope: "col" }, text));
    const rows = found.records.map((record) => this.listRow(record));
    const left = found.total > PAGE && `The last ${PAGE} of ${found.total.toLocaleString("en")}; look for a name.`;
    fill(
      this.list,
      rows.length
        ? h("table", {}, h("thead", {}, h("tr", {}, heads)), h("tbody", {}, rows))
        : h("p", { class: "muted" }, `No ${this.type} yet.`),
      left && h("p", { class: "muted" }, left),
    );
  }

  listRow({ id, name }) {
    const href = link({ account: this.session.name, view: "records", which: `${this.type}/${id}` });
    return h(
      "tr",
      { "aria-selected": id === this.id ? "true" : "false" },
      h("td", {}, h("a", { href }, name ?? `${this.type} ${id}`)),
      h("td", { class: "mono" }, id),
    );
  }

  async drawEditor() {
    const { type, id } = this;
    if (id === null) return fill(this.editor, this.form({}));
    const found = await tried(() => this.api.search(type, { ids: [id] }));
    const [record] = found?.records ?? [];
    fill(this.editor, record ? this.form(record) : h("p", { class: "muted" }, `There is no ${type} ${id}.`));
  }

  form(record) {
    const isNew = record.id === undefined;
    const boxes = FIELDS[this.type].map((name) => [name, box(name, record)]);
    const others = h("textarea", { placeholder: SAMPLE, spellcheck: "false" });
    const submit = (event) => {
      event.preventDefault();
      this.save(record, () => ({ ...changed(record, boxes), ...(others.value.trim() && JSON.parse(others.value)) }));
    };
    return h(
      "form",
      { class: "panels", onsubmit: submit },
      h(
        "div",
        { class: "row apart" },
        h("h1", {}, isNew ? `New ${this.type}` : `${this.type} ${record.id}`),
        !isNew && button("Delete", () => this.remove(record), { class: "danger" }),
      ),
      boxes.map(([name, control]) => field(name, control)),
      field("Other fields as JSON", others),
      h("div", { class: "row" }, h("button", { class: "main" }, isNew ? "Create" : "Save")),
      !isNew && h("details", {}, h("summary", {}, "The whole record"), h("pre", { tabindex: 0 }, pretty(record))),
    );
  }

  async save(record, written) {
    const { api, type } = this;
    const isNew = record.id === undefined;
    const answer = await tried(() => (isNew ? api.create(type, written()) : api.update(type, [record.id], written())));
    if (!answer) return;
    tellOf(answer);
    if (isNew) return go({ which: `${type}/${answer.records[0].id}` });
    await this.drawEditor();
    await this.drawList();
  }

  async remove(record) {
    const { type } = this;
    const text = `${record.name ?? "It"} is removed, and whoever subscribed is notified.`;
    if (!(await confirmed(`Delete ${type} ${record.id}?`, text, "Delete"))) return;
    if (!(await tried(() => this.api.remove(type, [record.id]), "Deleted"))) return;
    fill(this.editor, h("p", { class: "muted" }, `${type} ${record.id} is deleted.`));
    await this.drawList();
  }

  async drawWebhooks() {
    const { type, id, session } = this;
    const filters = { type, id, limit: WEBHOOKS };
    const { notifications } = (id && (await tried(() => this.api.notifications(filters)))) || { notifications: [] };
    const all = link({ account: session.name, view: "deliveries", filters: { type, id: String(id) } });
    fill(
      this.webhooks,
      h("h2", {}, "Its webhooks"),
      notifications.length
        ? h(
            "table",
            {},
            h(
              "tbody",
              {},
              notifications.map((row) => this.webhookRow(row)),
            ),
          )
        : h("p", { class: "muted" }, "None yet. They appear here as they happen."),
      id && h("p", {}, h("a", { href: all }, "All of this record")),
    );
  }

  webhookRow(row) {
    const href = link({ account: this.session.name, view: "deliveries", which: String(row.serial) });
    return h(
      "tr",
      {},
      h("td", { class: "mono" }, clockTime(row.created_at)),
      h("td", {}, status(row.state, statusDetail(row, this.session.now()))),
      h("td", {}, h("a", { href }, topic(row))),
    );
  }
}

function box(name, record) {
  return h("input", { value: record[name] ?? "", type: NUMBERS.includes(name) ? "number" : "text" });
}

/** Only what was changed is written: the rest would be told of as unchanged, or refused. */
function changed(record, boxes) {
  const others = boxes.filter(([name, control]) => control.value !== String(record[name] ?? ""));
  const read = ({ type, value }) => (value === "" ? null : type === "number" ? Number(value) : value);
  return Object.fromEntries(others.map(([name, control]) => [name, read(control)]));
}

function tellOf({ changes, ignored }) {
  const notified = changes.flatMap((change) => change.notifications).length;
  const hint = ignored.length ? `Only Copper writes ${ignored.join(", ")}.` : (changes[0]?.note ?? "");
  if (!changes.length) say("The values were the same: nothing changed", hint);
  else say(notified ? `Saved; ${count(notified, "notification")}` : "Saved; nobody is notified", hint);
}

function pretty(record) {
  return JSON.stringify(record, null, 2);
}
