// Connects to its own servers in each way that Node.js has, and prints their answers.
import http from 'node:http';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import fs from 'node:fs';

const listening = (server, ...where) => new Promise((done) => server.listen(...where, () => done(server)));
const heard = (socket) =>
  new Promise((done) => {
    let text = '';
    socket.on('data', (part) => (text += part));
    socket.on('end', () => done(text));
    socket.on('error', (error) => done(error.code));
  });
const hello = () => net.createServer((socket) => socket.end('hello'));

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'local-'));
const pipe = path.join(folder, 'pipe');
const servers = [
  await listening(hello(), 0, '127.0.0.1'),
  await listening(hello(), pipe),
  await listening(http.createServer((_, answer) => answer.end('hello')), 0, '127.0.0.1'),
];
const port = servers[0].address().port;
const closed = await listening(net.createServer(), 0, '127.0.0.1');
const nobody = closed.address().port;
await new Promise((done) => closed.close(done));

const told = {
  options: await heard(net.connect({ host: '127.0.0.1', port })),
  port: await heard(net.connect({ port, host: 'localhost', family: 4 })),
  'port and host': await heard(new net.Socket().connect(port, '127.0.0.1')),
  pipe: await heard(net.connect(pipe)),
  fetch: await (await fetch(`http://127.0.0.1:${servers[2].address().port}/`)).text(),
  refused: await heard(net.connect(nobody, '127.0.0.1')),
};
for (const server of servers) server.close();
servers[2].closeAllConnections();
fs.rmSync(folder, { recursive: true });
console.log(JSON.stringify(told));
