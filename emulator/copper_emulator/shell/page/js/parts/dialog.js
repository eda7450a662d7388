// How is something asked? In the browser's own dialog: it keeps the focus, and Escape leaves it.

import { button, h } from "../dom.js";

/** Shows contents until `close(result)` is called; gives the result, or undefined where it was left. */
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
    // What has the focus may stand at its end.
    element.scrollTop = 0;
  });
}

/** Enter in a line of text does what the dialog is for; while somebody is composing a letter it is part of that. */
function enters({ key, target, isComposing }) {
  return key === "Enter" && !isComposing && target.localName === "input";
}

/** Whether somebody really means it. */
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
