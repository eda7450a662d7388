// How are ten thousand rows shown? Only the visible ones, and a few around them, are on the page.

import { button, fill, h } from "../dom.js";

const AROUND = 12;

/** A grid of rows of equal height.
 *
 * `columns`: [name, text], and the name of the order for sortable ones; `draw(row)`: the contents of its cells;
 * `key(row)`: identifies it; `onOpen(row)`: it was chosen; `onEnter()`: Enter was pressed; `onSort(name)`: an order was
 * chosen; `onEnd()`: the last rows came into view. A row with a `separator` is that text and nothing else.
 */
export class WindowedList {
  constructor({ label, columns, draw, key, onOpen, onEnter, onSort, onEnd, rowHeight = 27 }) {
    Object.assign(this, { columns, draw, key, onOpen, onEnter, onSort, onEnd, rowHeight });
    this.rows = [];
    this.chosen = null;
    this.before = h("div", { role: "presentation" });
    this.after = h("div", { role: "presentation" });
    this.seen = h("div", { role: "rowgroup" });
    this.head = h("div", { role: "row", class: "list-row" });
    const head = h("div", { role: "rowgroup", class: "list-head" }, this.head);
    this.element = h(
      "div",
      { role: "grid", class: "list", tabindex: 0, "aria-label": label },
      head,
      this.before,
      this.seen,
      this.after,
    );
    this.element.addEventListener("scroll", () => this._soon(), { passive: true });
    this.element.addEventListener("keydown", (event) => this._key(event));
    this._frame = null;
    this._watch = new ResizeObserver(() => this._soon());
    this._watch.observe(this.element);
  }

  /** Mark the column by which rows are sorted, newest first. */
  sortedBy(by) {
    this.element.dataset.sortedBy = by;
    fill(
      this.head,
      this.columns.map(([name, text, sort]) => {
        const sorted = sort && (sort === by ? "descending" : "none");
        const title = sort && `Newest first, by when it was ${text.toLowerCase()}`;
        const shown = sort
          ? button(sort === by ? `${text} ↓` : text, () => this.onSort(sort), { class: "plain", title, id: `sort-${sort}` })
          : text;
        return h("div", { role: "columnheader", class: name, "aria-sort": sorted }, shown);
      }),
    );
  }

  /** Show other rows. With `keep`, the visible rows stay in place when new ones are added above them. */
  show(rows, { keep = false } = {}) {
    const top = Math.floor(this.element.scrollTop / this.rowHeight);
    const anchor = keep && top > 0 ? this.rows[top] : undefined;
    this.rows = rows;
    this.element.setAttribute("aria-rowcount", rows.length + 1);
    this._render();
    if (anchor === undefined) return;
    const place = rows.findIndex((row) => this.key(row) === this.key(anchor));
    if (place >= 0) this.element.scrollTop += (place - top) * this.rowHeight;
  }

  redraw() {
    this._soon();
  }

  toTop() {
    this.element.scrollTop = 0;
  }

  /** Mark a row as the chosen one, and scroll it into view. */
  choose(key, { scroll = true } = {}) {
    this.chosen = key;
    const place = this.rows.findIndex((row) => this.key(row) === key);
    if (scroll && place >= 0) {
      const top = place * this.rowHeight;
      const room = this.element.clientHeight - this.rowHeight * 2;
      if (top < this.element.scrollTop) this.element.scrollTop = top;
      else if (top > this.element.scrollTop + room) this.element.scrollTop = top - room;
    }
    this._soon();
  }

  /** The row `step` places after the chosen one; the first row if none is chosen. */
  neighbour(step) {
    const rows = this.rows.filter((row) => !row.separator);
    const place = rows.findIndex((row) => this.key(row) === this.chosen);
    return place < 0 ? rows[0] : rows[place + step];
  }

  _key(event) {
    if (event.target !== this.element) return;
    if (event.key === "Enter") return this.onEnter();
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step === undefined) return;
    event.preventDefault();
    const row = this.neighbour(step);
    if (row !== undefined) this.onOpen(row);
  }

  _soon() {
    this._frame ??= requestAnimationFrame(() => {
      this._frame = null;
      this._render();
    });
  }

  _render() {
    const { scrollTop, clientHeight } = this.element;
    const first = Math.max(0, Math.floor(scrollTop / this.rowHeight) - AROUND);
    const last = Math.min(this.rows.length, Math.ceil((scrollTop + clientHeight) / this.rowHeight) + AROUND);
    this.before.style.height = `${first * this.rowHeight}px`;
    this.after.style.height = `${(this.rows.length - last) * this.rowHeight}px`;
    this._keepingFocus(() =>
      fill(
        this.seen,
        this.rows.slice(first, last).map((row, place) => this._row(row, first + place)),
      ),
    );
    if (last === this.rows.length && this.rows.length) this.onEnd?.();
  }

  /** Redraw, keeping the focus on a checkbox and telling screen readers the chosen row: all elements are new. */
  _keepingFocus(draw) {
    const inside = this.seen.contains(document.activeElement) && document.activeElement.closest("[role=row]").id;
    draw();
    if (inside) document.getElementById(inside)?.querySelector("input")?.focus({ preventScroll: true });
    const active = this.seen.querySelector('[aria-selected="true"]');
    if (active) this.element.setAttribute("aria-activedescendant", active.id);
    else this.element.removeAttribute("aria-activedescendant");
  }

  _row(row, place) {
    if (row.separator) {
      const place = h("div", { role: "rowheader" }, row.separator);
      return h("div", { role: "row", class: "list-row separator", id: `row-${row.key}` }, place);
    }
    const chosen = this.key(row) === this.chosen;
    const known = {
      id: `row-${this.key(row)}`,
      "aria-rowindex": place + 2,
      "aria-selected": chosen ? "true" : "false",
    };
    const cells = this.draw(row);
    const made = h(
      "div",
      { role: "row", class: "list-row", ...known },
      this.columns.map(([name], number) => h("div", { role: "gridcell", class: name }, cells[number])),
    );
    made.addEventListener("click", (event) => {
      if (!event.target.closest("input, button, a")) this.onOpen(row);
    });
    return made;
  }
}
