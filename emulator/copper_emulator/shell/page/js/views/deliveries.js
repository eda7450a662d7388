// The list of what was sent and what was not, with the chosen delivery beside it.

import { button, fill, gathered, h } from "../dom.js";
import { exportButtons } from "../exporting.js";
import { Feed } from "../feed.js";
import { onKey } from "../keys.js";
import { emptyState, nothingFits } from "../parts/empty_state.js";
import { FilterBar } from "../parts/filter_bar.js";
import { cells, COLUMNS, withDays } from "../parts/delivery_rows.js";
import { confirmed } from "../parts/dialog.js";
import { listFoot } from "../parts/list_foot.js";
import { Selection, takeOff } from "../parts/selection.js";
import { WindowedList } from "../parts/windowed_list.js";
import { go } from "../router.js";
import { complain } from "../say.js";
import { listen } from "../session.js";
import { deliveryPane } from "./delivery.js";

/** The order of the list; kept while other views are open. */
let sortedBy = "change";

export async function show(main, { session, signal, place }) {
  const view = new DeliveriesView(session, signal, place);
  main.append(view.element);
  // A time without a day is on the account's present day, so the clock must be known.
  if (place.filters.since || place.filters.until) await session.ready;
  await view.begin();
  return (to) => view.follow(to);
}

class DeliveriesView {
  constructor(session, signal, place) {
    Object.assign(this, { session, signal, place });
    this.selection = new Selection(session, {
      rows: () => this.rows,
      onTick: () => this.drawBar(),
      onChange: () => this.draw(),
    });
    this.paused = false;
    this.followsNewest = false;
    this.list = new WindowedList({
      label: "Changes and deliveries",
      columns: COLUMNS,
      draw: (row) => cells(row, (each) => this.selection.checkbox(each), session.now()),
      key: (row) => row.key,
      onOpen: (row) => this.open(row),
      onEnter: () => (this.pane.querySelector('[role="tab"][aria-selected="true"]') ?? this.pane).focus(),
      onSort: (by) => this.sortBy(by),
      onEnd: () => this.loadOlder(),
    });
    this.list.sortedBy(sortedBy);
    this.filterBar = new FilterBar({
      onChange: (filters, how) => this.filter(filters, how),
      onLeave: () => this.list.element.focus({ preventScroll: true }),
      now: () => session.now(),
      signal,
    });
    this.pane = h("section", { class: "pane", "aria-label": "Delivery", tabindex: -1 });
    this.bar = h("div", { class: "list-bar" });
    this.empty = h("div", { class: "empty" });
    this.footer = h("div", { class: "list-foot row apart" });
    const parts = [this.bar, this.filterBar.element, this.filterBar.chips, this.empty, this.list.element, this.footer];
    this.element = h("div", { class: "deliveries" }, h("div", { class: "list-side" }, parts), this.pane);
  }

  async begin() {
    const { session, signal } = this;
    this.drawBar();
    listen(session, "entries", (event) => this.take(event.detail), signal);
    listen(session, "known", () => this.look(), signal);
    listen(session, "reset", () => this.beginAnew(), signal);
    // "due in 3m" counts down by itself.
    const timer = setInterval(() => this.feed.rows.some((row) => row.state === "queued") && this.list.redraw(), 1000);
    signal.addEventListener("abort", () => clearInterval(timer));
    this.keys();
    await this.useFilters(this.place.filters);
    await this.openPlace();
  }

  take(entries) {
    this.feed.take(entries);
    if (!this.beginning || !entries.some((entry) => entry.subscription)) return;
    this.beginning = null;
    this.draw();
  }

  look() {
    this.feed.passed(this.session.now());
    // The day may have changed, or become known only now.
    this.showRows({ keep: true });
  }

  showRows(how) {
    const { clock } = this.session;
    this.list.show(withDays(this.rows, sortedBy, clock && this.session.now()), how);
  }

  /** The address has changed: other filters, or another delivery. */
  async follow(to) {
    const before = this.place;
    this.place = to;
    if (JSON.stringify(wanted(to)) !== JSON.stringify(wanted(before))) await this.useFilters();
    if (to.which !== before.which) await this.openPlace();
  }

  async beginAnew() {
    this.selection.none();
    this.beginning = null;
    go({ which: "" });
    await this.useFilters();
  }

  async useFilters() {
    const filters = wanted(this.place);
    this.filterBar.write(filters);
    const understood = this.filterBar.understood(filters);
    const feed = (this.feed = new Feed(this.session.api, understood ?? filters, sortedBy));
    feed.wrong = understood === null;
    feed.paused = this.paused;
    feed.addEventListener(
      "changed",
      gathered(() => this.draw(), 30, this.signal),
    );
    if (!feed.wrong) await feed.refresh().catch((error) => this.refused(feed, error));
    // The filters may have changed meanwhile.
    if (feed !== this.feed) return;
    this.list.toTop();
    this.draw();
  }

  refused(feed, error) {
    if (feed !== this.feed) return;
    // Without an answer, the page tries again by itself.
    feed.wrong = error.status === 422;
    complain(error);
  }

  // --- the list ---

  /** The loaded rows, without the hidden ones. */
  get rows() {
    const off = this.session.takenOff;
    return off.size ? this.feed.rows.filter((row) => !off.has(row.key)) : this.feed.rows;
  }

  draw() {
    const { feed } = this;
    const filtered = Object.values(feed.filters).some(Boolean);
    const nothing = feed.wrong || (feed.loaded && !feed.rows.length);
    this.drawBar();
    this.filterBar.draw(feed);
    fill(
      this.empty,
      nothing && !filtered && (this.beginning ??= emptyState(this.session)),
      nothing && filtered && nothingFits(feed),
    );
    this.list.element.hidden = nothing;
    const atTop = this.list.element.scrollTop < 5;
    this.showRows({ keep: !this.followsNewest && !atTop });
    if (this.followsNewest && !feed.paused) this.toNewest();
    this.drawFooter();
  }

  sortBy(by) {
    sortedBy = by;
    this.list.sortedBy(by);
    this.list.toTop();
    this.feed.sortBy(by);
  }

  toNewest() {
    this.list.toTop();
    const newest = this.rows.find((row) => row.serial);
    if (newest && String(newest.key) !== this.place.which) go({ which: String(newest.key) }, { quietly: true });
  }

  drawFooter() {
    listFoot(this.footer, {
      session: this.session,
      feed: this.feed,
      rows: this.rows,
      sorted: sortedBy === "sent",
      onShow: () => this.draw(),
      onOlder: () => this.loadOlder(),
    });
  }

  loadOlder() {
    return this.feed.loadOlder().catch(complain);
  }

  // --- above the list ---

  drawBar() {
    const { paused, missed } = this.feed ?? { paused: false, missed: 0 };
    const open = this.place.filters.state === "open";
    const toggle = (text, on, act, more) => button(text, act, { "aria-pressed": on ? "true" : "false", ...more });
    fill(
      this.bar,
      toggle(paused ? `Resume the list (${missed} new)` : "Pause the list", paused, () => this.pause(!paused), { id: "pause" }),
      toggle("Follow", this.followsNewest, () => this.followNewest(), { title: "Always show the newest" }),
      toggle("Failed or waiting only", open, () => this.filterOpen(!open), { id: "open-only" }),
      h("span", { class: "grow" }),
      this.selection.buttons(),
      exportButtons(this.session, () => this.feed.filters),
    );
  }

  filterOpen(open) {
    this.filter({ ...this.place.filters, state: open ? "open" : "" });
  }

  filter(filters, how) {
    const { tab } = this.place.filters;
    go({ filters: { ...filters, ...(tab && { tab }) } }, how);
  }

  pause(paused) {
    this.paused = paused;
    this.feed.pause(paused);
  }

  followNewest() {
    this.followsNewest = !this.followsNewest;
    this.draw();
  }

  // --- the chosen delivery ---

  open(row) {
    // At once, not only when the address changes, so that quick steps continue from here.
    this.list.choose(row.key);
    go({ which: String(row.key) });
  }

  async openPlace() {
    const { session, signal } = this;
    const { which, filters } = this.place;
    this.element.classList.toggle("has-pane", Boolean(which));
    this.paneEnds?.abort();
    this.paneEnds = new AbortController();
    signal.addEventListener("abort", () => this.paneEnds.abort());
    this.list.choose(which.startsWith("e") ? which : Number(which));
    if (!which && this.pane.contains(document.activeElement)) this.list.element.focus({ preventScroll: true });
    if (!which) return fill(this.pane);
    const rows = () => this.rows;
    await deliveryPane(this.pane, { session, which, tab: filters.tab, rows, signal: this.paneEnds.signal });
  }

  step(step) {
    const row = this.list.neighbour(step);
    if (row) this.open(row);
  }

  /** Hide the chosen delivery from the list, and choose the next. */
  takeOff() {
    const { which } = this.place;
    if (!which) return;
    const at = this.rows.findIndex((row) => String(row.key) === which);
    takeOff(this.session, [which.startsWith("e") ? which : Number(which)]);
    const next = this.rows[Math.max(at, 0)] ?? this.rows.at(-1);
    this.draw();
    go({ which: next ? String(next.key) : "" });
  }

  /** Ask first: a single key is too easily pressed by accident. */
  async resend() {
    const resend = this.element.querySelector("#resend");
    if (!resend || resend.disabled) return;
    const sure = await confirmed(`Resend #${this.place.which}?`, "It is sent again, outside the limits.", "Resend it");
    if (sure) resend.click();
  }

  edge(place) {
    if (this.rows.length) this.open(this.rows.at(place));
  }

  keys() {
    const press = (selector) => () => this.element.querySelector(selector)?.click();
    const { signal } = this;
    onKey("j", "next in the list", () => this.step(1), signal);
    onKey("k", "previous in the list", () => this.step(-1), signal);
    onKey("g", "newest", () => this.edge(0), signal);
    onKey("G", "oldest here", () => this.edge(-1), signal);
    onKey("Escape", "close the delivery", () => go({ which: "" }), signal);
    onKey("p", "pause or resume the list", press("#pause"), signal);
    onKey("o", "failed or waiting only", press("#open-only"), signal);
    onKey("/", "search for a text", () => this.filterBar.focus(), signal);
    onKey("r", "resend, after confirming", () => this.resend(), signal);
    onKey("e", "edit and resend", press("#edit-resend"), signal);
    onKey("x", "take it off the list", () => this.takeOff(), signal);
    onKey("c", "copy as curl", press("#copy-curl"), signal);
  }
}

/** The filters in an address, without the open tab of a delivery. */
function wanted({ filters: { tab, ...others } }) {
  return others;
}
