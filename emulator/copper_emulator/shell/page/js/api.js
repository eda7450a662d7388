// Every operation of the control API that the page uses, once, by name.

const ROOT = "/_emulator/v1";

/** A refusal, in the server's words: what is wrong and, if known, what would help. */
class Refusal extends Error {
  constructor(status, error, hint) {
    super(error);
    this.status = status;
    this.hint = hint ?? "";
  }
}

/** Nothing answered; the window's event `unanswered` reports it, too. */
export class Unanswered extends Refusal {
  constructor() {
    super(0, "the server does not answer", "Is copper-emulator serve still running?");
  }
}

async function call(method, path, body) {
  let answer;
  try {
    answer = await fetch(ROOT + path, {
      method,
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    dispatchEvent(new Event("unanswered"));
    throw new Unanswered();
  }
  const said = await answer.json().catch(() => null);
  if (!answer.ok) throw new Refusal(answer.status, said?.error ?? `the server answered ${answer.status}`, said?.hint);
  return said;
}

/** A query string of the values that are given; a list repeats its name. */
function query(values) {
  const made = new URLSearchParams();
  for (const [name, value] of Object.entries(values)) {
    for (const each of Array.isArray(value) ? value : [value]) {
      if (each !== null && each !== undefined && each !== "") made.append(name, each);
    }
  }
  const text = made.toString();
  return text && `?${text}`;
}

/** The server as a whole. */
export const server = {
  health: () => call("GET", "/health"),
  accounts: async () => (await call("GET", "/accounts")).accounts,
  createAccount: (body) => call("POST", "/accounts", body),
  deleteAccount: (name) => call("DELETE", `/accounts/${encodeURIComponent(name)}`),
  scenarios: async () => (await call("GET", "/scenarios")).scenarios,
  /** The meaning of each setting, {name: text}, from the API's description. */
  async settings() {
    const { components } = await (await fetch("/_emulator/openapi.json")).json();
    const told = Object.entries(components.schemas.Changes.properties);
    return Object.fromEntries(told.map(([name, { description }]) => [name, description]));
  },
};

/** One account: `new AccountApi("default").clock()`. */
export class AccountApi {
  constructor(name) {
    this.name = name;
    this.path = `/accounts/${encodeURIComponent(name)}`;
  }

  get = (path, values = {}) => call("GET", this.path + path + query(values));
  post = (path, body = {}) => call("POST", this.path + path, body);

  streamUrl = (since) => `${ROOT}${this.path}/journal/stream${query({ since })}`;

  account = () => this.get("");
  reset = (body) => this.post("/reset", body);
  settings = () => this.get("/settings");
  changeSettings = (changed) => this.post("/settings", changed);
  snapshot = () => this.get("/snapshot");
  restore = (snapshot) => this.post("/restore", { snapshot });
  journal = (filters) => this.get("/journal", filters);
  notifications = (filters) => this.get("/notifications", filters);
  notification = (serial, reveal = false) => this.get(`/notifications/${serial}`, reveal ? { reveal } : {});
  resend = (serial, body = {}) => this.post(`/notifications/${serial}/resend`, body);
  replay = (body) => this.post("/replay", body);
  why = (values) => this.get("/why", values);
  fire = (body) => this.post("/fire", body);

  clock = () => this.get("/clock");
  freeze = () => this.post("/clock/freeze");
  run = () => this.post("/clock/run");
  advance = (by) => this.post("/clock/advance", { by });
  runUntilIdle = () => this.post("/clock/run-until-idle", { limit: "1d" });

  subscriptions = () => this.get("/subscriptions");
  subscribe = (body) => this.post("/subscriptions", body);
  resubscribe = (id, body) => call("PUT", `${this.path}/subscriptions/${id}`, body);
  unsubscribe = (id) => call("DELETE", `${this.path}/subscriptions/${id}`);

  routes = () => this.get("/routes");
  addRoute = (origin, to) => this.post("/routes", { origin, to });
  removeRoute = (origin) => this.post("/routes/remove", { origin });
  targets = () => this.get("/targets");
  pauseTarget = (target) => this.post("/targets/pause", { target });
  resumeTarget = (target) => this.post("/targets/resume", { target });
  limits = (marks = 0) => this.get("/limits", { marks });

  faults = () => this.get("/faults");
  switchFaults = (on, off = []) => this.post("/faults", { on, off });

  search = (type, filters) => this.post(`/records/${type}/search`, { filters });
  create = (type, fields) => this.post(`/records/${type}/create`, { count: 1, fields });
  update = (type, ids, fields) => this.post(`/records/${type}/update`, { ids, fields });
  remove = (type, ids) => this.post(`/records/${type}/delete`, { ids });

  inbox = () => this.get("/inbox");
  answerInbox = (body) => this.post("/inbox", body);

  runScenario = (body) => this.post("/scenarios/run", body);
  checkScenario = (body) => this.post("/scenarios/check", body);
  runs = () => this.get("/scenarios/runs");
  scenarioRun = (number, after) => this.get(`/scenarios/runs/${number}`, { after });
  recording = () => this.get("/recording");
  startRecording = () => this.post("/recording/start");
  stopRecording = () => this.post("/recording/stop");
}
