// Requests the account from Copper with each of Node.js's clients, and prints their answers.
import https from 'node:https';
import tls from 'node:tls';

const PATH = '/developer_api/v1/account';
const HEADERS = { 'X-PW-AccessToken': 't', 'X-PW-Application': 'developer_api', 'X-PW-UserEmail': 'ada@example.com' };

const byFetch = async () => (await (await fetch(`https://api.copper.com${PATH}`, { headers: HEADERS })).json()).name;

const byHttps = () =>
  new Promise((done, failed) => {
    https
      .get(`https://api.prosperworks.com${PATH}`, { headers: HEADERS }, (answer) => {
        let text = '';
        answer.on('data', (part) => (text += part));
        answer.on('end', () => done(JSON.parse(text).name));
      })
      .on('error', failed);
  });

const byTls = () =>
  new Promise((done, failed) => {
    const headers = Object.entries(HEADERS).map(([name, value]) => `${name}: ${value}\r\n`);
    const socket = tls.connect(443, 'api.copper.com', { servername: 'api.copper.com' }, () => {
      socket.write(`GET ${PATH} HTTP/1.1\r\nHost: api.copper.com\r\nConnection: close\r\n${headers.join('')}\r\n`);
    });
    let text = '';
    socket.on('data', (part) => (text += part));
    socket.on('end', () => done(text.split('\r\n')[0]));
    socket.on('error', failed);
  });

console.log(
  JSON.stringify({ fetch: await byFetch(), https: await byHttps(), tls: await byTls(), own: globalThis.own }),
);
