// The fields of a record in a form: which have a box, and what was written into them.

import { h } from "../dom.js";

// What has a field of its own; everything else is in the JSON below.
export const FIELDS = {
  person: ["name", "title", "details"],
  company: ["name", "details"],
  lead: ["name", "title", "details", "monetary_value"],
  opportunity: ["name", "monetary_value", "details"],
  project: ["name", "status", "details"],
  task: ["name", "status", "priority", "details"],
  activity_log: ["details"],
};
const NUMBERS = ["monetary_value"];

export function box(name, record) {
  const value = String(record[name] ?? "");
  return h("input", { value, type: NUMBERS.includes(name) ? "number" : "text", "data-before": value });
}

/** Lock the fields, in a way that keeps the focus where it is. */
export function setBusy(form, busy) {
  form.setAttribute("aria-busy", busy);
  for (const each of form.querySelectorAll("input, textarea")) each.readOnly = busy;
}

export function isBusy(form) {
  return form.getAttribute("aria-busy") === "true";
}

/** The fields of a new record; an empty name is included if it has a field. */
export function begun(boxes) {
  const named = boxes.filter(([name]) => name === "name").map(([name, control]) => [name, control.value]);
  return { ...changed({}, boxes), ...Object.fromEntries(named) };
}

/** The changed fields only: unchanged ones would be reported as unchanged, or refused. */
export function changed(record, boxes) {
  const others = boxes.filter(([name, control]) => control.value !== String(record[name] ?? ""));
  const read = ({ type, value }) => (value === "" ? null : type === "number" ? Number(value) : value);
  return Object.fromEntries(others.map(([name, control]) => [name, read(control)]));
}
