// The rows of the list: notifications, newest first, a page at a time, and between them changes that notified nobody.
//
// New rows are read from the server, which filters them; a journal entry only says that there is something to read, or
// updates a row that is already here. So the list is right even after thousands arrive at once.

import { gathered } from "./dom.js";
import { OPEN_STATES } from "./words.js";

const PAGE = 200;
const MOST = 20_000;
const READ_MS = 150;
const NOTES_PAGES = 8;
const NOTES_PAGE = 1000;
const NOTES = ["change", "unchanged", "excluded", "api refused"];

export class Feed extends EventTarget {
  /** `by`: "change", or "sent" for the order in which they were sent. */
  constructor(api, filters, by = "change") {
    super();
    this.api = api;
    this.by = by;
    this.filters = filters;
    this.rows = [];
    this.count = 0;
    this.older = 0;
    this.total = 0;
    this.paused = false;
    this.missed = 0;
    this.loaded = false;
    /** Whether the filters are invalid, so that there is nothing to read. */
    this.wrong = false;
    this._sent = [];
    this._notes = [];
    /** Entries from this number on have been searched for notes; 0 means all of them. */
    this._notesFrom = 0;
    this._notesAt = "";
    this._notesTo = 0;
    this._loadingOlder = false;
    this._soon = gathered(() => this.wrong || this.refresh(), READ_MS);
  }

  get asked() {
    return asked(this.filters);
  }

  /** Read the newest rows again. Older ones stay, unless so many arrived that there would be a gap. */
  async refresh() {
    const page = await this.api.notifications({ ...this.asked, limit: PAGE });
    const lowest = page.notifications.at(-1)?.serial ?? 0;
    const joins = this._sent.some((row) => row.serial >= lowest);
    this._sent = [
      ...page.notifications,
      ...(joins && page.older ? this._sent.filter((row) => row.serial < lowest) : []),
    ];
    this._counted(page);
    // Last, because searching a long journal in which nearly every change notified somebody takes a while.
    await this._newNotes();
    this.loaded = true;
    this._merge();
  }

  async loadOlder() {
    if (this._loadingOlder || !this.hasOlder || this.isFull) return;
    this._loadingOlder = true;
    try {
      const page = this.older > 0 ? await this._olderSent() : null;
      await this._olderNotes(page ? this._sent.at(-1)?.created_at : "");
      if (page) this._counted(page);
      else this._merge();
    } finally {
      this._loadingOlder = false;
    }
  }

  /** Whether older rows exist, or may exist, that are not loaded. */
  get hasOlder() {
    return this.older > 0 || (notesWanted(this.filters) && this._notesFrom > 1);
  }

  get isFull() {
    return this.rows.length >= MOST;
  }

  sortBy(by) {
    this.by = by;
    this._merge();
  }

  /** Read again if a moment until which a notification was held has passed: it now waits for another one. */
  passed(now) {
    const over = (row) => row.state === "held" && row.waits_until && Date.parse(row.waits_until) <= now;
    if (!this.paused && this._sent.some(over)) this._soon();
  }

  pause(paused) {
    this.paused = paused;
    this.missed = 0;
    if (!paused) this._soon();
    this._tell();
  }

  /** Take journal entries: rows that are here change at once, new ones are read soon. */
  take(entries) {
    if (this.paused) {
      this.missed += entries.filter(isNews).length;
      return this._tell();
    }
    const rows = new Map(this._sent.map((row) => [row.serial, row]));
    let changed = false;
    for (const entry of entries.filter((each) => each.notification)) {
      const row = rows.get(entry.notification.serial);
      if (row === undefined) continue;
      Object.assign(row, became(entry));
      changed = true;
    }
    if (entries.some(isNews) || this.filters.state) this._soon();
    if (changed) this._merge();
  }

  _counted(page) {
    this.count = page.count;
    this.total = page.total;
    this._merge();
  }

  _merge() {
    this.older = Math.max(0, this.count - this._sent.length);
    this.rows = merged(this._sent, this._notes, this.older > 0);
    if (this.rows.length > MOST) this._keepMost();
    if (this.by === "sent") this.rows.sort((one, other) => (sentAt(one) < sentAt(other) ? 1 : sentAt(one) > sentAt(other) ? -1 : 0));
    this._tell();
  }

  /** Keep the newest rows, of both kinds; older ones are read again when needed. */
  _keepMost() {
    this.rows.length = MOST;
    this._sent = this.rows.filter((row) => row.serial);
    this._notes = this.rows.filter((row) => !row.serial);
    this._looked(this._notes.at(-1)?.number ?? this._notesTo + 1, this.rows.at(-1).created_at);
    this.older = Math.max(0, this.count - this._sent.length);
  }

  async _olderSent() {
    const before = this._sent.at(-1)?.serial;
    const page = await this.api.notifications({ ...this.asked, before, limit: PAGE });
    this._sent.push(...page.notifications);
    return page;
  }

  /** Load changes that concern no subscription: they have no notification, and are what one looks for most. */
  async _newNotes() {
    if (!notesWanted(this.filters)) return;
    const { entries, last } = await this.api.journal({ ...notesAsked(this.filters), limit: PAGE });
    const fresh = entries.filter(isNote).reverse().map(noteRow);
    const joins = entries.length === PAGE && entries[0].number <= this._notesTo;
    if (joins) {
      this._notes.unshift(...fresh.filter((row) => row.number > this._notesTo));
    } else {
      this._notes = fresh;
      this._looked(entries.length === PAGE ? entries[0].number : 0, entries[0]?.at);
    }
    this._notesTo = last;
  }

  _looked(from, at = "") {
    this._notesFrom = from;
    this._notesAt = at;
  }

  /** Load older notes down to a moment, or, without one, the next that exist. */
  async _olderNotes(oldest) {
    for (let page = 0; page < NOTES_PAGES && this._notesFrom > 1 && notesWanted(this.filters); page += 1) {
      if (oldest && this._notesAt < oldest) return;
      const asks = { ...notesAsked(this.filters), before: this._notesFrom, limit: NOTES_PAGE };
      const { entries } = await this.api.journal(asks);
      // So many entries arrived meanwhile that the list was started again.
      if (this._notesFrom !== asks.before) return;
      const found = entries.filter(isNote).reverse().map(noteRow);
      this._notes.push(...found);
      this._looked(entries.length === NOTES_PAGE ? entries[0].number : 0, entries[0]?.at);
      if (!oldest && found.length) return;
    }
  }

  _tell() {
    this.dispatchEvent(new Event("changed"));
  }
}

/** The filters in the address, as the control API takes them. */
export function asked(filters) {
  const { type, event, id, subscription, status, text, since, until, state } = filters;
  const others = { type, event, id, subscription, status, text, since, until };
  // A failure since delivered by a resend needs no attention.
  return state === "open" ? { ...others, state: OPEN_STATES, recovered: false } : { ...others, state };
}

function notesAsked({ type, event, id, text, since, until }) {
  return {
    kind: type || event || id ? ["change"] : NOTES,
    type,
    event,
    id,
    text,
    after_time: since,
    before_time: until,
  };
}

function notesWanted({ state, subscription, status }) {
  return !state && !subscription && !status;
}

// A replay has no subscription either, but it does have a notification.
const isNote = ({ kind, change }) => kind !== "change" || !(change.subscriptions.length || change.origin === "replay");
const isNews = (entry) => entry.kind === "queued" || (NOTES.includes(entry.kind) && isNote(entry));

function noteRow(entry) {
  const { change } = entry;
  return {
    number: entry.number,
    key: `e${entry.number}`,
    created_at: entry.at,
    state: entry.kind === "change" ? "nobody" : entry.kind,
    kind: entry.kind,
    change: change?.serial,
    type: change?.type,
    event: change?.event,
    ids: change?.ids ?? [],
    text: change ? change.note : entry.line.slice(entry.line.indexOf("  ")).trim(),
  };
}

/** When a row was sent. Rows not sent yet sort first; without a notification, the moment of the change counts. */
function sentAt(row) {
  if (!row.serial) return row.created_at;
  return row.started_at ?? "waits";
}

/** The fields of a row that an entry changes. */
function became({ kind, at, notification, delivery }) {
  const { state, due_at, held_until, held_by } = notification;
  const waits = { due_at, held_until, held_by, waits_for: null, waits_until: null };
  if (!delivery) return { state, ...waits, ...(kind === "sending" && { started_at: at }) };
  const { status, reason, outcome, target, route, started_at, ended_at, took_ms, text } = delivery;
  return { ...waits, state: outcome, status, reason, target, route, started_at, ended_at, took_ms, text };
}

/** Both merged by time, newest first; notes older than the last notification wait until older ones are loaded. */
function merged(sent, notes, more) {
  const rows = [];
  let next = 0;
  for (const row of sent) {
    row.key ??= row.serial;
    while (next < notes.length && notes[next].created_at > row.created_at) rows.push(notes[next++]);
    rows.push(row);
  }
  return more ? rows : [...rows, ...notes.slice(next)];
}
