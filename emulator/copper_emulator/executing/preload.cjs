// Read by Node.js before a program (NODE_OPTIONS=--require): connections to Copper's API go to the emulator's TLS
// listener, whatever library makes them. If other hosts are refused, exec's proxy is asked before HTTP goes to them.
// Every other connection is left as it is.
'use strict';

const dns = require('node:dns');
const net = require('node:net');

const HOSTS = new Set(['api.copper.com', 'api.prosperworks.com']);
const LISTENER = /^(.+):(\d+)$/.exec(process.env.COPPER_EMULATOR_INTERCEPT ?? '');

// connect(options[, done]), connect(port[, host][, done]), connect(path[, done]); Node itself passes the arguments
// already normalised, in an array.
function meant(given) {
  const [first, second] = Array.isArray(given[0]) ? given[0] : given;
  if (typeof first === 'object' && first !== null) return { host: first.host, port: first.port };
  return { host: typeof second === 'string' ? second : undefined, port: first };
}

function isCopper({ host, port }) {
  return Number(port) === 443 && typeof host === 'string' && HOSTS.has(host.toLowerCase().replace(/\.$/, ''));
}

// Databases and the like do not go through a proxy.
const HTTP_PORTS = new Set([80, 443]);
const LOOPBACK = /^(localhost|.*\.localhost|127\.[\d.]+|::1|::ffff:127\.[\d.]+)$/;

function isRefused({ host, port }) {
  if (process.env.COPPER_EMULATOR_REFUSES !== '1' || typeof host !== 'string') return false;
  return HTTP_PORTS.has(Number(port)) && !LOOPBACK.test(host.toLowerCase().replace(/\.$/, ''));
}

// Answers with the reason why the proxy refuses a connection to there, or without one if it does not. The proxy reports
// a refusal on exec's stderr.
function ask({ host, port }, answer) {
  let proxy;
  try {
    proxy = new URL(process.env.HTTPS_PROXY);
  } catch {
    return answer('copper-emulator lets nothing out, and the program has no HTTPS_PROXY that it could ask');
  }
  const place = `${net.isIPv6(host) ? `[${host}]` : host}:${port}`;
  let said = '';
  let done = false;
  const over = (reason) => {
    if (!done) answer(reason);
    done = true;
    asking.destroy();
  };
  const asking = net.connect({ host: proxy.hostname, port: Number(proxy.port) });
  asking.on('data', (part) => {
    said += part;
    // 502: the host could not be reached, which the program finds out by itself.
    if (/^HTTP\/1\.1 (200|502) /.test(said)) over();
  });
  asking.on('end', () => over(said.slice(said.indexOf('\r\n\r\n')).trim()));
  asking.on('error', (error) => over(`copper-emulator's proxy does not answer: ${error.message}`));
  asking.write(`CONNECT ${place} HTTP/1.1\r\nHost: ${place}\r\n\r\n`);
}

// A lookup that asks the proxy first, and fails if the proxy refuses.
function askFirst({ host, port }, lookup) {
  return (_, wanted, done) =>
    ask({ host, port }, (reason) => {
      if (reason !== undefined) return done(Object.assign(new Error(reason), { code: 'ECONNREFUSED', host, port }));
      const family = net.isIP(host);
      if (family === 0) return lookup(host, wanted, done);
      return wanted.all ? done(null, [{ address: host, family }]) : done(null, host, family);
    });
}

if (LISTENER !== null) {
  const connect = net.Socket.prototype.connect;
  const [, host, port] = LISTENER;
  net.Socket.prototype.connect = function (...given) {
    const where = meant(given);
    if (!isCopper(where) && !isRefused(where)) return connect.apply(this, given);
    const normalised = Array.isArray(given[0]) ? given[0] : given;
    const done = normalised.find((each) => typeof each === 'function');
    const options = typeof normalised[0] === 'object' ? normalised[0] : {};
    if (!isCopper(where)) {
      // Node does not look up an address, so a name stands in for it.
      const name = net.isIP(where.host) ? 'an.address' : where.host;
      const asked = { ...options, ...where, host: name, lookup: askFirst(where, options.lookup ?? dns.lookup) };
      return connect.call(this, asked, done);
    }
    // An address needs no lookup, and no choice between several.
    const there = { ...options, host, port: Number(port), lookup: undefined, autoSelectFamily: false };
    return connect.call(this, there, done);
  };
}
