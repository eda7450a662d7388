// How is something put on the page? Always as nodes with text, never as markup: a record's name cannot become HTML.

const SVG = "http://www.w3.org/2000/svg";

/** An element: `h("button", { class: "main", onclick: save, disabled: true }, "Save")`. Null and false are left out. */
export function h(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

/** The same for an SVG element. */
export function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(SVG, tag), attributes, children);
}

function filled(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) set(element, name, value);
  return add(element, children);
}

function set(element, name, value) {
  if (value === null || value === undefined || value === false) return;
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  // Properties, which hold a field's present value; the attributes of these names are only its initial one.
  else if (name === "value" || name === "checked" || name === "selected") element[name] = value;
  else element.setAttribute(name, value === true ? "" : String(value));
}

/** Replace an element's children. If one of them had the focus, its successor gets it. */
export function fill(element, ...children) {
  const { activeElement } = document;
  const inside = element !== activeElement && element.contains(activeElement);
  element.replaceChildren();
  add(element, children);
  if (inside) refocus(element, activeElement);
  return element;
}

/** Focus the successor of what had the focus before, within an element that was filled anew. */
export function refocus(element, before) {
  // Generated ids of fields and tabs differ each time: the successor is the one of the same name.
  const id = (each) => (/^(field|tab)-/.test(each.id) ? "" : each.id);
  // Links to several records can have the same text, but each has an address of its own.
  const named = (each) =>
    each.dataset.field || id(each) || each.getAttribute("aria-label") || each.getAttribute("href") || each.textContent;
  const fits = (each) => named(each) && named(each) === named(before);
  const alike = [...element.querySelectorAll(before.localName)].find(fits);
  const next = alike ?? (before.closest("dialog") ? null : document.getElementById("main"));
  next?.focus({ preventScroll: true });
}

/** Append children to an element, including lists of them. */
function add(element, ...children) {
  element.append(
    ...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

/** A button that does something; until that is done it cannot be pressed again, but keeps the focus. */
export function button(text, act, attributes = {}) {
  const made = h("button", { type: "button", ...attributes }, text);
  made.addEventListener("click", async (event) => {
    if (made.disabled || made.hasAttribute("aria-disabled")) return;
    made.setAttribute("aria-disabled", "true");
    try {
      await act(event);
    } finally {
      made.removeAttribute("aria-disabled");
    }
  });
  return made;
}

let fields = 0;

/** A field with its label. `name`: what the server calls it in error messages. */
export function field(text, control, name = "") {
  control.id ||= `field-${(fields += 1)}`;
  if (name) control.dataset.field = name;
  return h("div", { class: "field" }, h("label", { for: control.id }, text), control);
}

/** A selection from texts, or from [value, text] pairs. */
export function select(choices, chosen, attributes = {}) {
  const options = choices.map((choice) => {
    const [value, text] = Array.isArray(choice) ? choice : [choice, choice];
    return h("option", { value, selected: String(value) === String(chosen) }, text);
  });
  return h("select", attributes, options);
}

/** At most one call at a time: one that is asked for while another is under way begins after it, once for all who ask.
 *
 * So what is shown last was read last, and read after whatever it was asked for. Returns a promise of that call's result.
 */
export function oneAtATime(act) {
  let before = Promise.resolve();
  let following = null;
  return () => {
    if (following === null) {
      following = before.then(() => {
        following = null;
        return act();
      });
      before = following.catch(() => {});
    }
    // A promise of its own for each caller: an error that a caller ignores must be reported, and `before` handles it.
    return following.then((result) => result);
  };
}

/** At most one call per `ms` milliseconds, always including a last one, unless `signal` has aborted by then. */
export function gathered(act, ms, signal) {
  let timer = null;
  return () => {
    timer ??= setTimeout(() => {
      timer = null;
      if (!signal?.aborted) act();
    }, ms);
  };
}
