// How is something asked? In the browser's own dialog, which keeps the focus, and closes on Escape and on Back.

import { button, h, refocus } from "../dom.js";

/** Those that are open, the topmost last: `{ element, before }`, with the values of its fields as they were. */
const opened = [];

/** Shows contents until `close(result)` is called; resolves to the result, or undefined if it was dismissed. */
export function dialog(title, make) {
  return new Promise((resolve) => {
    // One dialog may ask on top of another: each is named by its own title.
    const id = `dialog-title-${opened.length}`;
    const heading = h("h1", { id }, title);
    const element = h("dialog", { "aria-labelledby": id });
    const opener = document.activeElement;
    let result;
    const close = (value) => {
      result = value;
      element.close();
    };
    element.append(h("div", { class: "content" }, heading, make(close)));
    element.addEventListener("keydown", (event) => enters(event) && element.querySelector(".ends .main")?.click());
    element.addEventListener("cancel", (event) => {
      if (!isWritten(opened.at(-1))) return;
      event.preventDefault();
      dismiss();
    });
    element.addEventListener("close", () => {
      opened.splice(opened.findIndex((each) => each.element === element), 1);
      element.remove();
      // The browser returns the focus, unless the button has been drawn anew meanwhile.
      if (document.activeElement === document.body && !opener.isConnected) refocus(document.body, opener);
      resolve(result);
    });
    document.body.append(element);
    opened.push({ element, before: values(element) });
    element.showModal();
    // The focused element may be at the end of the contents.
    element.scrollTop = 0;
  });
}

function values(element) {
  return [...element.querySelectorAll("input, select, textarea")].map((each) => each.value).join("\0");
}

function isWritten({ element, before }) {
  return values(element) !== before;
}

export const dialogs = {
  get areOpen() {
    return opened.length > 0;
  },
  /** Whether closing them would lose something that was typed. */
  get areWritten() {
    return opened.some(isWritten);
  },
  close: () => [...opened].reverse().forEach(({ element }) => element.close()),
};

/** Close the topmost dialog, as if cancelled; ask before text is lost. */
export async function dismiss() {
  const top = opened.at(-1);
  if (!top) return;
  if (isWritten(top) && !(await discards("What you have written in the dialog will be lost.", "Discard"))) return;
  top.element.close();
}

/** Enter in a line of text confirms the dialog, except while it is part of composing a character. */
function enters({ key, target, isComposing }) {
  return key === "Enter" && !isComposing && target.localName === "input";
}

/** Ask whether something that was written, and perhaps would never have been saved, may be lost. */
export function discards(text, yes) {
  return confirmed("Discard what you have written?", text, yes, "Keep editing");
}

/** Ask whether the user is sure. */
export async function confirmed(title, text, yes, no = "Cancel") {
  const said = await dialog(title, (close) => [
    h("p", {}, text),
    h(
      "div",
      { class: "ends" },
      button(no, () => close(false), { autofocus: true }),
      button(yes, () => close(true), { class: "danger" }),
    ),
  ]);
  return said === true;
}
