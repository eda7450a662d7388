// The account's own endpoint: what arrived, and what it answers. To see notifications without an endpoint of one's own.

import { copyButton } from "../clipboard.js";
import { button, field, fill, gathered, h, oneAtATime } from "../dom.js";
import { facts } from "../parts/facts.js";
import { jsonView } from "../parts/json_view.js";
import { link } from "../router.js";
import { looked, tried } from "../say.js";
import { listen } from "../session.js";
import { inboxTarget, watch } from "../watching.js";
import { clockTime, count, shortIds } from "../words.js";

export async function show(main, { session, signal }) {
  const view = new InboxView(session);
  main.append(view.element);
  const soon = gathered(() => view.draw(), 200, signal);
  listen(session, "entries", soon, signal);
  listen(session, "reset", soon, signal);
  await view.draw();
}

class InboxView {
  constructor(session) {
    this.session = session;
    this.draw = oneAtATime(() => this._draw());
    this.requests = h("section", { class: "panels", "aria-label": "Requests" });
    this.status = h("input", { type: "number", min: 200, max: 599, size: 5 });
    this.body = h("input", { placeholder: "ok" });
    this.delay = h("input", { placeholder: "0s", size: 6 });
    const about = h(
      "p",
      { class: "muted" },
      "A target for subscriptions: it is inside the emulator, and nothing outside can reach it.",
    );
    this.element = h("div", { class: "panels" }, this.head(), about, this.answer(), this.requests);
  }

  head() {
    const target = inboxTarget(this.session.name);
    return h(
      "div",
      { class: "row apart" },
      h("h1", {}, "Inbox"),
      h(
        "div",
        { class: "row" },
        h("code", { class: "data" }, target),
        copyButton("Copy target", () => target, "Target"),
        button("Watch everything", () => watch(this.session), { class: "main" }),
      ),
    );
  }

  answer() {
    const save = async () => {
      const said = { status: Number(this.status.value), body: this.body.value, delay: this.delay.value.trim() || "0s" };
      await tried(() => this.session.api.answerInbox(said), `It answers ${said.status} from now on`);
    };
    return h(
      "section",
      { class: "panel row", "aria-label": "Answer" },
      field("It answers with status", this.status, "status"),
      field("and this body", this.body, "body"),
      field("after", this.delay, "delay"),
      button("Save", save),
    );
  }

  async _draw() {
    const found = await looked(() => this.session.api.inbox());
    if (!found) return;
    this.write(found.reply);
    const { received, requests } = found;
    const latest = received > requests.length && h("span", { class: "muted" }, `, the latest ${requests.length} here`);
    fill(
      this.requests,
      h("h2", {}, count(received, "request"), latest),
      requests.length
        ? requests.map((request) => this.request(request))
        : h("p", { class: "muted" }, "Nothing has arrived yet."),
    );
  }

  /** Show the present answer, unless the user is typing another one. */
  write(reply) {
    if ([this.status, this.body, this.delay].includes(document.activeElement)) return;
    this.status.value = reply.status;
    this.body.value = reply.body;
    this.delay.value = reply.delay;
  }

  request({ notification, at, url, headers, body }) {
    const href = link({ account: this.session.name, view: "deliveries", which: String(notification) });
    const about = body ? `${body.type}/${body.event} [${shortIds(body.ids ?? [])}]` : "";
    return h(
      "details",
      { class: "panel" },
      h("summary", { class: "mono" }, `${clockTime(at)}  POST ${new URL(url).pathname}  ${about}`),
      h("p", {}, h("a", { href }, `delivery #${notification}`)),
      facts(headers),
      jsonView(body),
    );
  }
}
