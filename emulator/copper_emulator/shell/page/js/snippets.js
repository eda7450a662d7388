// What does it look like elsewhere? A delivery as a curl command, as JSON, as a step of a scenario; commands to paste.

/** A text as one word of a POSIX shell. */
export function quoted(text) {
  return `'${String(text).replaceAll("'", "'\\''")}'`;
}

/** A request with the place where it really went. What is masked on the page is masked here. */
export function asCurl({ url, headers, text }) {
  const said = headers.filter(([name]) => name.toLowerCase() !== "user-agent");
  return [
    `curl -X POST ${quoted(url)}`,
    ...said.map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
    `-d ${quoted(text)}`,
  ].join(" \\\n  ");
}

export function asJson(value) {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

/** Its change as a step: a bare event, which needs no record. JSON is YAML too. */
export function asStep(change) {
  const event = { topic: `${change.type}/${change.event}`, ids: change.ids };
  if (change.event === "update") event.updated_attributes = change.updated_attributes ?? {};
  return `- fire: ${JSON.stringify(event)}\n`;
}

/** Subscribing as a client of Copper does it; any token opens an account that has none yet. */
export function subscribeCommand(origin, target) {
  return [
    `curl -X POST ${quoted(`${origin}/developer_api/v1/webhooks`)}`,
    "-H 'Content-Type: application/json'",
    "-H 'X-PW-AccessToken: my-token' -H 'X-PW-Application: developer_api' -H 'X-PW-UserEmail: you@example.com'",
    `-d ${quoted(JSON.stringify({ target, type: "person", event: "new" }))}`,
  ].join(" \\\n  ");
}

/** The same through the control API: for an account whose token the page is not told. */
export function controlSubscribeCommand(origin, account, target) {
  return [
    `curl -X POST ${quoted(`${origin}/_emulator/v1/accounts/${account}/subscriptions`)}`,
    "-H 'Content-Type: application/json'",
    `-d ${quoted(JSON.stringify({ target, type: "person", event: "new" }))}`,
  ].join(" \\\n  ");
}
