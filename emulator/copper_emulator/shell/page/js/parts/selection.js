// Which deliveries of the list are ticked, and what is done with all of them: sent again, or taken off the list.
//
// What happened stays in the account: only its reset makes something not have happened. What is taken off is not shown.

import { button, h } from "../dom.js";
import { say, tried } from "../say.js";
import { confirmed } from "./dialog.js";
import { anyLost, outcomes } from "./outcomes.js";

const ASKS_FROM = 10;

export class Selection {
  /** `rows()`: the list. `onTick()`: other ones are ticked. `onChange()`: the list is to be drawn anew. */
  constructor(session, { rows, onTick, onChange }) {
    Object.assign(this, { session, rows, onTick, onChange });
    this.serials = new Set();
  }

  checkbox({ serial }) {
    const check = h("input", {
      type: "checkbox",
      checked: this.serials.has(serial),
      "aria-label": `Select ${serial}`,
    });
    check.addEventListener("change", () => {
      this.serials[check.checked ? "add" : "delete"](serial);
      this.onTick();
    });
    return check;
  }

  buttons() {
    const number = this.serials.size;
    if (!number) return button("Select all", () => this.all(), { title: "All that are in the list" });
    return [
      button(`Resend ${number} selected`, () => this.resend(), { class: "main" }),
      button(`Take ${number} off the list`, () => this.takeOff(), { title: "They stay in the account's journal" }),
      button("Select none", () => this.none()),
    ];
  }

  all() {
    this.serials = new Set(
      this.rows()
        .filter((row) => row.serial)
        .map((row) => row.serial),
    );
    this.onChange();
  }

  none() {
    this.serials.clear();
    this.onChange();
  }

  takeOff() {
    takeOff(this.session, this.serials);
    this.none();
  }

  async resend() {
    const serials = [...this.serials].sort((one, other) => one - other);
    const text = "Each is sent once more, outside the limits.";
    if (serials.length > ASKS_FROM && !(await confirmed(`Resend ${serials.length}?`, text, "Resend"))) return;
    const states = [];
    for (const serial of serials) {
      const made = await tried(() => this.session.api.resend(serial));
      if (made !== undefined) states.push(made.notification.state);
    }
    this.none();
    if (states.length) say(outcomes(states, " sent again"), "", { problem: anyLost(states) });
  }
}

/** Rows by their keys: not shown in the list from now on, until they are asked for. */
export function takeOff(session, keys) {
  for (const key of keys) session.takenOff.add(key);
}

/** How many were taken off, and the way back; nothing where none were. */
export function takenOff(session, onChange) {
  const number = session.takenOff.size;
  if (!number) return null;
  const back = () => {
    session.takenOff.clear();
    onChange();
  };
  return button(`${number} taken off: show`, back, { class: "plain" });
}
