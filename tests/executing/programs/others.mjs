// Calls hosts other than Copper's, in each way that Node.js has, and prints the outcomes.
import https from 'node:https';
import http from 'node:http';
import net from 'node:net';
import tls from 'node:tls';

const why = (error) => `${error.code}: ${error.message}`;
const failed = (made) =>
  new Promise((done) => {
    made.on('error', (error) => done(why(error)));
    made.on('connect', () => made.destroy() && done('connected'));
    made.on('response', (answer) => answer.resume() && done(`answered ${answer.statusCode}`));
  });

const [allowed] = process.argv.slice(2);
const told = {
  fetch: await fetch('https://other.test/').catch((error) => why(error.cause)),
  https: await failed(https.get('https://other.test/')),
  http: await failed(http.get('http://other.test/')),
  'an address': await failed(net.connect(443, '192.0.2.1')),
  tls: await failed(tls.connect({ host: '2001:db8::5', port: 443, servername: 'other.test' })),
  'another port': await failed(net.connect({ host: 'other.test', port: 5432 })),
  allowed: await failed(net.connect(443, allowed)),
};
console.log(JSON.stringify(told));
