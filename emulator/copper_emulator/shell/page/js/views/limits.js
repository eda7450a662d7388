// The sending limits: what counts in each window, what is held, and a drawing of what was sent when.

import { button, field, fill, gathered, h, oneAtATime, select } from "../dom.js";
import { gauges } from "../parts/gauges.js";
import { timeline } from "../parts/timeline.js";
import { link } from "../router.js";
import { listen } from "../session.js";
import { looked, tried } from "../say.js";

const MARKS = 2500;
const SPANS = [
  [60_000, "1 minute"],
  [600_000, "10 minutes"],
  [3_600_000, "1 hour"],
];

export async function show(main, { session, signal }) {
  const now = h("section", { class: "panel", "aria-label": "Windows" });
  const drawing = h("section", { class: "panel", "aria-label": "Timeline" });
  const span = select(SPANS, 600_000, { "aria-label": "How far back" });
  main.append(
    h(
      "div",
      { class: "panels" },
      h(
        "div",
        { class: "row apart" },
        h("h1", {}, "Limits"),
        h("label", { class: "row" }, h("span", { class: "muted" }, "the last"), span),
      ),
      now,
      drawing,
      await changes(session, () => draw()),
    ),
  );

  let latest = null;
  let room = 0;

  const draw = oneAtATime(async () => {
    const read = await looked(() => session.api.limits(MARKS));
    if (!read || signal.aborted) return;
    latest = read;
    paint();
  });

  /** The drawing's width is known only once it is on the page, and changes with the window. */
  function paint() {
    if (latest === null || !room) return;
    const read = latest;
    const until = Date.parse(read.now);
    const from = until - Number(span.value);
    const end =
      Math.max(until, ...read.limits.map((limit) => Date.parse(limit.opens_at ?? read.now))) +
      Number(span.value) * 0.02;
    const windows = read.limits.filter((limit) => limit.window_from).map(windowOf);
    const marks = read.marks.flatMap(marksOf).filter((mark) => mark.at >= from);
    fill(
      now,
      read.limits.length
        ? h("div", { class: "gauge-row" }, gauges(read.limits))
        : h("p", { class: "muted" }, "This account has no sending limits."),
    );
    fill(
      drawing,
      h("h2", {}, "Delivered, failed, held, not sent"),
      timeline(marks, windows, { from, until: end, now: until }, room),
      h("p", { class: "muted" }, meaning(read, windows.length > 0)),
      read.marks.length === MARKS &&
        h("p", { class: "muted" }, `Only the latest ${MARKS.toLocaleString("en")} notifications are drawn.`),
    );
  }

  const measured = new ResizeObserver(([{ contentRect }]) => {
    if (contentRect.width === room) return;
    room = contentRect.width;
    paint();
  });
  measured.observe(drawing);
  signal.addEventListener("abort", () => measured.disconnect());
  const soon = gathered(draw, 300, signal);
  span.addEventListener("change", draw);
  listen(session, "known", soon, signal);
  listen(session, "entries", soon, signal);
  await draw();
}

/** The limits are settings: they can be changed here, and all others under Account. */
async function changes({ name, api }, changed) {
  const { settings } = await api.settings();
  const limits = h("input", { value: settings.limits, class: "data", spellcheck: "false", size: 24 });
  const over = select(["hold", "drop"], settings.over_limit);
  const said = () => ({ limits: limits.value.trim(), over_limit: over.value });
  const save = async () => {
    if (await tried(() => api.changeSettings(said()), "Saved, from now on")) await changed();
  };
  return h(
    "section",
    { class: "panel panels", "aria-label": "Change the limits" },
    h(
      "div",
      { class: "row send-choices" },
      field("Limits, like 600/1m,1800/10m, or off", limits, "limits"),
      field("What is over one", over, "over_limit"),
      button("Save limits", save),
    ),
    h("p", { class: "muted" }, "All settings are under ", h("a", { href: link({ account: name, view: "account" }) }, "Account"), "."),
  );
}

/** What the drawing shows; above it are bars only while a window is open. */
function meaning({ limits, window, over_limit }, hasBars) {
  return [
    hasBars && `The bars above are the ${window} window of each limit as it is now.`,
    limits.length > 0 && `What is over a limit is ${over_limit === "drop" ? "dropped" : "held until it opens"}.`,
    "Failed: rejected, not answered, or unknown. Not sent: lost by a fault, dropped, blocked or cancelled.",
  ]
    .filter(Boolean)
    .join(" ");
}

function windowOf(limit) {
  return {
    from: Date.parse(limit.window_from),
    until: Date.parse(limit.window_until),
    text: limit.limit,
    full: limit.room === 0,
  };
}

/** A notification that waited and was then sent is in both lanes. */
function marksOf(mark) {
  const held = mark.held_by ? [{ at: Date.parse(mark.due_at), what: "held" }] : [];
  const ended = mark.started_at ?? mark.ended_at;
  return ended ? [...held, { at: Date.parse(ended), what: mark.state }] : held;
}
