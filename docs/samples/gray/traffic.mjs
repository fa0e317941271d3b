// Plays the users of an application on this machine: node traffic.mjs URL [SECONDS]. Says every second who answered how.
import { Agent, request } from 'node:http';

const [address = '', seconds = '3600'] = process.argv.slice(2);
const { host, port } = new URL(address);
const agent = new Agent({ keepAlive: true, maxSockets: 8 });
let answers = new Map();
const note = (what) => answers.set(what, (answers.get(what) ?? 0) + 1);

const ask = () => {
  const options = { host: '127.0.0.1', port: port || 80, headers: { host }, agent, timeout: 5_000 };
  const asked = request(options, (response) => {
    response.resume();
    note(response.statusCode === 200 ? `release ${response.headers['x-version']}` : `error ${response.statusCode}`);
  });
  asked.on('timeout', () => asked.destroy(new Error('no answer')));
  asked.on('error', () => note('no answer'));
  asked.end();
};

setInterval(ask, 10);
setInterval(() => {
  console.log(
    [...answers]
      .sort()
      .map(([what, count]) => `${what}: ${count}`)
      .join('   '),
  );
  answers = new Map();
}, 1000);
setTimeout(() => process.exit(0), Number(seconds) * 1000);
