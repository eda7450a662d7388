// Scenarios: play one and watch its steps, see earlier runs, and record what is done here as a new one.

import { button, field, fill, h, oneAtATime, select } from "../dom.js";
import { server } from "../api.js";
import { copyButton, download } from "../clipboard.js";
import { confirmed } from "../parts/dialog.js";
import { go, link } from "../router.js";
import { listen } from "../session.js";
import { complain, looked, tried, wrong } from "../say.js";
import { told } from "../telling.js";
import { capital, count, duration, sign } from "../words.js";

const OWN = "";
const NONE = "There is no scenario here: choose a file or write one";

export async function show(main, { session, signal, place }) {
  const view = new ScenariosView(session, signal, await server.scenarios());
  main.append(view.element);
  await view.follow(place);
  return (to) => view.follow(to);
}

class ScenariosView {
  constructor(session, signal, scenarios) {
    Object.assign(this, { session, signal, scenarios, api: session.api });
    this.drawHistory = oneAtATime(() => this._drawHistory());
    this.recorder = h("section", { class: "panel", "aria-label": "Recorder" });
    this.history = h("section", { class: "panels", "aria-label": "Runs" });
    this.run = h("section", { class: "panel", "aria-label": "Run" });
    this.watched = 0;
    this.element = h(
      "div",
      { class: "two" },
      h("div", { class: "panels" }, h("h1", {}, "Scenarios"), this.makePicker(), this.recorder),
      h("div", { class: "panels" }, this.run, this.history),
    );
    listen(session, "known", () => this.drawRecorder(), signal);
    this.drawRecorder();
  }

  makePicker() {
    const names = this.scenarios.map((each) => [each.name, each.title]);
    this.name = select([...names, [OWN, "a file of my own"]], names[0]?.[0] ?? OWN, { id: "scenario" });
    this.about = h("div", { class: "about" });
    this.text = h("textarea", { class: "tall", spellcheck: "false", "aria-label": "Scenario as YAML" });
    const file = h("input", { type: "file", accept: ".yaml,.yml", "aria-label": "Scenario file" });
    this.own = h("div", { class: "panels" }, file, this.text);
    this.target = h("input", {
      type: "url",
      placeholder: "empty: where its targets are routed, else a built-in endpoint",
    });
    this.anew = h("input", { type: "checkbox", checked: true, id: "anew" });
    this.name.addEventListener("change", () => this.choose());
    file.addEventListener("change", async () => (this.text.value = (await file.files[0]?.text()) ?? this.text.value));
    this.choose();
    return h(
      "div",
      { class: "panel panels" },
      field("Scenario", this.name),
      this.about,
      this.own,
      field("Send everything to", this.target),
      h("div", { class: "row" }, this.anew, h("label", { for: "anew" }, "Empty this account first")),
      h(
        "div",
        { class: "row" },
        button("Play", () => this.play(), { class: "main" }),
      ),
    );
  }

  choose() {
    const chosen = this.scenarios.find((each) => each.name === this.name.value);
    this.own.hidden = chosen !== undefined;
    fill(
      this.about,
      chosen && [
        h("p", {}, withCode(chosen.shows)),
        chosen.about.split(/\n{2,}/).map((text) => h("p", { class: "muted" }, withCode(text))),
        chosen.fault && h("p", { class: "warning bad" }, chosen.fault),
      ],
    );
  }

  async play() {
    if (this.name.value === OWN && !this.text.value.trim()) return complain(wrong(this.text, NONE));
    const anew = this.anew.checked;
    const target = this.target.value.trim();
    const said = { ...this.wanted(), ...(target && { target }) };
    const asked = (ask) => tried(() => ask({ ...said, reset: anew }).catch((error) => this.blame(error)));
    if (anew && !((await asked(this.api.checkScenario)) && (await this.mayEmpty()))) return;
    const answer = await asked(this.api.runScenario);
    if (answer) go({ which: String(answer.run) });
  }

  wanted() {
    return this.name.value === OWN ? { scenario: this.text.value } : { name: this.name.value };
  }

  /** Show the mistakes in a text at its field, one per line. */
  blame(error) {
    const isOfText = this.name.value === OWN && /^scenario:\d+: /m.test(error.message);
    throw isOfText ? wrong(this.text, error.message.replace(/^scenario:(\d+): /gm, "line $1: ")) : error;
  }

  /** Ask before something is lost. */
  async mayEmpty() {
    const { subscriptions, changes } = await this.api.account();
    if (!subscriptions && !changes) return true;
    const lost = `${count(subscriptions, "subscription")}, ${count(changes, "change")}, all records and the journal`;
    return confirmed(`Empty the account ${this.session.name}?`, `Before it is played, ${lost} are deleted.`, "Empty and play");
  }

  /** Follow a run until it is over or another one is opened. */
  async follow(to) {
    const number = Number(to.which) || 0;
    const mine = (this.watched += 1);
    if (!number) fill(this.run, h("h2", {}, "Run"), h("p", { class: "muted" }, "Play one to see its steps here."));
    let after;
    let shown = false;
    while (number) {
      const found = await looked(() => this.api.scenarioRun(number, after).catch((error) => this.noRun(number, error)));
      if (!found || mine !== this.watched || this.signal.aborted) break;
      fill(this.run, runView(found));
      // In a small window it is below what plays it.
      if (!shown) this.run.scrollIntoView({ block: "nearest" });
      shown = true;
      if (found.state !== "playing") break;
      after = found.played;
    }
    if (!this.signal.aborted) await this.drawHistory();
  }

  /** Shown for a link to a run that the account does not have, or no longer has. */
  noRun(number, error) {
    if (error.status !== 404) throw error;
    fill(this.run, h("h2", {}, `Run ${number}`), h("p", { class: "muted" }, `${capital(error.message)}. ${error.hint}`));
  }

  async _drawHistory() {
    const found = await looked(() => this.api.runs());
    if (!found) return;
    const rows = found.runs.map((each) =>
      h(
        "tr",
        {},
        h(
          "td",
          {},
          h(
            "a",
            { href: link({ account: this.session.name, view: "scenarios", which: String(each.run) }) },
            `run ${each.run}`,
          ),
        ),
        h("td", {}, each.title),
        h("td", {}, verdict(each)),
        h("td", { class: "mono" }, each.sent === null ? "" : `${each.sent} sent`),
      ),
    );
    fill(
      this.history,
      h("h2", {}, "Runs"),
      rows.length ? h("table", {}, h("tbody", {}, rows)) : h("p", { class: "muted" }, "None yet."),
    );
  }

  drawRecorder() {
    const { recording } = this.session;
    if (
      recording === null ||
      (this.recorder.contains(document.activeElement) && document.activeElement.tagName === "PRE")
    )
      return;
    const { recording: on, scenario, steps } = recording;
    const turn = async () => {
      await tried(() => (on ? this.api.stopRecording() : this.api.startRecording()));
      await this.session.look();
    };
    fill(
      this.recorder,
      h(
        "div",
        { class: "row apart" },
        h("h2", {}, on ? `Recording: ${count(steps, "step")}` : "Recorder"),
        button(on ? "Stop recording" : "Start recording", turn, { class: on ? "" : "main" }),
      ),
      h(
        "p",
        { class: "muted" },
        "What is done in this account, here or by anyone else, becomes a scenario that repeats it.",
      ),
      scenario && [
        h("pre", { tabindex: 0, role: "region", "aria-label": "What was recorded" }, scenario),
        h(
          "div",
          { class: "row" },
          button("Download scenario", () => download("recorded.yaml", scenario, "application/yaml")),
          copyButton("Copy scenario", () => scenario, "Scenario"),
          button("Play it", () => this.use(scenario)),
        ),
      ],
    );
  }

  use(scenario) {
    this.name.value = OWN;
    this.text.value = scenario;
    this.choose();
    return this.play();
  }
}

/** A text in which code is between backticks, as in the comments of scenario files. */
function withCode(text) {
  return text.split("`").map((part, place) => (place % 2 ? h("code", {}, part) : part));
}

const VERDICTS = { playing: ["wait", "…"], passed: ["good", "✓"], failed: ["bad", "✕"], "broken off": ["bad", "–"] };

function verdict(run) {
  return sign(...VERDICTS[run.state], run.state);
}

function runView(run) {
  return [
    h("div", { class: "row apart" }, h("h2", {}, `Run ${run.run}: ${run.title}`), verdict(run)),
    h("progress", {
      max: run.total_steps || 1,
      value: Math.min(run.played, run.total_steps),
      "aria-label": "Steps played",
    }),
    h("ol", { class: "step-log", tabindex: 0, "aria-label": "Steps" }, run.steps.map(stepLine)),
    run.failure && h("pre", { tabindex: 0, class: "bad" }, told(run.failure)),
    run.timeline.length > 0 &&
      h("details", {}, h("summary", {}, "What happened"), h("pre", { tabindex: 0 }, told(run.timeline.join("\n")))),
    run.waiting > 0 && h("p", { class: "warning" }, `${count(run.waiting, "notification")} had not ended by then.`),
    run.left?.length > 0 && h("p", { class: "warning" }, `The account keeps ${run.left.join(", ")} until a reset.`),
    run.drawn_from !== null && h("p", { class: "muted" }, `Drawn from seed ${run.drawn_from}.`),
  ];
}

function stepLine(step) {
  // The subscribing before the first step has no number.
  return h(
    "li",
    step.number ? { value: step.number } : { class: "before" },
    sign(step.passed ? "good" : "bad", step.passed ? "✓" : "✕", step.passed ? "" : "failed"),
    h("span", { class: "mono" }, ` ${step.text} `),
    h(
      "span",
      { class: "muted" },
      `+${duration(step.at_ms)}${step.ended ? `, ${count(step.ended, "notification")} ended` : ""}`,
    ),
    !step.passed && h("pre", { tabindex: 0 }, told(step.message)),
  );
}
