// How did it go, in one line? Notifications sent but not delivered are no success.

import { say } from "../say.js";
import { told } from "../telling.js";
import { count, stateWord, UNDER_WAY } from "../words.js";

/** `3 notifications: 2 delivered, 1 failed`, from their states; `what` was done is put before the colon. */
export function outcomes(states, what = "") {
  const words = [...new Set(states.map(stateWord))];
  const numbers = words.map((word) => `${states.filter((state) => stateWord(state) === word).length} ${word}`);
  return `${count(states.length, "notification")}${what}: ${numbers.join(", ")}`;
}

/** Whether any of them will never arrive. */
export function anyLost(states) {
  return states.some((state) => state !== "delivered" && !UNDER_WAY.includes(state));
}

/** Report how a notification just sent by hand has ended. */
export function tellOfSent(what, { notification }) {
  const { serial, state, outcome } = notification;
  const text = told(notification.told);
  if (!outcome || state === "delivered") return say(`${what} as #${serial}: ${text}`);
  const [first, ...rest] = text.split(". ");
  say(`${what} as #${serial}, and not delivered: ${first}`, rest.join(". "), { problem: true });
}
