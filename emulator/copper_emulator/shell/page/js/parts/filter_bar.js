// Which deliveries are wanted? Fields for each filter, and beside them, as chips, those that are on.

import { fill, h, select } from "../dom.js";
import { count, STATES, TOPICS, TYPES } from "../words.js";
import { chips } from "./chips.js";

const NAMES = {
  type: "type",
  event: "event",
  state: "status",
  id: "id",
  subscription: "subscription",
  status: "answer",
  text: "text",
  since: "from",
  until: "until",
};
const WORDS = { open: "failed or pending" };

export class FilterBar {
  /** `onChange(filters)`: others are wanted. */
  constructor(onChange) {
    this.onChange = onChange;
    this.controls = controls();
    for (const control of Object.values(this.controls)) control.addEventListener("change", () => onChange(this.read()));
    const { text, type, event, state, ...more } = this.controls;
    this.chips = h("div", { class: "chip-bar", role: "status" });
    this.element = h(
      "div",
      { class: "filters", role: "search", "aria-label": "Filters" },
      text,
      type,
      event,
      state,
      h("details", {}, h("summary", {}, "More"), h("div", { class: "row" }, Object.values(more))),
    );
  }

  read() {
    return Object.fromEntries(Object.entries(this.controls).map(([name, control]) => [name, control.value.trim()]));
  }

  write(filters) {
    for (const [name, control] of Object.entries(this.controls)) control.value = filters[name] ?? "";
  }

  /** The chips, and how many notifications fit. */
  draw({ filters, count: fitting, total }) {
    const on = Object.values(filters).some(Boolean);
    const number = h(
      "span",
      { class: "muted", id: "filter-count" },
      `${count(fitting, "notification")} of ${total.toLocaleString("en")}`,
    );
    fill(this.chips, chips(filters, NAMES, WORDS, this.onChange), on && number);
  }

  focus() {
    this.controls.text.focus();
  }
}

function controls() {
  const choices = (name, values) => select([["", name], ...values], "", { "aria-label": `Filter by ${name}` });
  const input = (name, more) => h("input", { placeholder: name, "aria-label": `Filter by ${name}`, ...more });
  const number = { inputmode: "numeric", size: 8 };
  const moment = { size: 20, title: "like 2026-03-02T09:00:00Z" };
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
    state: choices("status", [["open", WORDS.open], ...STATES.map((state) => [state, state])]),
    id: input("record id", number),
    subscription: input("subscription", number),
    status: input("answer", number),
    since: input("from time", moment),
    until: input("until time", moment),
  };
}
