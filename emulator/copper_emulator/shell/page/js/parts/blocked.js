// Why is a target blocked, and what on the page would help? The server's last sentence names commands instead.

import { h } from "../dom.js";
import { link } from "../router.js";
import { told } from "../telling.js";

/** `newRoute`: where its button is. */
export function blockedAdvice({ name: account }, text, newRoute) {
  const sentences = text.split(". ");
  const why = sentences.filter((each) => !each.includes("copper-emulator "));
  if (why.length === sentences.length) return told(text);
  const settings = h("a", { href: link({ account, view: "account" }) }, "Account");
  const end = told(why.join(". "));
  return [end, ". Give it a route with ", newRoute, "; or name its host in allow_targets under ", settings, "."];
}
