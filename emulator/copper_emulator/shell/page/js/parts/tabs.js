// One of several aspects of the same thing: tabs with arrow keys.

import { fill, h } from "../dom.js";

let made = 0;

/** `tabs([["payload", "Payload", () => node], ...], "payload", onChange)` */
export function tabs(label, choices, chosen, onChange) {
  const own = (made += 1);
  const panel = h("div", { role: "tabpanel", id: `panel-${own}`, tabindex: 0, class: "tab-panel" });
  const buttons = choices.map(([name, text]) =>
    h(
      "button",
      { type: "button", role: "tab", id: `tab-${own}-${name}`, "aria-controls": panel.id, onclick: () => show(name) },
      text,
    ),
  );
  const list = h("div", { role: "tablist", class: "tabs", "aria-label": label, onkeydown: move }, buttons);

  function show(name, { told = true } = {}) {
    choices.forEach(([each], place) => {
      buttons[place].setAttribute("aria-selected", each === name ? "true" : "false");
      buttons[place].tabIndex = each === name ? 0 : -1;
    });
    panel.setAttribute("aria-labelledby", `tab-${own}-${name}`);
    fill(panel, choices.find(([each]) => each === name)[2]());
    if (told) onChange?.(name);
  }

  function move(event) {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (!step) return;
    const place = (buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length;
    buttons[place].focus();
    show(choices[place][0]);
  }

  show(choices.some(([name]) => name === chosen) ? chosen : choices[0][0], { told: false });
  return h("div", { class: "tabbed" }, list, panel);
}
