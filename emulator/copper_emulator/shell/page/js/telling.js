// Adapts the server's texts for display: moments in the chosen time zone; commands with this server and account, after
// what does the same on the page. Text that is copied or saved stays as the server wrote it.

import { read } from "./router.js";
import { fullTime } from "./words.js";

// The server writes moments in UTC without saying so each time.
const MOMENT = /\b(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d\.\d{3})\b/g;

// Commands that talk to a running server; others, like `serve`, have no such options.
const COMMAND = /\bcopper-emulator (?=(?:advance|create|delete|faults|fire|reset|routes|settings|subscribe|update)\b)/g;

// The server writes for readers of a terminal. Commands without a counterpart on the page are shown alone.
const HERE = [
  [/\bcopper-emulator routes \S/g, "New route under Subscriptions"],
  [/\bcopper-emulator settings --set ([^\s;,]*[^\s;,.])/g, "$1 under Account"],
  [/\bcopper-emulator reset --set ([^\s;,]*[^\s;,.])/g, "$1 under Account, with a reset"],
  [/\bcopper-emulator faults off\b/g, "All off under Faults"],
];

export function told(text) {
  const moments = text.replace(MOMENT, (_, date, time) => fullTime(`${date}T${time}Z`));
  const here = HERE.reduce((said, [command, place]) => said.replace(command, `${place}, or $&`), moments);
  return here.replace(COMMAND, (word) => word + where());
}

/** The options that name this server and account: without them, a copied command would address another one. */
function where() {
  return `--server ${location.origin} --account ${read().account} `;
}
