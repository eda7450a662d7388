// How does somebody learn that something was done, or was not? At the field that is wrong, in the dialog that is open, or
// as a line at the corner; each is read out too.

import { Unanswered } from "./api.js";
import { h } from "./dom.js";
import { told as inWords } from "./telling.js";

const STAYS_MS = 6000;

let problems = 0;

export function say(text, hint = "", { problem = false } = {}) {
  const place = document.getElementById("said");
  const line = h("div", { class: problem ? "said problem" : "said" }, text, hint && h("span", { class: "hint" }, hint));
  line.append(h("button", { type: "button", "aria-label": "Dismiss", onclick: () => line.remove() }, "×"));
  // One is enough: what was said before is over, may not be true any more, and several cover what somebody looks at.
  place.replaceChildren(line);
  setTimeout(() => line.remove(), problem ? STAYS_MS * 2 : STAYS_MS);
}

/** What was wrong in a view that has been left, or before something else was done, is not told of any more. */
export function forgetProblems() {
  for (const line of document.querySelectorAll(".said.problem")) line.remove();
}

/** Tell of what was refused, as near as can be to what it is about. */
export function complain(error) {
  const opened = [...document.querySelectorAll("dialog[open] .content")].at(-1);
  const control = error.control ?? controlOf(error.message, opened ?? document.getElementById("main"));
  if (control) return atControl(control, error);
  // That nobody answers stands in the banner, once; what is covered by a dialog says so itself.
  if (!opened && error instanceof Unanswered) return;
  if (!opened) return say(inWords(error.message), inWords(error.hint ?? ""), { problem: true });
  opened.querySelector(".ends")?.before(told(error));
}

/** Do something and say so; a refusal is told in the server's words, and gives undefined. */
export async function tried(act, done = "") {
  forgetWrong(document);
  forgetProblems();
  let result;
  try {
    result = await act();
  } catch (error) {
    complain(error);
  }
  if (result !== undefined && done) say(done);
  return result;
}

/** What is read for a view, which may be at any time: what is told of boxes stays. A refusal gives undefined. */
export async function looked(act) {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Unanswered)) complain(error);
    return undefined;
  }
}

/** What was wrong with boxes is not told of any more. */
export function forgetWrong(scope) {
  for (const line of scope.querySelectorAll(".wrong")) line.remove();
  for (const control of scope.querySelectorAll("[aria-invalid]")) control.removeAttribute("aria-invalid");
}

/** What a box says, as JSON; what cannot be read is told of at the box. */
export function readJson(control, what) {
  try {
    return JSON.parse(control.value);
  } catch (error) {
    throw wrong(control, `${what} is not JSON: ${error.message}`);
  }
}

/** An error about what stands in a box. */
export function wrong(control, message, hint = "") {
  return Object.assign(new Error(message), { control, hint });
}

/** `target: ...`, `Target: ...` or `settings.limits: ...` is about the box that has this name. */
function controlOf(message, scope) {
  // Copper says this of a target, and names it not.
  const about = message.includes("Invalid URI") ? "target" : /^(?:Invalid input: Validation errors: )?([\w.]+): /.exec(message)?.[1];
  const name = about?.split(".").at(-1).toLowerCase();
  const fits = (each) => each.dataset.field === name && !each.disabled;
  return name && [...scope.querySelectorAll("[data-field]")].find(fits);
}

function told({ message, hint }) {
  const more = hint && h("span", { class: "hint" }, inWords(hint));
  return h("p", { class: "wrong", role: "alert" }, inWords(message), more);
}

function atControl(control, error) {
  const line = told(error);
  line.id = `wrong-${(problems += 1)}`;
  control.after(line);
  control.setAttribute("aria-invalid", "true");
  control.setAttribute("aria-errormessage", line.id);
  control.focus();
  const mended = () => {
    control.removeAttribute("aria-invalid");
    line.remove();
  };
  control.addEventListener("input", mended, { once: true });
}
