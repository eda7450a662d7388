// Where is somebody? The address has it all, so that each view, delivery and filter can be linked to and the back button
// works: #/ACCOUNT/VIEW/WHICH?name=value

let last = 0;

/** The number of the place in the browser's history that is looked at; a new one has the number after the last. */
export function position() {
  last = history.state?.position ?? last + 1;
  if (history.state === null) history.replaceState({ position: last }, "");
  return last;
}

export function read(hash = location.hash) {
  const [path, search = ""] = hash.replace(/^#\/?/, "").split("?");
  const [account, view, ...which] = path.split("/").map(decodeURIComponent);
  return {
    account: account || "default",
    view: view || "deliveries",
    which: which.join("/"),
    filters: Object.fromEntries(new URLSearchParams(search)),
  };
}

export function link({ account, view, which = "", filters = {} }) {
  const search = new URLSearchParams(Object.entries(filters).filter(([, value]) => value)).toString();
  const path = [account, view, ...(which ? which.split("/") : [])].map((part) => encodeURIComponent(part)).join("/");
  return `#/${path}${search && `?${search}`}`;
}

/** Go somewhere; what is not named stays as it is. With `quietly` no step of the back button. */
export function go(place, { quietly = false } = {}) {
  const target = link({ ...read(), ...place });
  if (target === location.hash) return;
  if (quietly) {
    history.replaceState(history.state, "", target);
    dispatchEvent(new HashChangeEvent("hashchange"));
  } else {
    location.hash = target;
  }
}
