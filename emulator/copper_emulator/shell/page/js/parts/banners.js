// What must not be overlooked? Active faults, a frozen or lost server, a recording, a server that others can reach.

import { button, fill, h } from "../dom.js";
import { say, tried } from "../say.js";
import { clockTime } from "../words.js";

export function banners(session, health, signal, place) {
  const draw = () => fill(place, [lost(session), exposed(health), faultsOn(session), recording(session)]);
  session.addEventListener("known", draw, { signal });
  session.addEventListener("connection", draw, { signal });
  draw();
}

function banner(kind, ...children) {
  return h("div", { class: `banner ${kind}` }, children);
}

function lost(session) {
  return session.connected
    ? null
    : banner(
        "bad",
        h("strong", { role: "alert" }, "Not connected."),
        h("span", {}, "The server does not answer. What is shown may be out of date; the page retries by itself."),
      );
}

function exposed(health) {
  return health.loopback === false
    ? banner(
        "bad",
        h("strong", {}, "Not bound to loopback."),
        h("span", {}, "Others on the network can reach this emulator."),
      )
    : null;
}

function faultsOn(session) {
  const on = session.faults?.faults ?? [];
  if (!on.length) return null;
  const off = async () => {
    if (await tried(() => session.api.switchFaults([], "all"))) say("All faults are off");
    await session.look();
  };
  return banner(
    "",
    h("strong", {}, on.length === 1 ? "A fault is on:" : `${on.length} faults are on:`),
    on.map((fault) => [h("code", {}, fault.text), fault.until && h("span", {}, `until ${clockTime(fault.until)}`)]),
    button("Switch off", off, { "aria-label": "Switch off all faults" }),
  );
}

function recording(session) {
  return session.recording?.recording
    ? banner("", h("strong", {}, "Recording."), h("span", {}, "What is done in this account becomes a scenario."))
    : null;
}
