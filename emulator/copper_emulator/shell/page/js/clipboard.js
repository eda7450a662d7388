// How does a text leave the page? Into the clipboard, or as a file.

import { button, h } from "./dom.js";
import { say } from "./say.js";

async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // Without TLS, browsers allow the clipboard API only on loopback.
    const area = h("textarea", { value: text, readonly: true });
    document.body.append(area);
    area.select();
    document.execCommand("copy");
    area.remove();
  }
  say(`${what} copied`);
}

/** A button that copies what `make` returns when it is pressed. */
export function copyButton(text, make, what = text, attributes = {}) {
  return button(text, async () => copy(await make(), what), attributes);
}

export function download(name, text, type) {
  const url = URL.createObjectURL(new Blob([text], { type }));
  h("a", { href: url, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(url), 1000);
  say(`${name} saved`);
}
