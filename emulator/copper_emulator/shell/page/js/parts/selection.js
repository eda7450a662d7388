// Which deliveries of the list are ticked, and what is done with them: resending, or hiding them from the list.
//
// Hiding deletes nothing: only a reset of the account does.

import { button, h } from "../dom.js";
import { say } from "../say.js";
import { count, shortIds, UNDER_WAY } from "../words.js";
import { confirmed } from "./dialog.js";
import { anyLost, outcomes } from "./outcomes.js";

export class Selection {
  /** `rows()`: the list. `onTick()`: the ticks have changed. `onChange()`: the list must be redrawn. */
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
    if (!number) return button("Select all", () => this.all(), { title: "Everything in the list" });
    const ended = this.ended();
    const what = ended.length === number ? `Resend ${number} selected` : `Resend ${ended.length} of ${number} selected`;
    const title = ended.length === number ? null : "What has not ended cannot be sent again";
    return [
      button(what, () => this.resend(ended), { class: "main", title, disabled: !ended.length }),
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

  /** The serials of those that can be sent again, oldest first. */
  ended() {
    const underWay = this.rows().filter((row) => UNDER_WAY.includes(row.state));
    const waiting = new Set(underWay.map((row) => row.serial));
    return [...this.serials].filter((serial) => !waiting.has(serial)).sort((one, other) => one - other);
  }

  none() {
    this.serials.clear();
    this.onChange();
  }

  takeOff() {
    takeOff(this.session, this.serials);
    this.none();
  }

  async resend(serials) {
    const text = "Each is sent again, outside the limits.";
    if (!(await confirmed(`Resend ${serials.length}?`, text, "Resend them"))) return;
    const states = [];
    const refused = [];
    for (const serial of serials) {
      try {
        states.push((await this.session.api.resend(serial)).notification.state);
      } catch (error) {
        refused.push([serial, error]);
      }
    }
    this.none();
    const again = states.length ? outcomes(states, " sent again") : "";
    if (refused.length) tellOfRefused(refused, again);
    else say(again, "", { problem: anyLost(states) });
  }
}

/** One line for all refusals, after the outcomes of the others; the first refusal says what is wrong. */
function tellOfRefused(refused, again) {
  const serials = refused.map(([serial]) => `#${serial}`);
  const [[, { message }]] = refused;
  const left = `${count(refused.length, "notification")} not sent again: ${shortIds(serials)}`;
  say(again ? `${again}; ${left}` : left, message, { problem: true });
}

/** Hide rows, given by their keys, from the list until the user asks for them. */
export function takeOff(session, keys) {
  for (const key of keys) session.takenOff.add(key);
}

/** How many rows are hidden, and a button to bring them back; null if none are. */
export function takenOff(session, onChange) {
  const number = session.takenOff.size;
  if (!number) return null;
  const back = () => {
    session.takenOff.clear();
    onChange();
  };
  return button(`${number} taken off: show`, back, { class: "plain" });
}
