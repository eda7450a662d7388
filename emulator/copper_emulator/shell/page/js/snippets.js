// What does it look like elsewhere? A delivery as a curl command, as JSON, as a step of a scenario; commands to paste.

/** A text as one word of a POSIX shell. */
export function quoted(text) {
  return `'${String(text).replaceAll("'", "'\\''")}'`;
}

// Of what is put to a request on the way curl itself says the others.
const CURL_SAYS = ["user-agent", "host", "content-length"];

/** A request as it went, to where it really went; what is masked in it is told of, since it would be sent so. */
export function asCurl({ url, target, headers, added, text, masked }) {
  const said = [...headers, ...added].filter(([name]) => !CURL_SAYS.includes(name.toLowerCase()));
  const warning = masked ? "# Values shown as *** are masked here: the real ones were sent.\n" : "";
  const command = [
    `curl -X POST ${quoted(url || target)}`,
    ...said.map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
    `--data-raw ${quoted(text)}`,
  ].join(" \\\n  ");
  return warning + command;
}

/** Where a delivery really went, as far as that is a URL: a route leads its origin to another one. */
export function reached({ target, route }) {
  if (!/^https?:/.test(route)) return target;
  const { pathname, search } = new URL(target);
  return route.replace(/\/$/, "") + pathname + search;
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

/** Subscribing as a client of Copper does it, with the token that was told when the account was made. */
export function subscribeCommand(origin, target) {
  return [
    `curl -X POST ${quoted(`${origin}/developer_api/v1/webhooks`)}`,
    "-H 'Content-Type: application/json'",
    "-H 'X-PW-AccessToken: TOKEN' -H 'X-PW-Application: developer_api' -H 'X-PW-UserEmail: you@example.com'",
    `-d ${quoted(JSON.stringify({ target, type: "person", event: "new" }))}`,
  ].join(" \\\n  ");
}

/** The same through the control API, which asks for no token: the page is not told those of accounts. */
export function controlSubscribeCommand(origin, account, target) {
  return [
    `curl -X POST ${quoted(`${origin}/_emulator/v1/accounts/${account}/subscriptions`)}`,
    "-H 'Content-Type: application/json'",
    `-d ${quoted(JSON.stringify({ target, type: "person", event: "new" }))}`,
  ].join(" \\\n  ");
}
