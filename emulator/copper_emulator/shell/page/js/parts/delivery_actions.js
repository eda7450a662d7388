// What can be done with one delivery? Send it again, unchanged or edited, and copy it elsewhere.

import { copyButton } from "../clipboard.js";
import { button, field, h } from "../dom.js";
import { go } from "../router.js";
import { readJson, tried } from "../say.js";
import { asCurl, asJson, asStep } from "../snippets.js";
import { PAUSED } from "../words.js";
import { pretty } from "./delivery_tabs.js";
import { dialog } from "./dialog.js";
import { tellOfSent } from "./outcomes.js";

export function deliveryActions(session, whole) {
  const { notification, change, delivery, request } = whole;
  const resend = async () => arrive(await tried(() => session.api.resend(notification.serial)));
  const edit = async () => arrive(await editAndResend(session, whole));
  const json = () => asJson(request ? (request.body ?? request.text) : change);
  // Copied text is used elsewhere, where nothing replaces the masked values.
  const masked = request?.masked ? ", with masked values: press Show secrets first for what was sent" : "";
  const copy = (text, make, what, more) => copyButton(text, make, what, { "aria-label": `Copy as ${text}`, ...more });
  const early = delivery ? "" : notYet(notification);
  const unwritten = early || (request ? "" : "There is no request: nothing was to be sent");
  const unless = (reason) => ({ disabled: Boolean(reason), title: reason || null });
  return h(
    "div",
    { class: "row" },
    button("Resend", resend, { id: "resend", ...unless(early) }),
    button("Edit and resend", edit, { id: "edit-resend", ...unless(unwritten) }),
    h(
      "span",
      { class: "row" },
      h("span", { class: "muted", "aria-hidden": "true" }, "copy as"),
      h(
        "span",
        { class: "group", role: "group", "aria-label": "Copy as" },
        copy("curl", () => asCurl(request), `curl command${masked}`, { id: "copy-curl", ...unless(unwritten) }),
        copy("JSON", json, `JSON${masked}`),
        copy("scenario step", () => asStep(change), "Scenario step"),
      ),
    ),
  );
}

/** Why it cannot be sent again, and what sends it. */
function notYet({ state, waits_for: waitsFor }) {
  if (state === "sending") return "It is on its way";
  if (waitsFor === PAUSED) return "It has not been sent yet: resume its target under Subscriptions";
  return "It has not been sent yet: move the clock to when it is due, with To next due or Run until idle above";
}

function arrive(again) {
  if (!again) return;
  tellOfSent("Sent again", again);
  go({ which: String(again.notification.serial) });
}

function editAndResend(session, { notification, request }) {
  const target = h("input", { type: "url", value: request.target });
  const written = JSON.stringify(Object.fromEntries(request.headers), null, 2);
  const headers = h("textarea", { spellcheck: "false", value: written });
  const text = pretty(request.text);
  const body = h("textarea", { class: "tall", spellcheck: "false", value: text });
  const edited = () => ({
    target: target.value.trim(),
    headers: readJson(headers, "Headers"),
    // What is left out is sent as it was, which may not be JSON.
    ...(body.value !== text && { body: readJson(body, "Body") }),
  });
  return dialog(`Edit and resend #${notification.serial}`, (close) => {
    const send = async () => {
      const made = await tried(() => session.api.resend(notification.serial, edited()));
      if (made) close(made);
    };
    return [
      field("Target", target, "target"),
      field("Headers", headers, "headers"),
      field("Body", body, "body"),
      request.masked && h("p", { class: "muted" }, "What is masked is sent as it was."),
      h(
        "div",
        { class: "ends" },
        button("Cancel", () => close()),
        button("Send", send, { class: "main" }),
      ),
    ];
  });
}
