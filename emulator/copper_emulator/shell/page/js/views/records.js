// Records, and beside them what their changes sent: edit a person and see the webhooks arrive.

import { button, field, fill, gathered, h, oneAtATime, select } from "../dom.js";
import { confirmed } from "../parts/dialog.js";
import { go, link } from "../router.js";
import { anyLost, outcomes } from "../parts/outcomes.js";
import { FIELDS, begun, box, changed, isBusy, setBusy } from "../parts/record_fields.js";
import { looked, readJson, say, tried } from "../say.js";
import { listen } from "../session.js";
import { told } from "../telling.js";
import { watch } from "../watching.js";
import { clockTime, status, statusDetail, topic } from "../words.js";

// Has no name to search for.
const UNNAMED = "activity_log";
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
    this.drawList = oneAtATime(() => this._drawList());
    this.drawWebhooks = oneAtATime(() => this._drawWebhooks());
    this.followRecord = oneAtATime(() => this._followRecord());
    this.type = "person";
    this.id = null;
    /** The one in the form, as it was read. */
    this.record = undefined;
    this.list = h("div", { class: "panel record-list" });
    this.editor = h("div", { class: "panel" });
    this.webhooks = h("section", { class: "panel", "aria-label": "Webhooks of this record" });
    this.types = select(Object.keys(FIELDS), this.type, { id: "record-type", "aria-label": "Type of record" });
    this.types.addEventListener("change", () => go({ which: this.types.value }));
    this.name = h("input", { type: "search", placeholder: "name", "aria-label": "Search for a name", class: "grow" });
    this.name.addEventListener(
      "input",
      gathered(() => this.drawList(), 200, signal),
    );
    const begin = () => {
      if (this.id === null) this.boxes()[0]?.focus();
      else go({ which: this.type });
    };
    const start = button("New", begin, { class: "main" });
    const choice = h("div", { class: "row" }, this.types, this.name, start);
    this.element = h(
      "div",
      { class: "records" },
      h("div", { class: "panels" }, choice, this.list),
      this.editor,
      this.webhooks,
    );
    const all = async () => {
      await this.drawWebhooks();
      await this.drawList();
      await this.followRecord();
    };
    const soon = gathered(all, 200, signal);
    listen(session, "entries", soon, signal);
    listen(session, "reset", () => this.beginAnew(), signal);
    session.unsaved = () => this.isChanged();
  }

  beginAnew() {
    this.record = undefined;
    fill(this.editor);
    go({ which: this.type });
  }

  /** Whether the form has unsaved text. */
  isChanged() {
    return this.boxes().some((each) => each.value !== each.dataset.before);
  }

  boxes() {
    return [...this.editor.querySelectorAll("input, textarea")];
  }

  async follow({ which }) {
    const [type = "", id = ""] = which.split("/");
    this.type = type in FIELDS ? type : "person";
    this.types.value = this.type;
    this.name.disabled = this.type === UNNAMED;
    this.id = id ? Number(id) : null;
    await this.drawEditor();
    // In a small window it is below the list.
    if (which) this.editor.scrollIntoView({ block: "nearest" });
    if (!id && which) this.editor.querySelector("input")?.focus();
    await this.drawWebhooks();
    await this.drawList();
  }

  async _drawList() {
    const { type } = this;
    const named = this.name.value;
    const sorted = { sort_by: "date_modified", sort_direction: "desc", ...(named && { name: named }) };
    const filters = { page_size: PAGE, ...(type !== UNNAMED && sorted) };
    const found = await looked(() => this.api.search(type, filters));
    // If another type has been chosen meanwhile, its list is drawn next.
    if (!found || type !== this.type) return;
    const heads = ["Name", "Id"].map((text) => h("th", { scope: "col" }, text));
    const rows = found.records.map((record) => this.listRow(record));
    const search = type === UNNAMED ? "." : "; search for a name.";
    const left = found.total > PAGE && `The last ${PAGE} of ${found.total.toLocaleString("en")}${search}`;
    const none = named && type !== UNNAMED ? `No ${type} has this name.` : `No ${type} yet.`;
    fill(
      this.list,
      rows.length
        ? h("table", {}, h("thead", {}, h("tr", {}, heads)), h("tbody", {}, rows))
        : h("p", { class: "muted" }, none),
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
    this.record = undefined;
    if (id === null) return fill(this.editor, this.form({}));
    const found = await looked(() => this.api.search(type, { ids: [id] }));
    // Another record may have been chosen meanwhile.
    if (type !== this.type || id !== this.id) return;
    this.showRecord(found?.records[0]);
  }

  showRecord(record) {
    const { type, id } = this;
    this.record = record;
    fill(this.editor, record ? this.form(record) : h("p", { class: "muted" }, `There is no ${type} ${id}.`));
  }

  /** Show what others made of the record, such as the endpoint, unless that would overwrite what is being written. */
  async _followRecord() {
    const { type, id, record } = this;
    if (!record) return;
    const found = await looked(() => this.api.search(type, { ids: [id] }));
    if (!found || record !== this.record || this.isChanged() || isBusy(this.editor.firstElementChild)) return;
    const [now] = found.records;
    if (now && pretty(now) === pretty(record)) return;
    const selection = document.getSelection();
    // What is being copied is left alone until the next change.
    if (!selection.isCollapsed && this.editor.contains(selection.anchorNode)) return;
    const focused = document.activeElement;
    const at = this.boxes().indexOf(focused);
    const isOpen = this.editor.querySelector("details").open;
    this.showRecord(now);
    if (!now) return;
    this.editor.querySelector("details").open = isOpen;
    const box = this.boxes()[at];
    box?.focus();
    // A number has no caret to be put back.
    if (box && focused.selectionStart !== null) box.setSelectionRange(focused.selectionStart, focused.selectionEnd);
  }

  form(record) {
    const isNew = record.id === undefined;
    const boxes = FIELDS[this.type].map((name) => [name, box(name, record)]);
    const others = h("textarea", { placeholder: SAMPLE, spellcheck: "false", "data-before": "" });
    const more = () => (others.value.trim() ? readJson(others, "Other fields") : {});
    const submit = (event) => {
      event.preventDefault();
      this.save(record, () => ({ ...(isNew ? begun(boxes) : changed(record, boxes)), ...more() }), { form, others });
    };
    const form = h(
      "form",
      { class: "panels", onsubmit: submit },
      h(
        "div",
        { class: "row apart" },
        h("h1", {}, isNew ? `New ${this.type}` : `${this.type} ${record.id}`),
        !isNew && button("Delete", () => this.remove(record), { class: "danger" }),
      ),
      boxes.map(([name, control]) => field(name, control, name)),
      field("Other fields as JSON", others),
      h("div", { class: "row" }, h("button", { class: "main" }, isNew ? "Create" : "Save")),
      !isNew && h("details", {}, h("summary", {}, "The whole record"), h("pre", { tabindex: 0 }, pretty(record))),
    );
    return form;
  }

  /** Save the form, which is locked meanwhile and then replaced. */
  async save(record, written, { form, others }) {
    if (isBusy(form)) return;
    const { api, type } = this;
    const isNew = record.id === undefined;
    setBusy(form, true);
    const send = () => (isNew ? api.create(type, written()) : api.update(type, [record.id], written()));
    // What has no field of its own can only have been written as JSON.
    const answer = await tried(send, "", { otherwise: others });
    if (!answer) return setBusy(form, false);
    tellOf(answer);
    // If the user has left the form, nothing more is to be done.
    if (!form.isConnected) return;
    for (const each of this.boxes()) each.dataset.before = each.value;
    if (isNew) return go({ which: `${type}/${answer.records[0].id}` });
    await this.drawEditor();
    await this.drawList();
  }

  async remove(record) {
    const { type } = this;
    if (isBusy(this.editor.firstElementChild)) return;
    const text = `${record.name ?? "It"} will be deleted, and whoever subscribed is notified.`;
    if (!(await confirmed(`Delete ${type} ${record.id}?`, text, "Delete"))) return;
    const answer = await tried(() => this.api.remove(type, [record.id]));
    if (!answer) return;
    tellOf(answer, "Deleted");
    this.record = undefined;
    fill(this.editor, h("p", { class: "muted" }, `${type} ${record.id} was deleted.`));
    await this.drawList();
  }

  async _drawWebhooks() {
    const { type, id, session } = this;
    const filters = { type, id, limit: WEBHOOKS };
    const { notifications } = (id && (await looked(() => this.api.notifications(filters)))) || { notifications: [] };
    const all = link({ account: session.name, view: "deliveries", filters: { type, id: String(id) } });
    const rows = () => notifications.map((row) => this.webhookRow(row));
    const shown = notifications.length ? h("table", {}, h("tbody", {}, rows())) : await this.none();
    if (type !== this.type || id !== this.id) return;
    fill(
      this.webhooks,
      h("h2", {}, "Its webhooks"),
      shown,
      id && h("p", {}, h("a", { href: all }, "All of this record")),
    );
  }

  /** Shown if nothing was sent, because nothing has happened yet or nobody is subscribed. */
  async none() {
    const { session, type } = this;
    const found = await looked(() => this.api.subscriptions());
    const own = found?.subscriptions.filter((each) => each.type === type) ?? [];
    if (!found || own.length) return h("p", { class: "muted" }, "None yet. They appear here as they happen.");
    const to = h("a", { href: link({ account: session.name, view: "subscriptions" }) }, "Subscribe an endpoint");
    const watched = async () => {
      await watch(session);
      await this.drawWebhooks();
    };
    return [
      h("p", {}, `Nobody is subscribed to ${type}: nobody is notified of what happens to it. `, to, ", or"),
      h("div", {}, button("Watch everything in the inbox", watched)),
    ];
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

function tellOf({ changes, hints }, what = "Saved") {
  const states = changes.flatMap((change) => change.notifications).map(({ state }) => state);
  const hint = hints.length ? `${hints.join(". ")}.` : told(changes[0]?.note ?? "");
  if (!changes.length) say("The values were the same: nothing changed", hint);
  else if (!states.length) say(`${what}; nobody is notified`, hint);
  else say(`${what}; ${outcomes(states)}`, hint, { problem: anyLost(states) });
}

function pretty(record) {
  return JSON.stringify(record, null, 2);
}
