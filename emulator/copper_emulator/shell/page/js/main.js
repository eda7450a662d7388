// Starts the page: which account, which view, and what surrounds every view.

import { server, Unanswered } from "./api.js";
import { button, fill, h } from "./dom.js";
import { allKeys, onKey } from "./keys.js";
import { mayLeave } from "./leaving.js";
import { accountSwitcher } from "./parts/account_switcher.js";
import { banners } from "./parts/banners.js";
import { clockBar } from "./parts/clock_bar.js";
import { confirmed, dialog, dialogs } from "./parts/dialog.js";
import { noAccountState } from "./parts/empty_state.js";
import { gauges } from "./parts/gauges.js";
import { go, link, position, read } from "./router.js";
import { complain, forgetProblems, say, tried } from "./say.js";
import { Session } from "./session.js";
import { applyTheme, onSystemTheme, theme, toggleTheme } from "./theme.js";

// Each module has `show(main, { session, health, signal, place })`, which may return a function that follows the
// address while the view stays. The others are preloaded after the first, so that they open even if the server ends.
const VIEWS = {
  deliveries: ["Deliveries", () => import("./views/deliveries.js")],
  records: ["Records", () => import("./views/records.js")],
  send: ["Send event", () => import("./views/send.js")],
  subscriptions: ["Subscriptions", () => import("./views/subscriptions.js")],
  limits: ["Limits", () => import("./views/limits.js")],
  faults: ["Faults", () => import("./views/faults.js")],
  scenarios: ["Scenarios", () => import("./views/scenarios.js")],
  inbox: ["Inbox", () => import("./views/inbox.js")],
  account: ["Account", () => import("./views/account.js")],
};

const AGAIN_MS = 1500;

const at = (id) => document.getElementById(id);
let health = {};
let session = null;
/** A promise of whether the account exists. */
let entered = null;
let sessionEnds = new AbortController();
let viewEnds = new AbortController();
let shown = {};
/** The position of `shown` in the browser's history. */
let shownAt = 0;
let follow = null;
/** The error because of which the view could not be shown. */
let missing = null;

async function arrive() {
  const leaves = await mayLeave({ shown, at: shownAt, isUnsaved: session?.unsaved }, () => {
    accountSwitcher(at("account"), shown.account).catch(complain);
  });
  if (!leaves) return;
  // While being asked, the user may have gone elsewhere.
  const place = read();
  if (!(place.view in VIEWS)) return go({ view: "deliveries", which: "" }, { quietly: true });
  if (link(place) === link(shown)) {
    shownAt = position();
    return;
  }
  if (place.account !== session?.name) entered = enter(place.account);
  if (!(await entered) || link(place) !== link(read())) return;
  shownAt = position();
  markNav(place);
  const stays = shown.view === place.view && shown.account === place.account && session.connected;
  if (stays && follow !== null) {
    shown = place;
    return follow(place);
  }
  await open(place);
}

/** Once the server is back, load what is missing and read again what is shown. */
function comeBack() {
  // A browser does not request a module again that failed to load.
  if (missing !== null && isOfModule(missing)) return location.reload();
  forgetProblems();
  if (session.unsaved?.()) return;
  shown = {};
  arrive();
}

/** Grey out the page while the server does not answer. */
function connection() {
  document.body.classList.toggle("lost", !session.connected);
  if (session.connected && shown.view) comeBack();
}

/** If the server did not answer when an account was opened, reload the page as soon as it does. */
function whenAnswered(signal) {
  const ask = async () => {
    if (signal.aborted) return;
    await server.health().then(
      () => location.reload(),
      () => whenAnswered(signal),
    );
  };
  setTimeout(ask, AGAIN_MS);
}

/** Switch to another account, keeping nothing of the one before. */
async function enter(name) {
  sessionEnds.abort();
  viewEnds.abort();
  session?.stop();
  sessionEnds = new AbortController();
  shown = {};
  shownAt = position();
  document.body.classList.remove("lost");
  const { signal } = sessionEnds;
  session = new Session(name);
  for (const part of ["top", "banners", "gauges"]) fill(at(part));
  fill(at("main"), h("p", { class: "muted" }, "Loading…"));
  accountSwitcher(at("account"), name).catch(complain);
  try {
    await session.start();
  } catch (error) {
    if (signal.aborted) return false;
    session.stop();
    session = null;
    if (error instanceof Unanswered) whenAnswered(signal);
    await showNoAccount(error, signal);
    return false;
  }
  // Meanwhile the user has gone on to another account.
  if (signal.aborted) return false;
  fill(at("top"), clockBar(session, signal));
  banners(session, health, signal, at("banners"));
  const drawGauges = () => fill(at("gauges"), gauges(session.limits?.limits ?? []));
  session.addEventListener("known", drawGauges, { signal });
  session.addEventListener("connection", connection, { signal });
  connection();
  drawGauges();
  return true;
}

async function showNoAccount(error, signal) {
  const state = await noAccountState(error);
  if (signal.aborted) return;
  document.title = "copper-emulator";
  const main = at("main");
  main.className = "";
  delete main.dataset.view;
  // The views are those of the account before.
  if (error.status === 404) fill(at("nav"));
  fill(main, state);
}

async function open(place) {
  viewEnds.abort();
  viewEnds = new AbortController();
  const { signal } = viewEnds;
  shown = place;
  follow = null;
  missing = null;
  session.unsaved = null;
  forgetProblems();
  const [title, load] = VIEWS[place.view];
  document.title = `${title} · ${place.account} · copper-emulator`;
  const main = at("main");
  main.className = place.view === "deliveries" ? "fills" : "";
  delete main.dataset.view;
  try {
    if (!session.connected) throw new Unanswered();
    const view = await load();
    if (signal.aborted) return;
    // An element of its own: whatever a view adds after it was left stays invisible.
    const own = h("div", { class: "view" });
    fill(main, own);
    main.scrollTop = 0;
    const made = await view.show(own, { session, health, signal, place });
    if (signal.aborted) return;
    // The view's data did not arrive: it would look as if there were none.
    if (!session.connected) throw new Unanswered();
    follow = made ?? null;
    main.dataset.view = place.view;
    // After a key, or a link that is gone, nothing has the focus: the next Tab should go into the view.
    if (document.activeElement === document.body) main.focus({ preventScroll: true });
  } catch (error) {
    if (!signal.aborted) showMissing(main, title, error);
  }
}

function isOfModule(error) {
  return /module/i.test(error.message);
}

function showMissing(main, title, error) {
  missing = error;
  fill(
    main,
    h(
      "div",
      { class: "panel panels" },
      h("h1", {}, `${title} could not be shown`),
      // The banner says that nothing answers; a browser's message about a module that failed to load helps nobody.
      !isOfModule(error) && !(error instanceof Unanswered) && h("p", {}, error.message, " ", error.hint),
      h("p", { class: "muted" }, "It appears by itself as soon as the server answers again."),
      h("div", {}, button("Try again", tryAgain)),
    ),
  );
}

/** While the server does not answer, keep the page: it is all there is. */
async function tryAgain() {
  if (await tried(() => server.health())) location.reload();
}

function markNav({ account, view }) {
  fill(
    at("nav"),
    Object.entries(VIEWS).map(([name, [title]]) =>
      h(
        "a",
        {
          href: link({ account, view: name }),
          "aria-current": name === view ? "page" : null,
          // The address stays the same then, so no event follows from it.
          onclick: () => missing !== null && name === view && tryAgain(),
        },
        title,
      ),
    ),
  );
}

function foot() {
  const named = () => (colours.textContent = theme() === "dark" ? "Light" : "Dark");
  const colours = button("", () => toggleTheme(named), { class: "plain", id: "theme", title: "Dark or light" });
  onSystemTheme(named);
  named();
  fill(
    at("foot"),
    h("span", { class: "mono" }, health.version ?? ""),
    h(
      "span",
      {},
      button("Reset", reset, { class: "plain danger" }),
      colours,
      button("?", help, { class: "plain", "aria-label": "Keys" }),
    ),
  );
}

async function reset() {
  const text = "Records, subscriptions, waiting notifications and the journal are deleted. Its key and its clock stay.";
  if (!(await confirmed(`Reset the account ${session.name}?`, text, "Delete everything"))) return;
  if (await tried(() => session.api.reset())) say(`The account ${session.name} was reset`);
  go({ view: "deliveries", which: "", filters: {} });
}

function help() {
  const rows = allKeys().map(([key, text]) => h("tr", {}, h("td", {}, h("kbd", {}, key)), h("td", {}, text)));
  dialog("Keys", (close) => [
    h("table", {}, h("tbody", {}, rows)),
    h(
      "p",
      { class: "muted" },
      "Programs can do what can be done here, too: ",
      h("a", { href: "/_emulator/docs" }, "the control API"),
      ".",
    ),
    h(
      "div",
      { class: "ends" },
      button("Close", () => close(), { autofocus: true }),
    ),
  ]);
}

async function begin() {
  applyTheme();
  onKey("?", "these keys", help);
  Object.entries(VIEWS).forEach(([view, [title]], place) =>
    onKey(String(place + 1), title, () => go({ view, which: "", filters: {} })),
  );
  onKey("t", "dark or light", () => at("theme").click());
  onKey("f", "freeze the clock or let it run", () => at("freeze")?.click());
  onKey("d", "move the clock to the next due", () => at("to-next")?.click());
  try {
    health = await server.health();
  } catch (error) {
    complain(error);
  }
  foot();
  addEventListener("hashchange", arrive);
  addEventListener("beforeunload", (event) => (session?.unsaved?.() || dialogs.areWritten) && event.preventDefault());
  await arrive();
  for (const [, load] of Object.values(VIEWS)) load().catch(() => {});
}

begin();
