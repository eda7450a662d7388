// What time is it for the account, when does something happen next, and how is time moved?

import { button, fill, h } from "../dom.js";
import { say, tried } from "../say.js";
import { clockTime, duration, fullTime, timeZone } from "../words.js";
import { anyLost, outcomes } from "./outcomes.js";

const BUSY = "It is being moved, or notifications are on their way: it can be moved once they have ended.";
const MINUTE = 60_000;
const PAUSED = "What waits is for a paused target: resume it under Subscriptions.";

export function clockBar(session, signal) {
  const time = h("span", { class: "mono", id: "now" });
  const kind = h("span", { class: "clock-kind" });
  const next = h("span", { class: "muted", id: "next" });
  const apart = h("span", { class: "muted", id: "apart" });
  const api = session.api;

  let moving = false;

  const moved = (act) => async () => {
    moving = true;
    draw();
    const answer = await tried(act);
    moving = false;
    if (answer === undefined) return session.look();
    if (answer.deliveries) tellOf(answer);
    await session.look();
  };

  const stop = button(
    "Freeze",
    moved(() => (session.clock?.running ? api.freeze() : api.run())),
    { id: "freeze" },
  );
  const toNext = button(
    "To next due",
    moved(() => api.advance(untilNext(session))),
    { id: "to-next" },
  );
  const zone = button(
    timeZone.name,
    () => {
      if (!session.connected) return;
      timeZone.toggle();
      // Every moment on the page changes, and the address restores what is shown.
      location.reload();
    },
    { class: "plain", title: "UTC or your own time zone", "aria-label": `Time zone: ${timeZone.name}` },
  );

  const draw = () => {
    const { clock } = session;
    if (clock === null) return;
    if (!session.connected) return drawLost();
    const now = session.now();
    time.textContent = fullTime(new Date(now).toISOString()).slice(0, 19);
    drawMoves(clock, moving || clock.busy);
    toNext.disabled = clock.next === null || Date.parse(clock.next) <= now;
    toNext.title = clock.paused && clock.next === null ? PAUSED : "";
    fill(next, nextText(clock, now));
    drawApart(apart, now - Date.now());
  };

  /** Without an answer, neither the time nor what is waiting is known. */
  const drawLost = () => {
    drawMoves(session.clock, true);
    kind.textContent = "no answer";
    kind.title = "";
    toNext.disabled = true;
    fill(next);
    fill(apart);
  };

  /** Time cannot be moved while it is being moved or an endpoint is awaited; the buttons then stay as they are. */
  const drawMoves = (clock, busy) => {
    kind.textContent = busy ? "busy" : clock.running ? "running" : "frozen";
    kind.title = busy ? BUSY : "";
    if (!busy) stop.textContent = clock.running ? "Freeze" : "Run";
    for (const each of moves.children) {
      if (busy) each.setAttribute("aria-disabled", "true");
      else each.removeAttribute("aria-disabled");
    }
  };

  const moves = h(
    "span",
    { class: "group", role: "group", "aria-label": "Move the clock" },
    stop,
    button(
      "+1 min",
      moved(() => api.advance("1m")),
    ),
    button(
      "+15 min",
      moved(() => api.advance("15m")),
    ),
    toNext,
    button(
      "Run until idle",
      moved(() => api.runUntilIdle()),
    ),
  );

  session.addEventListener("known", draw, { signal });
  session.addEventListener("connection", draw, { signal });
  const timer = setInterval(draw, 500);
  signal.addEventListener("abort", () => clearInterval(timer));
  draw();
  return [
    h("span", { class: "muted" }, "Now"),
    time,
    zone,
    kind,
    moves,
    next,
    // At the end, so that nothing moves away from under the mouse when it appears.
    apart,
  ];
}

function tellOf({ now, deliveries }) {
  const states = deliveries.map(({ outcome }) => outcome);
  const ended = states.length ? outcomes(states, " ended on the way") : "no notification ended on the way";
  say(`It is ${fullTime(now)}; ${ended}`, "", { problem: anyLost(states) });
}

/** How far the account's time is from real time, in whole minutes; a new account begins with real time. */
function drawApart(place, ms) {
  const far = Math.abs(ms);
  if (far < MINUTE) {
    place.title = "";
    return fill(place);
  }
  const [way, end] = ms > 0 ? ["ahead", " of real time"] : ["behind", " real time"];
  const words = `${duration(Math.round(far / MINUTE) * MINUTE)} ${way}`;
  place.title = `The account's time is ${words}${end}`;
  return fill(place, words, h("span", { class: "end" }, end));
}

function nextText(clock, now) {
  if (!clock.waiting) return "nothing waits";
  // Nothing waits for time or to be resumed: endpoints have not answered yet.
  if (clock.next === null && !clock.paused) return `${clock.waiting.toLocaleString("en")} sending`;
  const paused = clock.paused ? ` (${clock.paused.toLocaleString("en")} for a paused target)` : "";
  const waits = `${clock.waiting.toLocaleString("en")} waiting${paused}`;
  if (clock.next === null) return waits;
  const left = Date.parse(clock.next) - now;
  return left > 0 ? `${waits}, next due in ${duration(left)} at ${clockTime(clock.next)}` : `${waits}, next due now`;
}

function untilNext(session) {
  // A bare number means seconds in the control API. At least a millisecond, as a running clock has moved on meanwhile.
  return Math.max(1, Math.ceil(Date.parse(session.clock.next) - session.now())) / 1000;
}
