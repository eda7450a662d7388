// Faults: what if notifications are lost, late or out of order, or the endpoint is down? Repeatable through the seed.

import { button, field, fill, h, select } from "../dom.js";
import { listen } from "../session.js";
import { tried } from "../say.js";
import { clockTime } from "../words.js";

// [name, what it does, how much]: "share" is a slider, "next" a number, "" nothing, anything else a value to edit.
const FAULTS = [
  ["lose", "Notifications are never sent", "share"],
  ["refuse", "Connections are refused", "next"],
  ["hang", "Requests are never answered, until the time-out", "next"],
  ["garble", "Answers are not HTTP", "next"],
  ["slow", "Answers come this much later", "3s"],
  ["outage", "Every connection is refused for this long, from now on", "10m"],
  ["latency", "New changes are notified this late", "0-15m"],
  ["shuffle", "What is due at the same moment is sent out of order", ""],
  ["batches", "This many ids per notification, in turn", "29,1"],
  ["gone", "Records are deleted before the endpoint can fetch them", ""],
  ["changed", "Records are changed before the endpoint can fetch them", ""],
  ["stale", "Searches are this far behind", "5s"],
  ["api.status", "The next API calls, or all for a time, are answered with this status", "429,3"],
  ["api.slow", "The API answers this much later, in real time", "3s"],
  ["api.hang", "API calls are never answered", "next"],
  ["beyond_spec.duplicate", "Notifications are sent twice", "share"],
  ["beyond_spec.retry", "What failed is sent again, this many times", "8"],
  ["beyond_spec.corrupt", "Bodies are cut off somewhere", "next"],
];

// For one delivery only: [the fault, what happens to it].
const ONCE = [
  ["lose=1", "is lost"],
  ["refuse=1", "is refused"],
  ["hang=1", "is never answered"],
  ["garble=1", "is answered with garbage"],
  ["slow=3s,1", "is answered 3s later"],
  ["beyond_spec.corrupt=1", "is cut off"],
];

export async function show(main, { session, signal }) {
  const { api } = session;
  const on = h("section", { class: "panel", "aria-label": "Faults that are on" });
  const once = select(ONCE, ONCE[1][0], { "aria-label": "What happens to the next delivery" });
  const target = h("input", { type: "url", placeholder: "all targets" });

  /** `control`: the field with the amount, at which a mistake in it is reported. */
  const turn = async (text, control) => {
    const written = target.value.trim() ? `${text}@${target.value.trim()}` : text;
    const on = () => api.switchFaults([written]).catch((error) => refused(error, control, target));
    await tried(on, `On: ${written}`);
    await session.look();
  };

  const off = async (name) => {
    await tried(() => api.switchFaults([], name === "all" ? "all" : [name]), "Off");
    await session.look();
  };

  const draw = () => {
    const faults = session.faults?.faults ?? [];
    fill(
      on,
      h(
        "div",
        { class: "row apart" },
        h("h2", {}, faults.length ? "On" : "Nothing is on"),
        h("span", { class: "muted" }, "seed ", h("code", { id: "seed" }, session.faults?.seed ?? "")),
        faults.length > 0 && button("All off", () => off("all"), { class: "danger" }),
      ),
      faults.map((fault) =>
        h(
          "div",
          { class: "row" },
          h("code", {}, fault.text),
          fault.until && h("span", { class: "muted" }, `until ${clockTime(fault.until)}`),
          fault.beyond_spec && h("span", { class: "muted" }, "Copper itself never does this"),
          button("Off", () => off(fault.text), { "aria-label": `Switch off ${fault.text}` }),
        ),
      ),
    );
  };

  listen(session, "known", draw, signal);
  draw();
  main.append(
    h(
      "div",
      { class: "panels" },
      h("div", { class: "row apart" }, h("h1", {}, "Faults"), field("Only targets at or below", target)),
      on,
      h(
        "section",
        { class: "panel", "aria-label": "For the next delivery only" },
        h("h2", {}, "For the next delivery only"),
        h(
          "div",
          { class: "row" },
          "the next notification",
          once,
          button("Switch on once", () => turn(once.value, once), { class: "main" }),
        ),
      ),
      h(
        "div",
        { class: "scrolls" },
        h(
          "table",
          { class: "stacks" },
          h(
            "thead",
            {},
            h(
              "tr",
              {},
              ["Fault", "What it does", "How much"].map((text) => h("th", { scope: "col" }, text)),
              h("th", { scope: "col" }, h("span", { class: "unseen" }, "Actions")),
            ),
          ),
          h(
            "tbody",
            {},
            FAULTS.map((fault) => row(fault, turn)),
          ),
        ),
      ),
      h(
        "p",
        { class: "muted" },
        "Draws come from the account's seed: the same changes with the same seed meet the same faults.",
      ),
    ),
  );
}

function refused(error, control, target) {
  if (error.status === 422) error.control = error.message.includes("target: write") ? target : control;
  throw error;
}

function row([name, text, how], turn) {
  const [shown, written, control] = controlOf(name, how);
  return h(
    "tr",
    {},
    h("td", {}, h("code", {}, name)),
    h("td", {}, text),
    h("td", {}, shown),
    h(
      "td",
      { class: "actions" },
      button("Switch on", () => turn(written(), control), { "aria-label": `Switch on ${name}` }),
    ),
  );
}

/** The control for the amount, a function that writes the fault, and the field, if there is one. */
function controlOf(name, how) {
  if (how === "") return [h("span", { class: "muted" }, "–"), () => name];
  if (how === "share") return slider(name);
  const value = h("input", {
    value: how === "next" ? "1" : how,
    size: 8,
    "aria-label": how === "next" ? `How many ${name}` : `How much ${name}`,
  });
  return [
    how === "next" ? h("span", { class: "row" }, "the next", value) : value,
    () => `${name}=${value.value.trim()}`,
    value,
  ];
}

function slider(name) {
  const shown = h("output", { class: "mono" }, "20%");
  const value = h("input", { type: "range", min: 1, max: 100, value: 20, "aria-label": `Share of ${name}` });
  value.addEventListener("input", () => (shown.textContent = `${value.value}%`));
  return [h("span", { class: "row" }, value, shown), () => `${name}=${value.value}%`, value];
}
