// What is going on in the account? Its journal, followed live, and its present state.
//
// Views listen for `entries` (a list of new ones), `reset`, `known` (one of the values below was read again) and
// `connection`. The browser itself resumes the stream after the last entry it has seen.

import { AccountApi, Unanswered } from "./api.js";
import { gathered, oneAtATime } from "./dom.js";

const GATHER_MS = 120;
const LOOK_MS = 4000;
const AGAIN_MS = 1500;

export class Session extends EventTarget {
  constructor(name) {
    super();
    this.api = new AccountApi(name);
    this.name = name;
    this.connected = true;
    this.stopped = false;
    addEventListener("unanswered", this._lost);
    this.clock = null;
    this.faults = null;
    this.limits = null;
    this.recording = null;
    this.readAt = 0;
    /** Returns whether leaving would lose unsaved text; null if nothing can be lost. */
    this.unsaved = null;
    /** Keys of rows that are hidden from the list. */
    this.takenOff = new Set();
    this._entries = [];
    /** The newest entry that was seen. */
    this._newest = null;
    /** Whether the stream has just been opened, and no entry has come yet. */
    this._opened = false;
    this._hand_out = gathered(() => this._give(), GATHER_MS);
    /** Read again what every view shows. */
    this.look = oneAtATime(() => this._look());
    this._look_soon = gathered(this.look, 300);
  }

  async start() {
    await this._listen();
    if (this.stopped) return;
    // Poll, because time passes by itself, and others may freeze the clock or switch faults: no entry reports that.
    this._timer = setInterval(() => this.look(), LOOK_MS);
    /** Resolves when the clock and the others have been read for the first time. */
    this.ready = this.look();
  }

  async _listen() {
    const { last, entries } = await this.api.journal({ limit: 1 });
    if (this.stopped) return;
    this._newest = entries[0] ?? null;
    this._stream = new EventSource(this.api.streamUrl(last));
    this._stream.addEventListener("entry", (event) => {
      const entry = JSON.parse(event.data);
      this._opened = false;
      // A server that was started again repeats its journal from the first entry on.
      if (entry.number <= this._newest?.number) return;
      this._newest = entry;
      this._entries.push(entry);
      this._hand_out();
    });
    this._stream.addEventListener("reset", () => this._reset());
    this._stream.addEventListener("open", () => {
      this._opened = true;
      this._is_connected(true);
    });
    this._stream.addEventListener("error", () => {
      this._is_connected(false);
      this._isThere();
      // After a refusal the browser does not reconnect: the server does not know this account, or the last entry seen.
      if (this._stream.readyState === EventSource.CLOSED) this._listenAgain();
    });
  }

  async _reset() {
    const newest = this._newest;
    // What comes meanwhile may be of another journal; the views read everything anew anyway.
    if (this._opened && newest !== null && (await this._isKept(newest))) return;
    this._entries = [];
    this._newest = null;
    this.takenOff.clear();
    this._tell("reset");
    this.look();
  }

  /** Whether the journal still has this entry: a server with a state file begins its stream anew, but not its account. */
  async _isKept({ number, at, line }) {
    const found = await this.api.journal({ since: number - 1, limit: 1 }).catch(() => null);
    const [entry] = found?.entries ?? [];
    return entry?.number === number && entry.at === at && entry.line === line;
  }

  /** Reload if the account is gone: deleting it ends its stream, too, and waiting would be in vain. */
  async _isThere() {
    try {
      await this.api.clock();
    } catch (error) {
      if (error.status === 404 && !this.stopped) location.reload();
    }
  }

  _listenAgain() {
    const again = async () => {
      if (this.stopped) return;
      try {
        await this._listen();
      } catch (error) {
        // Reloading shows the message that the account does not exist.
        if (error.status === 404) location.reload();
        else this._listenAgain();
      }
    };
    setTimeout(again, AGAIN_MS);
  }

  stop() {
    this.stopped = true;
    removeEventListener("unanswered", this._lost);
    this._stream?.close();
    clearInterval(this._timer);
  }

  /** If the server refuses one value, the others are still updated. */
  async _look() {
    const names = ["clock", "faults", "limits", "recording"];
    const found = await Promise.allSettled(names.map((name) => this.api[name]()));
    const answered = ({ status, reason }) => status === "fulfilled" || !(reason instanceof Unanswered);
    if (!found.some(answered)) return;
    // The stream may not have noticed a short outage; if it has, it reports the reconnection itself.
    if (this._stream?.readyState === EventSource.OPEN) this._is_connected(true);
    found.forEach((answer, place) => {
      if (answer.status === "fulfilled") this[names[place]] = answer.value;
    });
    this.readAt = performance.now();
    this._tell("known");
    if (this.clock?.busy && !this.stopped) this._look_soon();
  }

  /** The account's present time in ms: between two looks a running clock goes on. */
  now() {
    if (this.clock === null) return 0;
    const read = Date.parse(this.clock.now);
    return this.clock.running ? read + (performance.now() - this.readAt) : read;
  }

  _give() {
    const entries = this._entries;
    this._entries = [];
    if (!entries.length) return;
    this.dispatchEvent(new CustomEvent("entries", { detail: entries }));
    this._look_soon();
  }

  _lost = () => this._is_connected(false);

  _is_connected(connected) {
    if (connected === this.connected) return;
    this.connected = connected;
    this._tell("connection");
  }

  _tell(name) {
    this.dispatchEvent(new Event(name));
  }
}

/** Listen until the view is left; `signal` is the view's own. */
export function listen(session, name, act, signal) {
  session.addEventListener(name, act, { signal });
}
