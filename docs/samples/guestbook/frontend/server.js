import { createServer } from 'node:http';
import { renderPage } from './page.js';
import { createRedis } from './redis.js';

const address = (text) => ({ host: text.split(':')[0], port: Number(text.split(':')[1] ?? 6379) });
// Every process of an application that listens has a Service, found by its name from the same environment.
const leader = createRedis(address(process.env.REDIS_LEADER ?? 'redis-leader:6379'));
const followers = createRedis(address(process.env.REDIS_FOLLOWER ?? 'redis-follower:6379'));
const release = process.env.SLIPWAY_RELEASE ?? 'none';
const key = 'guestbook';
const mostEntries = 100;

const server = createServer(async (request, response) => {
  const answer = (status, type, body, headers = {}) => {
    response.writeHead(status, { 'content-type': `${type}; charset=utf-8`, ...headers }).end(body);
  };
  try {
    const { pathname } = new URL(request.url, 'http://guestbook');
    if (request.method === 'GET' && pathname === '/healthz') answer(200, 'text/plain', 'ok\n');
    else if (request.method === 'GET' && pathname === '/')
      answer(200, 'text/html', renderPage({ entries: await readEntries(), release }));
    else if (request.method === 'GET' && pathname === '/entries')
      answer(200, 'application/json', JSON.stringify(await readEntries()));
    else if (request.method === 'POST' && pathname === '/entries') await addEntry(request, answer);
    else answer(404, 'text/plain', 'not found\n');
  } catch (error) {
    console.error(JSON.stringify({ at: new Date().toISOString(), error: error.message }));
    answer(503, 'text/html', renderPage({ entries: [], message: `Redis is not there: ${error.message}`, release }));
  }
});

/** Writes go to the leader, which hands them to the followers. */
async function addEntry(request, answer) {
  let body = '';
  for await (const chunk of request) {
    body += chunk;
    if (body.length > 10_000) return answer(413, 'text/plain', 'too long\n');
  }
  const text = new URLSearchParams(body).get('text')?.trim().slice(0, 500);
  if (!text)
    return answer(
      422,
      'text/html',
      renderPage({ entries: await readEntries(), message: 'An entry needs a text.', release }),
    );
  await leader.send('LPUSH', key, text);
  await leader.send('LTRIM', key, 0, mostEntries - 1);
  // Until a follower has it, so that the page that follows shows it; a slow follower does not hold the visitor up.
  await leader.send('WAIT', 1, 500);
  return answer(303, 'text/plain', 'thank you\n', { location: '/' });
}

/** Reads go to the followers. */
function readEntries() {
  return followers.send('LRANGE', key, 0, mostEntries - 1);
}

server.listen(Number(process.env.PORT ?? 8080), () =>
  console.log(JSON.stringify({ at: new Date().toISOString(), listening: server.address().port, release })),
);
process.on('SIGTERM', () => {
  server.close(() => {
    leader.close();
    followers.close();
  });
  server.closeIdleConnections();
});
