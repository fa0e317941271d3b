import { connect } from 'node:net';

const timeoutMs = 5000;

/**
 * Sends one command to a socket of HAProxy's and resolves with its whole answer. What is secret stands in `payload`, lines
 * none of which is empty: no error repeats it.
 */
export function askHaproxy(path: string, command: string, payload?: string): Promise<string> {
  const text = payload === undefined ? `${command}\n` : `${command} <<\n${payload.trimEnd()}\n\n`;
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    let answer = '';
    socket.setTimeout(timeoutMs, () =>
      socket.destroy(new Error(`HAProxy did not answer '${command}' within ${timeoutMs} ms.`)),
    );
    socket.on('connect', () => socket.end(text));
    socket.on('data', (chunk) => {
      answer += chunk.toString();
    });
    socket.on('error', reject);
    socket.on('close', () => resolve(answer.trim()));
  });
}
