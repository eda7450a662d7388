// The rows of the list: notifications, newest first, a page at a time, and between them changes that notified nobody.
//
// New rows are read from the server, which filters them; a journal entry only says that there is something to read, or
// updates a row that is already here. So the list is right even after thousands arrive at once.
//
// What is read and what is told come on separate connections, in any order. Each page says which entry was the journal's
// last when it was made: later ones change its rows even if they arrive before it, earlier ones do not.

import { gathered, oneAtATime } from "./dom.js";
import { asked, canChange, NOTES, notesAsked, notesWanted, stays } from "./matching.js";
import { looked } from "./say.js";

const PAGE = 200;
const MOST = 20_000;
const READ_MS = 150;
const NOTES_PAGES = 8;
const NOTES_PAGE = 1000;

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
    /** For each page being read, the entries that have arrived meanwhile. */
    this._meanwhile = new Set();
    /** While paused, the latest entry for each row here that is not shown as it has become. */
    this._unseen = new Map();
    /** Read the newest rows again. */
    this.refresh = oneAtATime(() => this._refresh());
    this._soon = gathered(() => this.wrong || looked(this.refresh), READ_MS);
  }

  get asked() {
    return asked(this.filters);
  }

  /** Older rows stay, unless so many arrived that there would be a gap, or they have ceased to match. */
  async _refresh() {
    const page = await this._read();
    const lowest = page.notifications.at(-1)?.serial ?? 0;
    const joins = this._sent.some((row) => row.serial >= lowest);
    this._sent = [
      ...page.notifications,
      ...(joins && page.older ? this._sent.filter((row) => row.serial < lowest && stays(row, this.filters)) : []),
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
      // So many arrived meanwhile that the list was started again.
      if (page === undefined) return;
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
    if (!paused) this._resume();
    this._tell();
  }

  _resume() {
    apply([...this._unseen.values()], this._sent);
    this._unseen.clear();
    this._merge();
    this._soon();
  }

  /** Take journal entries: rows that are here change at once, new ones are read soon. */
  take(entries) {
    const told = entries.filter((entry) => entry.notification);
    for (const meanwhile of this._meanwhile) for (const entry of told) meanwhile.push(entry);
    if (this.paused) {
      this.missed += entries.filter(isNews).length;
      const here = new Set(this._sent.map((row) => row.serial));
      for (const entry of told) if (here.has(entry.notification.serial)) this._unseen.set(entry.notification.serial, entry);
      return this._tell();
    }
    if (entries.some(isNews) || canChange(this.filters)) this._soon();
    if (apply(told, this._sent)) this._merge();
  }

  /** Read a page: its rows are as the latest entry says that has arrived, or as the server says, whichever is later. */
  async _read(where = {}) {
    const meanwhile = [];
    this._meanwhile.add(meanwhile);
    try {
      const page = await this.api.notifications({ ...this.asked, ...where, limit: PAGE });
      for (const row of page.notifications) row.asOf = page.last;
      apply(meanwhile, page.notifications);
      return page;
    } finally {
      this._meanwhile.delete(meanwhile);
    }
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

  /** Returns undefined if meanwhile the list ends elsewhere: then the page does not join it. */
  async _olderSent() {
    const before = this._sent.at(-1)?.serial;
    const page = await this._read({ before });
    if (this._sent.at(-1)?.serial !== before) return undefined;
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

/** Change the rows that these entries are about; returns whether there are any. A row may be from after an entry. */
function apply(entries, sent) {
  if (!entries.length) return false;
  const rows = new Map(sent.map((row) => [row.serial, row]));
  let changed = false;
  for (const entry of entries) {
    const row = rows.get(entry.notification.serial);
    if (row === undefined || entry.number <= row.asOf) continue;
    Object.assign(row, became(entry), { asOf: entry.number });
    changed = true;
  }
  return changed;
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
