// What can be done with one delivery: send it again, as it was or edited, and take it elsewhere.

import { copyButton } from "../clipboard.js";
import { button, field, h } from "../dom.js";
import { go } from "../router.js";
import { tried } from "../say.js";
import { asCurl, asJson, asStep } from "../snippets.js";
import { pretty } from "./delivery_tabs.js";
import { dialog } from "./dialog.js";

export function deliveryActions(session, whole) {
  const { notification, change, delivery, request } = whole;
  const resend = async () => arrive(await tried(() => session.api.resend(notification.serial), "Sent again"));
  const edit = async () => arrive(await editAndResend(session, whole));
  const curl = () => asCurl({ ...request, url: reached(notification) });
  const json = () => asJson(request ? (request.body ?? request.text) : change);
  const copy = (text, make, what, more) => copyButton(text, make, what, { "aria-label": `Copy as ${text}`, ...more });
  return h(
    "div",
    { class: "row" },
    button("Resend", resend, { id: "resend", disabled: !delivery }),
    button("Edit and resend", edit, { id: "edit-resend", disabled: !delivery || !request }),
    h("span", { class: "muted", "aria-hidden": "true" }, "copy as"),
    h(
      "span",
      { class: "group", role: "group", "aria-label": "Copy as" },
      copy("curl", curl, "curl command", { id: "copy-curl", disabled: !request }),
      copy("JSON", json, "JSON"),
      copy("scenario step", () => asStep(change), "Scenario step"),
    ),
  );
}

function arrive(again) {
  if (again) go({ which: String(again.notification.serial) });
}

/** Where it really went, as far as it can be reached from elsewhere: a route leads its origin to another one. */
function reached({ target, route }) {
  if (!/^https?:/.test(route)) return target;
  const { pathname, search } = new URL(target);
  return new URL(pathname + search, route).href;
}

function editAndResend(session, { notification, request }) {
  const target = h("input", { type: "url", value: request.target });
  const written = JSON.stringify(Object.fromEntries(request.headers), null, 2);
  const headers = h("textarea", { spellcheck: "false", value: written });
  const body = h("textarea", { class: "tall", spellcheck: "false", value: pretty(request.text) });
  const edited = () => ({
    target: target.value.trim(),
    headers: JSON.parse(headers.value),
    body: JSON.parse(body.value),
  });
  return dialog(`Edit and resend #${notification.serial}`, (close) => {
    const send = async () => {
      const made = await tried(() => session.api.resend(notification.serial, edited()), "Sent");
      if (made) close(made);
    };
    return [
      field("Target", target),
      field("Headers", headers),
      field("Body", body),
      h("p", { class: "muted" }, "What is masked is sent as it was."),
      h(
        "div",
        { class: "ends" },
        button("Cancel", () => close()),
        button("Send", send, { class: "main" }),
      ),
    ];
  });
}
