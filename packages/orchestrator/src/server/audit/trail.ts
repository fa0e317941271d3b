import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { gunzipSync } from 'node:zlib';
import { isJsonObject, type Json, type JsonObject, objectAt } from '../../kinds/index.js';
import type { User } from '../authentication.js';
import { mediaTypeOf, parseBody } from '../body.js';
import type { RequestInfo } from '../front/request-info.js';
import type { AuditDecision, AuditLevel, AuditStage } from './policy.js';
import type { Pending } from './queue.js';

const mostBodyBytes = 3 * 1024 * 1024;
const eventBytes = 1_500;

interface Body {
  readonly bytes: Buffer;
  readonly mediaType: string;
}

/** What is noted of one request from its coming to its end. */
export class AuditTrail {
  readonly #id = randomUUID();
  readonly #received = now();
  readonly #annotations: Record<string, string> = {};
  #name = '';
  #status: JsonObject = {};
  #request: Body | undefined;
  #answer: Buffer[] | undefined;
  #answerBytes = 0;
  #isAnswerPacked = false;
  #isEnded = false;
  #impersonated: User | undefined;

  constructor(
    readonly level: AuditLevel,
    readonly decision: AuditDecision,
    readonly request: IncomingMessage,
    readonly user: User,
    readonly info: RequestInfo,
    readonly emit: (event: Pending) => void,
  ) {}

  get id(): string {
    return this.#id;
  }

  get wantsRequest(): boolean {
    return this.level === 'Request' || this.level === 'RequestResponse';
  }

  get wantsAnswer(): boolean {
    return this.level === 'RequestResponse';
  }

  /** The first value of a key stays. */
  annotate(key: string, value: string): void {
    this.#annotations[key] ??= value;
  }

  /** The name of an object that its path does not name. */
  named(name: string): void {
    this.#name = name;
  }

  impersonates(user: User): void {
    this.#impersonated = user;
  }

  requested(bytes: Buffer): void {
    if (this.wantsRequest) this.#request = { bytes, mediaType: mediaTypeOf(this.request) };
  }

  answered(bytes: Buffer, isPacked: boolean): void {
    this.#answerBytes += bytes.length;
    this.#isAnswerPacked = isPacked;
    if (this.#answerBytes > mostBodyBytes) this.#answer = undefined;
    else {
      this.#answer ??= [];
      this.#answer.push(bytes);
    }
  }

  failed(status: JsonObject): void {
    this.#status = status;
  }

  begin(): void {
    this.#note('RequestReceived');
  }

  started(code: number): void {
    if (!this.#isEnded) this.#note('ResponseStarted', code);
  }

  complete(code: number, stage: 'ResponseComplete' | 'Panic' = 'ResponseComplete'): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    this.#note(stage, code);
  }

  #note(stage: AuditStage, code?: number): void {
    if (this.decision.omitStages.has(stage)) return;
    const { user, info, request, level } = this;
    const isEnd = stage === 'ResponseComplete' || stage === 'Panic';
    const time = now();
    const name = info.name || this.#name;
    const given = request.headers['user-agent'];
    const event = {
      kind: 'Event',
      apiVersion: 'audit.k8s.io/v1',
      level,
      auditID: this.#id,
      stage,
      requestURI: request.url,
      verb: info.verb,
      user: userOf(user),
      ...(this.#impersonated && { impersonatedUser: userOf(this.#impersonated) }),
      sourceIPs: sourcesOf(request),
      ...(given !== undefined && { userAgent: given.slice(0, 1024) }),
      ...(info.isResource && {
        objectRef: {
          resource: info.resource,
          ...(info.namespace !== '' && { namespace: info.namespace }),
          ...(name !== '' && { name }),
          ...(info.group !== '' && { apiGroup: info.group }),
          apiVersion: info.version,
          ...(info.subresource !== '' && { subresource: info.subresource }),
        },
      }),
      ...(code !== undefined && { responseStatus: { ...statusOf(this.#status), code } }),
      requestReceivedTimestamp: this.#received,
      stageTimestamp: time,
      ...(Object.keys(this.#annotations).length > 0 && { annotations: { ...this.#annotations } }),
    };
    const asked = stage === 'RequestReceived' ? undefined : this.#request;
    const answer = isEnd ? this.#answer : undefined;
    const isPacked = this.#isAnswerPacked;
    const { omitManagedFields } = this.decision;
    this.emit({
      bytes: eventBytes + (asked?.bytes.length ?? 0) + (answer ? this.#answerBytes : 0),
      toLine: () => {
        const requestObject = asked && readObject(asked, omitManagedFields);
        const joined = answer && Buffer.concat(answer);
        const plain = joined && isPacked ? gunzipSync(joined) : joined;
        const responseObject = plain && readObject({ bytes: plain, mediaType: 'application/json' }, omitManagedFields);
        return JSON.stringify({
          ...event,
          ...(requestObject && { requestObject }),
          ...(responseObject && { responseObject }),
        });
      },
    });
  }
}

const now = () => new Date().toISOString().replace('Z', '000Z');

const userOf = (user: User) => ({
  username: user.name,
  ...(user.uid !== undefined && { uid: user.uid }),
  groups: user.groups,
  ...(user.extra && { extra: user.extra }),
});

function sourcesOf(request: IncomingMessage): string[] {
  const forwarded = String(request.headers['x-forwarded-for'] ?? '').split(',');
  const own = request.socket.remoteAddress ?? '';
  const all = [...forwarded.map((each) => each.trim()), own.replace(/^::ffff:/, '')].filter((each) => each !== '');
  return [...new Set(all)];
}

function statusOf({ status, message, reason, details }: JsonObject): JsonObject {
  return {
    metadata: {},
    ...(status !== undefined && { status }),
    ...(message !== undefined && { message }),
    ...(reason !== undefined && { reason }),
    ...(details !== undefined && { details }),
  };
}

/** The object of a body; nothing where it is none, which might hold anything. */
function readObject({ bytes, mediaType }: Body, omitManagedFields: boolean): JsonObject | undefined {
  if (bytes.length === 0) return undefined;
  let value: Json;
  try {
    value = parseBody(bytes, mediaType);
  } catch {
    return undefined;
  }
  if (Array.isArray(value)) return { value };
  if (!isJsonObject(value) || holdsSecret(value)) return undefined;
  if (omitManagedFields) for (const each of [value, ...itemsOf(value)]) delete objectAt(each, 'metadata').managedFields;
  return value;
}

const itemsOf = (value: JsonObject) => (Array.isArray(value.items) ? value.items.filter(isJsonObject) : []);

const holdsSecret = (value: JsonObject) => value.kind === 'Secret' || value.kind === 'SecretList';
