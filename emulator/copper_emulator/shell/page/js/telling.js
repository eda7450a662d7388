// What the server says in words, as it is said on the page: its moments in the zone that is shown, its commands for this
// server and account. What is copied or saved stays as the server says it.

import { read } from "./router.js";
import { fullTime } from "./words.js";

// The server writes moments in UTC, without saying so each time.
const MOMENT = /\b(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d\.\d{3})\b/g;

// Commands that talk to a server that runs: the others, like `serve`, are about none.
const COMMAND = /\bcopper-emulator (?=(?:advance|create|delete|faults|fire|reset|routes|settings|subscribe|update)\b)/g;

export function told(text) {
  return text.replace(MOMENT, (_, date, time) => fullTime(`${date}T${time}Z`)).replace(COMMAND, (word) => word + where());
}

/** Which server and account a command is for, before the command: one that is copied without it would ask another. */
function where() {
  return `--server ${location.origin} --account ${read().account} `;
}
