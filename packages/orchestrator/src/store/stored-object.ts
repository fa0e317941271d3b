import type { KubeObject } from '../kinds/index.js';

export type ObjectLabels = Readonly<Record<string, string>>;

const noLabels: ObjectLabels = Object.freeze({});
/** Parsed values are kept for the objects read last, up to this many bytes of JSON; the bytes themselves are kept always. */
const parsedBytes = 8 * 1024 * 1024;
let forget: (object: StoredObject) => void;
const parsed: StoredObject[] = [];
let parsedHead = 0;
let parsedSize = 0;

/** One version of one object. Its value is shared by all readers: clone it before you change it. */
export class StoredObject {
  #value: KubeObject | undefined;
  #labels: ObjectLabels | undefined;

  static {
    forget = (object) => {
      object.#value = undefined;
    };
  }

  constructor(
    readonly resource: string,
    readonly namespace: string,
    readonly name: string,
    readonly revision: number,
    readonly bytes: Buffer,
  ) {}

  get value(): KubeObject {
    if (this.#value) return this.#value;
    const value = JSON.parse(this.bytes.toString()) as KubeObject;
    this.#value = value;
    keepParsed(this);
    return value;
  }

  /** Kept once they were asked for, so that a selector over many objects parses each of them once only. */
  get labels(): ObjectLabels {
    if (!this.#labels) {
      const labels = (this.#value ?? (JSON.parse(this.bytes.toString()) as KubeObject)).metadata.labels;
      this.#labels = labels && Object.keys(labels).length > 0 ? labels : noLabels;
    }
    return this.#labels;
  }
}

function keepParsed(object: StoredObject): void {
  parsed.push(object);
  parsedSize += object.bytes.length;
  while (parsedSize > parsedBytes && parsedHead < parsed.length - 1) {
    const oldest = parsed[parsedHead++];
    if (!oldest) break;
    parsedSize -= oldest.bytes.length;
    forget(oldest);
  }
  if (parsedHead > 4096 && parsedHead * 2 > parsed.length) {
    parsed.splice(0, parsedHead);
    parsedHead = 0;
  }
}

export type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED';

/** A committed change. `object` of a deletion is the last state, carrying the revision of the deletion. */
export class StoreEvent {
  constructor(
    readonly type: ChangeType,
    readonly object: StoredObject,
    readonly previous: StoredObject | undefined,
    /** Milliseconds since 1970, by the clock of the writer or the database. */
    readonly at: number,
  ) {}

  get revision(): number {
    return this.object.revision;
  }
}

export function keyOf(resource: string, namespace: string, name: string): string {
  return `${resource}\u0000${namespace}\u0000${name}`;
}
