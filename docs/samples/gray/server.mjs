// Says which release answers. FAULT makes a bad release of it, see README.md.
import { createServer } from 'node:http';

const { VERSION = '1', FAULT = '', PORT = '3000' } = process.env;
const [fault, size] = FAULT.split('=');
const [share = 1, milliseconds = 1000] = (size ?? '1').split(':').map(Number);
const kept = [];
const upgraded = new Set();
let count = 0;

const server = createServer((request, response) => {
  const answer = (status) => {
    response.writeHead(status, { 'x-version': VERSION });
    response.end(VERSION);
  };
  if (request.url === '/healthz') return answer(200);
  count += 1;
  // At 1, 10, 100 and so on: also a release whose answers nobody sees tells that it is asked.
  if (/^10*$/.test(`${count}`)) console.log(`release ${VERSION}: asked ${count} times`);
  const isHit = Math.random() < share;
  if (fault === 'errors' && isHit) return answer(500);
  if (fault === 'hang' && isHit) return;
  if (fault === 'reset' && isHit) return request.socket.resetAndDestroy();
  if (fault === 'slow' && isHit) return setTimeout(answer, milliseconds, 200);
  if (fault === 'crash' && count > Number(size ?? 10)) process.exit(1);
  if (fault === 'leak') kept.push(Buffer.alloc(Number(size ?? 5) * 1_000_000, 1));
  if (request.url === '/slow') return setTimeout(answer, 2000, 200);
  answer(200);
});

server.on('upgrade', (_request, socket) => {
  socket.write('HTTP/1.1 101 Switching Protocols\r\nconnection: upgrade\r\nupgrade: echo\r\n\r\n');
  upgraded.add(socket);
  socket.on('data', (data) => socket.write(data));
  socket.on('error', () => {});
  socket.on('close', () => upgraded.delete(socket));
});

server.keepAliveTimeout = 65_000;
server.listen(Number(PORT));

process.on('SIGTERM', () => {
  for (const socket of upgraded) socket.end();
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
