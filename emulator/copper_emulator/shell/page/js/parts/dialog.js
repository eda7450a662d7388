// How is something asked? In the browser's own dialog, which keeps the focus and closes on Escape.

import { button, h } from "../dom.js";

/** Shows contents until `close(result)` is called; resolves to the result, or undefined if it was dismissed. */
export function dialog(title, make) {
  return new Promise((resolve) => {
    const heading = h("h1", { id: "dialog-title" }, title);
    const element = h("dialog", { "aria-labelledby": "dialog-title" });
    let result;
    const close = (value) => {
      result = value;
      element.close();
    };
    element.append(h("div", { class: "content" }, heading, make(close)));
    element.addEventListener("keydown", (event) => enters(event) && element.querySelector(".ends .main")?.click());
    element.addEventListener("close", () => {
      element.remove();
      resolve(result);
    });
    document.body.append(element);
    element.showModal();
    // The focused element may be at the end of the contents.
    element.scrollTop = 0;
  });
}

/** Enter in a line of text confirms the dialog, except while it is part of composing a character. */
function enters({ key, target, isComposing }) {
  return key === "Enter" && !isComposing && target.localName === "input";
}

/** Ask whether the user is sure. */
export async function confirmed(title, text, yes) {
  const said = await dialog(title, (close) => [
    h("p", {}, text),
    h(
      "div",
      { class: "ends" },
      button("Cancel", () => close(false), { autofocus: true }),
      button(yes, () => close(true), { class: "danger" }),
    ),
  ]);
  return said === true;
}
