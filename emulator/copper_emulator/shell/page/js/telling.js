// Adapts the server's texts for display: moments in the chosen time zone, commands with this server and account. Text
// that is copied or saved stays as the server wrote it.

import { read } from "./router.js";
import { fullTime } from "./words.js";

// The server writes moments in UTC without saying so each time.
const MOMENT = /\b(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d\.\d{3})\b/g;

// Commands that talk to a running server; others, like `serve`, have no such options.
const COMMAND = /\bcopper-emulator (?=(?:advance|create|delete|faults|fire|reset|routes|settings|subscribe|update)\b)/g;

export function told(text) {
  return text.replace(MOMENT, (_, date, time) => fullTime(`${date}T${time}Z`)).replace(COMMAND, (word) => word + where());
}

/** The options that name this server and account: without them, a copied command would address another one. */
function where() {
  return `--server ${location.origin} --account ${read().account} `;
}
