// How does somebody learn that something was done, or was not? A line at the corner, which is read out too.

import { h } from "./dom.js";

const STAYS_MS = 6000;

export function say(text, hint = "", { problem = false } = {}) {
  const line = h("div", { class: problem ? "said problem" : "said" }, text, hint && h("span", { class: "hint" }, hint));
  document.getElementById("said").append(line);
  setTimeout(() => line.remove(), problem ? STAYS_MS * 2 : STAYS_MS);
}

export function complain(error) {
  say(error.message, error.hint, { problem: true });
}

/** Do something and say so; a refusal is told in the server's words, and gives undefined. */
export async function tried(act, done = "") {
  try {
    const result = await act();
    if (done) say(typeof done === "function" ? done(result) : done);
    return result;
  } catch (error) {
    complain(error);
    return undefined;
  }
}
