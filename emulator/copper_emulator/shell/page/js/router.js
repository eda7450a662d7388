// Where is the user? The address says it all, so that every view, delivery and filter can be linked to and the back
// button works: #/ACCOUNT/VIEW/WHICH?name=value

let last = 0;

/** The position of the present page in the browser's history; a new page gets the last one plus one. */
export function position() {
  last = history.state?.position ?? last + 1;
  if (history.state === null) history.replaceState({ position: last }, "");
  return last;
}

export function read(hash = location.hash) {
  const [path, search = ""] = hash.replace(/^#\/?/, "").split("?");
  const [account, view, ...which] = path.split("/").map(decoded);
  return {
    account: account || "default",
    view: view || "deliveries",
    which: which.join("/"),
    filters: Object.fromEntries(new URLSearchParams(search)),
  };
}

/** A part as it is if no such text can be encoded: an address written by hand may have a lone `%`. */
function decoded(part) {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

export function link({ account, view, which = "", filters = {} }) {
  const search = new URLSearchParams(Object.entries(filters).filter(([, value]) => value)).toString();
  const path = [account, view, ...(which ? which.split("/") : [])].map((part) => encodeURIComponent(part)).join("/");
  return `#/${path}${search && `?${search}`}`;
}

/** Go somewhere; parts not given stay as they are. `quietly` adds no step to the history. */
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
