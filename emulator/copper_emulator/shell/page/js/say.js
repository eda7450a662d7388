// How does the user learn whether something was done? At the field that is wrong, in the open dialog, or as a line in
// the corner; screen readers read each of them out.

import { Unanswered } from "./api.js";
import { h } from "./dom.js";
import { told as inWords } from "./telling.js";

const STAYS_MS = 6000;

let problems = 0;

export function say(text, hint = "", { problem = false } = {}) {
  const place = document.getElementById("said");
  const line = h("div", { class: problem ? "said problem" : "said" }, text, hint && h("span", { class: "hint" }, hint));
  line.append(h("button", { type: "button", "aria-label": "Dismiss", onclick: () => line.remove() }, "×"));
  // One line is enough: earlier ones may no longer be true, and several would cover the page.
  place.replaceChildren(line);
  setTimeout(() => line.remove(), problem ? STAYS_MS * 2 : STAYS_MS);
}

/** Remove problems reported in a view that was left, or before another action. */
export function forgetProblems() {
  for (const line of document.querySelectorAll(".said.problem")) line.remove();
}

/** Show an error as close as possible to what it is about; `otherwise`: the field for a refusal that names no other. */
export function complain(error, otherwise = null) {
  const opened = [...document.querySelectorAll("dialog[open] .content")].at(-1);
  const named = error.control ?? controlOf(error.message, opened ?? document.getElementById("main"));
  const control = named ?? (error.status === 422 ? otherwise : null);
  if (control) return atControl(control, error);
  // The banner already says that nothing answers, but an open dialog would cover it.
  if (!opened && error instanceof Unanswered) return;
  if (!opened) return say(inWords(error.message), inWords(error.hint ?? ""), { problem: true });
  opened.querySelector(".ends")?.before(told(error));
}

/** Do something and confirm it. A refusal is shown in the server's words; the result is then undefined. */
export async function tried(act, done = "", { otherwise } = {}) {
  forgetWrong(document);
  forgetProblems();
  let result;
  try {
    result = await act();
  } catch (error) {
    complain(error, otherwise);
  }
  if (result !== undefined && done) say(done);
  return result;
}

/** Read data for a view. As that may happen at any time, errors at fields stay; a refusal returns undefined. */
export async function looked(act) {
  try {
    return await act();
  } catch (error) {
    if (!(error instanceof Unanswered)) complain(error);
    return undefined;
  }
}

/** Remove the errors shown at fields. */
export function forgetWrong(scope) {
  for (const line of scope.querySelectorAll(".wrong")) line.remove();
  for (const control of scope.querySelectorAll("[aria-invalid]")) control.removeAttribute("aria-invalid");
}

/** A field's value, parsed as JSON; if it is invalid, the error is shown at the field. */
export function readJson(control, what) {
  try {
    return JSON.parse(control.value);
  } catch (error) {
    const { placeholder } = control;
    throw wrong(control, `${what} is not JSON: ${error.message}`, placeholder && `Write it like ${placeholder}.`);
  }
}

/** An error to be shown at a field. */
export function wrong(control, message, hint = "") {
  return Object.assign(new Error(message), { control, hint });
}

/** The field that `target: ...`, `Target: ...` or `settings.limits: ...` is about. */
function controlOf(message, scope) {
  // Copper's message about an invalid target, which does not name the field.
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
  const corrected = () => {
    control.removeAttribute("aria-invalid");
    line.remove();
  };
  control.addEventListener("input", corrected, { once: true });
}
