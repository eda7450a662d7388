// What does it look like elsewhere? A delivery as a curl command, as JSON, as a scenario step; commands to paste.

/** A text quoted as one word of a POSIX shell. */
function quoted(text) {
  return `'${String(text).replaceAll("'", "'\\''")}'`;
}

// Of the headers added in transit, those that curl adds itself.
const CURL_SAYS = ["user-agent", "host", "content-length"];

/** A request as it was sent, to where it was really sent. Warns about masked values, which would be sent as shown. */
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

/** The URL a delivery really went to, if it is one: a route replaces the target's origin. */
export function reached({ target, route }) {
  if (!/^https?:/.test(route)) return target;
  const { pathname, search } = new URL(target);
  return route.replace(/\/$/, "") + pathname + search;
}

export function asJson(value) {
  return typeof value === "string" ? value : JSON.stringify(value, null, 2);
}

/** Its change as a step: a bare event, which needs no record. JSON is valid YAML. */
export function asStep(change) {
  const event = { topic: `${change.type}/${change.event}`, ids: change.ids };
  if (change.event === "update") event.updated_attributes = change.updated_attributes ?? {};
  return `- fire: ${JSON.stringify(event)}\n`;
}

/** The command to subscribe as a client of Copper, with the token that was shown when the account was made. */
export function subscribeCommand(origin, target) {
  return [
    `curl -X POST ${quoted(`${origin}/developer_api/v1/webhooks`)}`,
    "-H 'Content-Type: application/json'",
    "-H 'X-PW-AccessToken: TOKEN' -H 'X-PW-Application: developer_api' -H 'X-PW-UserEmail: you@example.com'",
    `-d ${quoted(JSON.stringify({ target, type: "person", event: "new" }))}`,
  ].join(" \\\n  ");
}

/** The same through the control API, which needs no token: the page does not know those of accounts. */
export function controlSubscribeCommand(origin, account, target) {
  return [
    `curl -X POST ${quoted(`${origin}/_emulator/v1/accounts/${account}/subscriptions`)}`,
    "-H 'Content-Type: application/json'",
    `-d ${quoted(JSON.stringify({ target, type: "person", event: "new" }))}`,
  ].join(" \\\n  ");
}
