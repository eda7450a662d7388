// Which deliveries are wanted? Fields for each filter, and chips for those that are on.

import { fill, gathered, h, select } from "../dom.js";
import { complain, forgetWrong, wrong } from "../say.js";
import { count, fullTime, readMoment, STATES, stateWord, TOPICS, TYPES } from "../words.js";
import { chips } from "./chips.js";

const NAMES = {
  type: "type",
  event: "event",
  state: "status",
  id: "record id",
  subscription: "subscription",
  status: "answer",
  text: "text",
  since: "from time",
  until: "until time",
};
const WORDS = { open: "failed or waiting", queued: "waiting" };
const MORE = ["id", "subscription", "status", "since", "until"];
const MOMENTS = ["since", "until"];
const TYPED_MS = 250;

const NUMBER = [/^\d*$/, "must be a number, like 17"];
const FORMS = { id: NUMBER, subscription: NUMBER, status: [/^([1-5](\d\d|xx))?$/i, "must be like 503, or 5xx for all of them"] };

export class FilterBar {
  /** `onChange(filters, how)`: the filters have changed. `onLeave()`: the fields were left. `now()`: the account's
   * present moment, for times without a day. `signal` ends it all.
   */
  constructor({ onChange, onLeave, now, signal }) {
    Object.assign(this, { onChange, now });
    this.controls = controls();
    for (const control of Object.values(this.controls)) control.addEventListener("change", () => this.changed());
    const { text, type, event, state, ...more } = this.controls;
    // Typing must not add a history step for each letter.
    const typed = gathered(() => this.changed({ quietly: true }), TYPED_MS, signal);
    text.addEventListener("input", typed);
    text.addEventListener("keydown", (event) => {
      if (event.key !== "Escape") return;
      event.preventDefault();
      text.value = "";
      typed();
      onLeave();
    });
    this.chips = h("div", { class: "chip-bar", role: "status" });
    const boxes = Object.entries(more).map(([name, control]) => box(name, control));
    this.more = h("details", {}, h("summary", {}, "More"), h("div", { class: "row" }, boxes));
    const parts = [text, type, event, state, this.more];
    this.element = h("div", { class: "filters", role: "search", "aria-label": "Filters" }, parts);
  }

  /** Apply the fields. An invalid value is reported at its field, and the list stays as it is. */
  changed(how) {
    const written = Object.entries(this.controls).map(([name, control]) => [name, control.value.trim()]);
    const filters = this.understood(Object.fromEntries(written));
    if (filters) this.onChange(filters, how);
  }

  /** The filters as the server takes them; null if one is invalid, which is reported at its field. */
  understood(filters) {
    forgetWrong(this.element);
    try {
      return Object.fromEntries(Object.entries(filters).map(([name, text]) => [name, this.readOne(name, text)]));
    } catch (error) {
      complain(error);
      return null;
    }
  }

  readOne(name, text) {
    const control = this.controls[name];
    if (!text || !control) return text;
    const [form, is] = FORMS[name] ?? [];
    if (form && !form.test(text)) throw wrong(control, `${NAMES[name]} ${is}`);
    const choices = [...(control.options ?? [])].map(({ value }) => value);
    if (choices.length && !choices.includes(text)) throw wrong(control, `there is no ${NAMES[name]} ${text}`);
    if (!MOMENTS.includes(name)) return text;
    const moment = readMoment(text, this.now());
    if (!moment) throw wrong(control, `${NAMES[name]} must be like 05:05:28, 2026-03-02 or 2026-03-02 05:05:28`);
    return moment;
  }

  write(filters) {
    for (const [name, control] of Object.entries(this.controls)) {
      const value = filters[name] ?? "";
      // Do not disturb a field that the user is typing in.
      if (control === document.activeElement && control.value.trim() === value) continue;
      const moment = MOMENTS.includes(name) && readMoment(value, this.now());
      control.value = moment ? fullTime(moment) : value;
    }
    if (MORE.some((name) => filters[name])) this.more.open = true;
  }

  /** The chips, and how many notifications match. */
  draw({ filters, count: fitting, total, loaded }) {
    const on = Object.values(filters).some(Boolean);
    const number = h(
      "span",
      { class: "muted", id: "filter-count" },
      `${count(fitting, "notification")} of ${total.toLocaleString("en")}`,
    );
    fill(this.chips, chips(filters, NAMES, WORDS, (others) => this.onChange(others)), on && loaded && number);
  }

  focus() {
    this.controls.text.focus();
  }
}

function box(name, control) {
  control.dataset.field = name;
  return h("span", { class: "filter-box" }, control);
}

function controls() {
  const choices = (name, values) => select([["", name], ...values], "", { "aria-label": `Filter by ${name}` });
  const input = (name, more) => h("input", { placeholder: name, "aria-label": `Filter by ${name}`, ...more });
  const number = { inputmode: "numeric", size: 11 };
  const moment = { size: 16, title: "like 05:05:28, 2026-03-02 or 2026-03-02 05:05:28" };
  return {
    text: h("input", { type: "search", placeholder: "text", "aria-label": "Text", id: "filter-text", class: "grow" }),
    type: choices(
      "type",
      TYPES.map((type) => [type, type]),
    ),
    event: choices(
      "event",
      TOPICS.person.map((event) => [event, event]),
    ),
    state: choices("status", [["open", WORDS.open], ...STATES.map((state) => [state, stateWord(state)])]),
    id: input("record id", number),
    subscription: input("subscription", number),
    status: input("answer", { size: 7, title: "like 503, or 5xx" }),
    since: input("from time", moment),
    until: input("until time", moment),
  };
}
