// The Copper and Copper Trigger nodes of n8n-nodes-base: node drive_n8n.mjs, in a folder whose node_modules has them.
//
// The nodes' own files run. They send nothing themselves: n8n's core passes them a function for that, and here that
// function is the one below. If it is given a URL, it calls that instead of the one in the node; it adds the headers
// that the node's credential class names, writes arrays into the query as axios does, and rejects statuses from 400 on
// in the same shape as the core.
//
// An act is {node: parameters}, {trigger: method, parameters, target}, {webhook: body} or {credentials: "test"}.
import { createRequire } from 'node:module';
import { resolve } from 'node:path';
import { text } from 'node:stream/consumers';

const require = createRequire(resolve(process.cwd(), 'package.json'));
const { Copper } = require('n8n-nodes-base/dist/nodes/Copper/Copper.node.js');
const { CopperTrigger } = require('n8n-nodes-base/dist/nodes/Copper/CopperTrigger.node.js');
const { CopperApi } = require('n8n-nodes-base/dist/credentials/CopperApi.credentials.js');

const given = JSON.parse(await text(process.stdin));
const credentials = { apiKey: given.token, email: given.email };
const staticData = {}; // what a trigger remembers between its methods
const COPPER = 'https://api.copper.com/developer_api/v1';
const MOST = 20; // requests per act, because the node keeps asking as long as X-PW-TOTAL is more than it has
let sent = [];

function credentialHeaders() {
  const named = Object.entries(new CopperApi().authenticate.properties.headers);
  const filled = (value) => value.replace(/^=\{\{\$credentials\.(\w+)\}\}$/, (_all, name) => credentials[name]);
  return Object.fromEntries(named.map(([name, value]) => [name, filled(value)]));
}

async function request(options) {
  if (!options.url.startsWith(COPPER)) throw new Error(`the node calls ${options.url}`);
  const url = new URL(given.url ? given.url + options.url.slice(COPPER.length) : options.url);
  for (const [name, value] of Object.entries(options.qs ?? {})) {
    if (Array.isArray(value)) value.forEach((each) => url.searchParams.append(`${name}[]`, each));
    else url.searchParams.set(name, value);
  }
  if (sent.push(`${options.method} ${url.pathname}${url.search}`) > MOST) throw new Error('the node does not stop');
  const answer = await fetch(url, {
    method: options.method,
    headers: { ...options.headers, ...credentialHeaders() },
    body: options.body === undefined ? undefined : JSON.stringify(options.body),
  });
  const said = await answer.text();
  let body = said;
  try {
    body = JSON.parse(said);
  } catch {
    // Left as text, as the core does.
  }
  const response = { statusCode: answer.status, headers: Object.fromEntries(answer.headers), body };
  if (answer.status >= 400) {
    const refused = { name: 'StatusCodeError', statusCode: answer.status, error: body, options, response };
    throw Object.assign(new Error(`${answer.status} - ${said}`), refused);
  }
  return options.resolveWithFullResponse ? response : body;
}

/** What n8n's core is for a node while it runs. */
function core(parameters, more = {}) {
  return {
    getInputData: () => [{ json: {} }],
    getNodeParameter: (name) => parameters[name],
    getNode: () => ({ id: '1', name: 'Copper', type: 'n8n-nodes-base.copper', typeVersion: 1, position: [0, 0], parameters }),
    getCredentials: async () => credentials,
    continueOnFail: () => false,
    getWorkflowStaticData: () => staticData,
    helpers: {
      requestWithAuthentication: (_name, options) => request(options),
      returnJsonArray: (data) => (Array.isArray(data) ? data : [data]).map((json) => ({ json })),
      constructExecutionMetaData: (items) => items,
    },
    ...more,
  };
}

async function perform(act) {
  if (act.node) {
    const [items] = await new Copper().execute.call(core(act.node));
    return items.map((item) => item.json);
  }
  if (act.trigger) {
    const method = new CopperTrigger().webhookMethods.default[act.trigger];
    return method.call(core(act.parameters ?? {}, { getNodeWebhookUrl: () => act.target }));
  }
  if (act.webhook) {
    const { workflowData } = await new CopperTrigger().webhook.call(core({}, { getRequestObject: () => ({ body: act.webhook }) }));
    return workflowData ? workflowData[0].map((item) => item.json) : null;
  }
  const { url } = new CopperApi().test.request;
  return request({ method: 'GET', url: `${COPPER}/${url}` });
}

const told = [];
for (const act of given.acts) {
  sent = [];
  try {
    told.push({ ok: await perform(act), requests: sent });
  } catch (problem) {
    const { message, description } = problem;
    const code = problem.httpCode ?? problem.statusCode; // from the node's own error, or as it was passed to the node
    if (!code) throw problem; // no answer from the server
    told.push({ raised: problem.constructor.name, code: String(code), message, description, requests: sent });
  }
}
process.stdout.write(JSON.stringify(told));
