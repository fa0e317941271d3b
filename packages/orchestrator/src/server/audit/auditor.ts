import type { IncomingMessage, ServerResponse } from 'node:http';
import { Counter, type Registry } from 'prom-client';
import type { JsonObject } from '../../kinds/index.js';
import type { AdmissionPlugin } from '../admission/admission.js';
import type { User } from '../authentication.js';
import { observeBody } from '../body.js';
import type { RequestInfo } from '../front/request-info.js';
import { type FileLogOptions, openFileLog } from './file-log.js';
import { type AuditPolicy, compilePolicy, defaultPolicy, isSecret, levels, parseAuditPolicy } from './policy.js';
import { AuditQueue } from './queue.js';
import { AuditTrail } from './trail.js';

export interface AuditOptions extends Omit<FileLogOptions, 'onError'> {
  /** The text of an `audit.k8s.io/v1` Policy; absent: the default one. */
  policy?: string;
}

export interface Auditor {
  /** Undefined for a request of which nothing is to be noted. */
  begin(request: IncomingMessage, user: User, info: RequestInfo): AuditTrail | undefined;
  /** Writes what waits. */
  close(): Promise<void>;
}

const trails = new WeakMap<IncomingMessage, AuditTrail>();

/** The trail of a request that is noted. */
export const trailOf = (request: IncomingMessage): AuditTrail | undefined => trails.get(request);

/** Throws an Error for a policy that is not valid. */
export function createAuditor(
  options: AuditOptions,
  registry: Registry,
  onError: (error: unknown, what: string) => void,
): Auditor {
  const policy: AuditPolicy =
    options.policy === undefined ? compilePolicy(defaultPolicy) : parseAuditPolicy(options.policy);
  const registers = [registry];
  const written = new Counter({
    name: 'apiserver_audit_event_total',
    help: 'Audit events that were made',
    registers,
  });
  const lost = new Counter({
    name: 'apiserver_audit_error_total',
    help: 'Audit events that were lost',
    labelNames: ['plugin'],
    registers,
  });
  const atLevel = new Counter({
    name: 'apiserver_audit_level_total',
    help: 'Requests by the level at which they are audited',
    labelNames: ['level'],
    registers,
  });
  const counts = new Map(levels.map((level) => [level, atLevel.labels({ level })]));
  const log = openFileLog({ ...options, onError: (error) => onError(error, 'the audit log cannot be written') });
  const queue = new AuditQueue({
    append: (text) => log.append(text),
    onLost: (count, error) => {
      lost.inc({ plugin: 'log' }, count);
      if (error !== undefined) onError(error, 'audit events were lost');
    },
  });
  return {
    begin: (request, user, info) => {
      const decision = policy.decide(user, info);
      const level = isSecret(info) && decision.level !== 'None' ? 'Metadata' : decision.level;
      counts.get(level)?.inc();
      if (level === 'None') return undefined;
      const trail = new AuditTrail(level, decision, request, user, info, (event) => {
        written.inc();
        queue.push(event);
      });
      trails.set(request, trail);
      if (trail.wantsRequest) observeBody(request, (body) => trail.requested(body));
      trail.begin();
      return trail;
    },
    close: async () => {
      await queue.close();
      await log.close();
    },
  };
}

/** Follows an answer to its end. `isLong`: what streams is noted when it begins as well. */
export function followAnswer(trail: AuditTrail, response: ServerResponse, isLong: boolean): void {
  response.setHeader('audit-id', trail.id);
  response.once('close', () => trail.complete(response.statusCode));
  if (isLong) before(response, 'writeHead', (code) => trail.started(Number(code)));
  if (!trail.wantsAnswer || isLong) return;
  const note = (chunk: unknown) => {
    if (Buffer.isBuffer(chunk)) trail.answered(chunk, response.getHeader('content-encoding') === 'gzip');
  };
  before(response, 'write', note);
  before(response, 'end', note);
}

/** Has a method's first argument seen before it is called. */
function before(response: ServerResponse, name: 'writeHead' | 'write' | 'end', see: (first: unknown) => void): void {
  const method = response[name];
  Object.defineProperty(response, name, {
    value: (...args: unknown[]) => {
      see(args[0]);
      return Reflect.apply(method, response, args);
    },
  });
}

/** Tells the trail the name of what is made, which the path of a creation does not say. */
export const auditedNames: AdmissionPlugin = {
  name: 'AuditedNames',
  handles: (_kind, operation, subresource) => operation === 'CREATE' && subresource === '',
  validate: ({ context, object, name }) => {
    const own = object?.metadata as JsonObject | undefined;
    context.audit?.named(String(own?.name ?? name));
  },
};
