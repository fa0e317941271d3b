import { connect } from 'node:net';

const timeoutMs = 5000;

/** Sends one command to a socket of HAProxy's and resolves with its whole answer. */
export function askHaproxy(path: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let answer = '';
    socket.setTimeout(timeoutMs, () =>
      socket.destroy(new Error(`HAProxy did not answer '${command}' within ${timeoutMs} ms.`)),
    );
    socket.on('connect', () => socket.end(`${command}\n`));
    socket.on('data', (chunk) => {
      answer += chunk.toString();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer.trim()));
  });
}
