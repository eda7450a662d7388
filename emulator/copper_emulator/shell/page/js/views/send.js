// Send an event: an editable, valid body made from existing records, with a warning if Copper would not send it.

import { button, field, fill, gathered, h, select } from "../dom.js";
import { go } from "../router.js";
import { anyLost, outcomes, tellOfSent } from "../parts/outcomes.js";
import { confirmed } from "../parts/dialog.js";
import { looked, readJson, say, tried } from "../say.js";
import { told } from "../telling.js";
import { isNotification, oddities, unfound } from "../validity.js";
import { TOPICS, TYPES } from "../words.js";

const EVERYBODY = "";
const ELSEWHERE = "elsewhere";

export async function show(main, { session, signal }) {
  await session.ready;
  const { subscriptions } = await session.api.subscriptions();
  const view = new SendView(session, subscriptions);
  await view.fillIn();
  main.append(view.element);
  if (!signal.aborted) session.unsaved = () => view.isUnsaved;
}

class SendView {
  constructor(session, subscriptions) {
    Object.assign(this, { session, subscriptions, api: session.api, known: null, sampled: "", sent: "", fillings: 0 });
    this.type = select(TYPES, "person", { id: "send-type" });
    this.event = select(TOPICS.person, "update", { id: "send-event" });
    this.to = select([], EVERYBODY, { id: "send-to" });
    this.target = h("input", { type: "url" });
    this.warning = h("div", { id: "send-warning", role: "status" });
    const described = { "aria-label": "Body", "aria-describedby": "send-warning" };
    this.body = h("textarea", { class: "tall", spellcheck: "false", ...described });
    this.type.addEventListener("change", () => this.chooseTopic());
    this.event.addEventListener("change", () => this.chooseTopic());
    this.to.addEventListener("change", () => this.chooseTarget());
    this.body.addEventListener(
      "input",
      gathered(() => this.check(), 100),
    );
    this.offer();
    this.topic = [this.type.value, this.event.value];
    this.element = h(
      "div",
      { class: "panels" },
      h("h1", {}, "Send an event"),
      this.choices(),
      this.body,
      this.warning,
      this.ends(),
    );
  }

  choices() {
    return h(
      "div",
      { class: "row send-choices" },
      field("Type", this.type),
      field("Event", this.event),
      field("To", this.to),
      field("Target", this.target, "target"),
    );
  }

  ends() {
    return h(
      "div",
      { class: "row" },
      button("Send", () => this.send(), { class: "main" }),
      button("Fill in again", () => this.fillIn()),
    );
  }

  /** Whether the user has edited the body that was filled in. */
  get isEdited() {
    return this.body.value !== this.sampled;
  }

  /** Whether it is edited, and has not been sent as it is. */
  get isUnsaved() {
    return this.isEdited && this.body.value !== this.sent;
  }

  /** Another topic has another body; ask before edits are lost. */
  async chooseTopic() {
    const lost = "A different type or event has a different body: what you have written in this one will be lost.";
    if (this.isEdited && !(await confirmed("Fill in again?", lost, "Fill in"))) {
      [this.type.value, this.event.value] = this.topic;
      return;
    }
    this.offer();
    this.topic = [this.type.value, this.event.value];
    await this.fillIn();
  }

  /** An edited body is kept for another target. */
  chooseTarget() {
    return this.isEdited ? this.aim() : this.fillIn();
  }

  aim() {
    const { target } = this.subscriptions.find(({ id }) => String(id) === this.to.value) ?? {};
    this.target.value = target ?? "";
    this.target.disabled = this.to.value !== ELSEWHERE;
    this.check();
  }

  /** The events of the type, and the subscribers to the topic. */
  offer() {
    const option = (value, text) => h("option", { value, selected: value === this.event.value }, text);
    fill(
      this.event,
      TOPICS[this.type.value].map((each) => option(each, each)),
    );
    const own = this.matching();
    fill(
      this.to,
      option(EVERYBODY, `as an event: to every subscription (${own.length})`),
      own.map(({ id, target }) => option(String(id), `this body, to subscription ${id} at ${target}`)),
      option(ELSEWHERE, "this body, to a different target"),
    );
  }

  matching() {
    return this.subscriptions.filter((each) => each.type === this.type.value && each.event === this.event.value);
  }

  async fillIn() {
    const type = this.type.value;
    const chosen = this.subscriptions.find(({ id }) => String(id) === this.to.value);
    this.aim();
    const before = this.body.value;
    const mine = (this.fillings += 1);
    const found = await looked(() => this.api.search(type, { page_size: 200 }));
    // Another topic may have been chosen meanwhile.
    if (mine !== this.fillings) return;
    const records = found?.records ?? [];
    // If a type has more than a page of records, not all of its ids are known.
    this.known = found && found.total === records.length ? records.map((record) => record.id) : null;
    const sample = JSON.stringify(this.sample(records[0], chosen ?? this.matching()[0]), null, 2);
    // If the user has begun to type meanwhile, their text stays.
    if ([before, this.sampled].includes(this.body.value)) {
      this.body.value = sample;
      this.sampled = sample;
    }
    this.check();
  }

  /** The body that a subscription would get; if there are no records, its id is one that does not exist.
   *
   * The record is assumed to have changed already: an endpoint that fetches it finds the new name.
   */
  sample(record, subscription) {
    const [type, event] = [this.type.value, this.event.value];
    return {
      subscription_id: subscription?.id ?? 1,
      event,
      type,
      ids: [record?.id ?? 17],
      updated_attributes: event === "update" ? { name: ["Former name", record?.name ?? "Ada Lovelace"] } : {},
      timestamp: new Date(this.session.now()).toISOString(),
    };
  }

  check() {
    const odd = oddities(this.body.value);
    const gone = unfound(this.body.value, this.known);
    const list = h(
      "ul",
      {},
      odd.map((text) => h("li", {}, text)),
    );
    // An error at the field has said it.
    if (this.body.hasAttribute("aria-invalid")) return fill(this.warning);
    const asItIs = this.to.value === EVERYBODY ? "As an event it must be correct." : "It is sent exactly as it is here.";
    fill(
      this.warning,
      odd.length
        ? h("div", { class: "warning" }, `Copper would not send this. ${asItIs}`, list)
        : h("p", { class: "muted" }, "A body as Copper sends it."),
      gone && h("p", { class: "muted" }, gone),
    );
  }

  async send() {
    const answer = await tried(() => (this.to.value === EVERYBODY ? this.fire() : this.replay()));
    if (answer === undefined) return this.check();
    this.sent = this.body.value;
    if (!answer.notifications) tellOfSent("Sent", answer);
    else tellOf(answer);
    const [first] = answer.notifications ?? [answer.notification];
    if (first) go({ view: "deliveries", which: String(first.serial), filters: {} });
  }

  fire() {
    const { type, event, ids, updated_attributes = {} } = readJson(this.body, "The body");
    return this.api.fire({ type, event, ids, updated_attributes });
  }

  /** Anything can be sent to a single target; a text that is no notification is listed under the topic chosen above. */
  replay() {
    const target = this.target.value.trim();
    if (isNotification(this.body.value)) return this.api.replay({ body: JSON.parse(this.body.value), target });
    return this.api.replay({ text: this.body.value, type: this.type.value, event: this.event.value, target });
  }
}

function tellOf({ notifications, note }) {
  const states = notifications.map(({ state }) => state);
  if (!states.length) say("It happened; nobody is notified", told(note ?? ""));
  else say(`Sent: ${outcomes(states)}`, "", { problem: anyLost(states) });
}
