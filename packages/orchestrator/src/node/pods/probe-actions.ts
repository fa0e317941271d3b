import { request as httpRequest } from 'node:http';
import { connect as http2Connect } from 'node:http2';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import type { Container, ExecAction, GRPCAction, HTTPGetAction, TCPSocketAction } from '../../kinds/index.js';
import type { ContainerRuntime } from '../cri/types.js';

/** What a probe or a lifecycle hook does. */
export interface Check {
  readonly exec?: ExecAction;
  readonly httpGet?: HTTPGetAction;
  readonly tcpSocket?: TCPSocketAction;
  readonly grpc?: GRPCAction;
}

export interface CheckTarget {
  readonly runtime: ContainerRuntime;
  readonly container: Container;
  readonly containerId: string;
  readonly podIp: string;
  readonly timeoutSeconds: number;
}

/** @returns undefined when the check passes, else why it fails */
export async function runCheck(check: Check, target: CheckTarget): Promise<string | undefined> {
  try {
    if (check.exec) return await runExec(check.exec, target);
    if (check.httpGet) return await runHttp(check.httpGet, target);
    if (check.tcpSocket) return await runTcp(check.tcpSocket, target);
    if (check.grpc) return await runGrpc(check.grpc, target);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

export function resolvePort(port: number | string, container: Container): number {
  if (typeof port === 'number') return port;
  const named = container.ports?.find((one) => one.name === port)?.containerPort;
  const number = named ?? Number(port);
  if (!Number.isInteger(number)) throw new Error(`couldn't find port: "${port}" in container ${container.name}`);
  return number;
}

async function runExec(action: ExecAction, target: CheckTarget): Promise<string | undefined> {
  const result = await target.runtime.execSync(target.containerId, action.command ?? [], target.timeoutSeconds);
  if (result.exitCode === 0) return undefined;
  return (
    Buffer.concat([result.stdout, result.stderr]).toString('utf8').slice(0, 1024) || `exit code ${result.exitCode}`
  );
}

function runHttp(action: HTTPGetAction, target: CheckTarget): Promise<string | undefined> {
  const headers: Record<string, string> = { 'user-agent': 'kube-probe/1.36', accept: '*/*' };
  for (const header of action.httpHeaders ?? []) headers[header.name.toLowerCase()] = header.value;
  const send = action.scheme?.toUpperCase() === 'HTTPS' ? httpsRequest : httpRequest;
  const options = {
    host: action.host || target.podIp,
    port: resolvePort(action.port, target.container),
    path: action.path?.startsWith('/') ? action.path : `/${action.path ?? ''}`,
    headers,
    agent: false as const,
    rejectUnauthorized: false,
    signal: AbortSignal.timeout(target.timeoutSeconds * 1000),
  };
  return new Promise((resolve, reject) => {
    const request = send(options, (response) => {
      const status = response.statusCode ?? 0;
      response.destroy();
      resolve(status >= 200 && status < 400 ? undefined : `HTTP probe failed with statuscode: ${status}`);
    });
    request.on('error', reject).end();
  });
}

function runTcp(action: TCPSocketAction, target: CheckTarget): Promise<string | undefined> {
  return new Promise((resolve) => {
    const port = resolvePort(action.port, target.container);
    const socket = connect({ host: action.host || target.podIp, port, timeout: target.timeoutSeconds * 1000 });
    const end = (reason: string | undefined) => {
      socket.destroy();
      resolve(reason);
    };
    socket.on('connect', () => end(undefined));
    socket.on('timeout', () => end('i/o timeout'));
    socket.on('error', (error) => end(error.message));
  });
}

/** grpc.health.v1.Health/Check by hand: one frame each way, `status` is field 1 and 1 means SERVING. */
function runGrpc(action: GRPCAction, target: CheckTarget): Promise<string | undefined> {
  return new Promise((resolve, reject) => {
    const session = http2Connect(`http://${target.podIp}:${action.port}`);
    const finish = (reason: string | undefined) => {
      session.destroy();
      resolve(reason);
    };
    session.on('error', (error) => {
      session.destroy();
      reject(error);
    });
    session.setTimeout(target.timeoutSeconds * 1000, () => finish('timeout: health rpc did not complete in time'));
    const stream = session.request({
      ':method': 'POST',
      ':path': '/grpc.health.v1.Health/Check',
      'content-type': 'application/grpc',
      te: 'trailers',
    });
    const service = Buffer.from(action.service ?? '');
    const message =
      service.length > 0 ? Buffer.concat([Buffer.from([0x0a, service.length]), service]) : Buffer.alloc(0);
    const head = Buffer.alloc(5);
    head.writeUInt32BE(message.length, 1);
    const chunks: Buffer[] = [];
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.on('error', reject);
    stream.on('end', () => {
      const body = Buffer.concat(chunks).subarray(5);
      finish(body[0] === 0x08 && body[1] === 1 ? undefined : 'service unhealthy');
    });
    stream.end(Buffer.concat([head, message]));
  });
}
