import { existsSync, rmSync } from 'node:fs';
import { connect, createServer, type Server } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';
import type { ServiceStatus } from './service.js';

/** One request a connection: a line of JSON in, a line of JSON out. */
const requestSchema = z.discriminatedUnion('do', [
  z.object({ do: z.literal('status') }),
  z.object({ do: z.literal('restart'), service: z.string() }),
  /** Ends every process, in reverse. */
  z.object({ do: z.literal('stop') }),
  /** Ends the supervisor alone; the next one adopts the processes. */
  z.object({ do: z.literal('handover') }),
]);
export type ControlRequest = z.infer<typeof requestSchema>;

export interface SupervisorStatus {
  readonly pid: number;
  readonly home: string;
  readonly build: string;
  /** Of the configuration that the processes were started with. */
  readonly spec: string;
  readonly startedAt: number;
  readonly services: readonly ServiceStatus[];
}
type ControlAnswer = { ok: true; status: SupervisorStatus } | { ok: false; error: string };

export function controlSocket(home: string): string {
  return join(home, 'supervisor.sock');
}

/** Serves requests on the unix socket of a home; whoever may open the socket's file may command. */
export function serveControl(
  home: string,
  answer: (request: ControlRequest) => Promise<SupervisorStatus>,
): Promise<Server> {
  const path = controlSocket(home);
  rmSync(path, { force: true });
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    let text = '';
    socket.on('error', () => undefined);
    socket.on('data', (data) => {
      text += data.toString('utf8');
      if (!text.endsWith('\n')) return;
      Promise.resolve()
        .then(() => answer(requestSchema.parse(JSON.parse(text))))
        .then(
          (status): ControlAnswer => ({ ok: true, status }),
          (error): ControlAnswer => ({ ok: false, error: error instanceof Error ? error.message : String(error) }),
        )
        .then((result) => socket.end(`${JSON.stringify(result)}\n`));
    });
  });
  const mask = process.umask(0o177);
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      process.umask(mask);
      resolve(server);
    });
  });
}

/** Asks the supervisor of a home; undefined where none runs. */
export async function askSupervisor(home: string, request: ControlRequest): Promise<SupervisorStatus | undefined> {
  const path = controlSocket(home);
  if (!existsSync(path)) return undefined;
  const text = await new Promise<string | undefined>((resolve) => {
    let seen = '';
    const socket = connect(path, () => socket.write(`${JSON.stringify(request)}\n`));
    socket.on('data', (data) => {
      seen += data.toString('utf8');
    });
    socket.once('error', () => resolve(undefined));
    socket.once('close', () => resolve(seen || undefined));
  });
  if (text === undefined) return undefined;
  const answer = JSON.parse(text) as ControlAnswer;
  if (!answer.ok) throw new Error(answer.error);
  return answer.status;
}
