// Read by Node.js before a program (NODE_OPTIONS=--require): connections to Copper's API go to the emulator's TLS
// listener, whatever library makes them. Every other connection is left as it is.
'use strict';

const net = require('node:net');

const HOSTS = new Set(['api.copper.com', 'api.prosperworks.com']);
const LISTENER = /^(.+):(\d+)$/.exec(process.env.COPPER_EMULATOR_INTERCEPT ?? '');

// connect(options[, done]), connect(port[, host][, done]), connect(path[, done]); Node itself calls it with the
// arguments already normalised, in an array.
function meant(given) {
  const [first, second] = Array.isArray(given[0]) ? given[0] : given;
  if (typeof first === 'object' && first !== null) return { host: first.host, port: first.port };
  return { host: typeof second === 'string' ? second : undefined, port: first };
}

function isCopper({ host, port }) {
  return Number(port) === 443 && typeof host === 'string' && HOSTS.has(host.toLowerCase().replace(/\.$/, ''));
}

if (LISTENER !== null) {
  const connect = net.Socket.prototype.connect;
  const [, host, port] = LISTENER;
  net.Socket.prototype.connect = function (...given) {
    if (!isCopper(meant(given))) return connect.apply(this, given);
    const normalised = Array.isArray(given[0]) ? given[0] : given;
    const done = normalised.find((each) => typeof each === 'function');
    const options = typeof normalised[0] === 'object' ? normalised[0] : {};
    // An address needs no looking up, and no choice between several.
    const there = { ...options, host, port: Number(port), lookup: undefined, autoSelectFamily: false };
    return connect.call(this, there, done);
  };
}
