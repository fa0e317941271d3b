import type { KubeObject } from '../kinds/index.js';

/** One version of one object. Its value is shared by all readers: clone it before you change it. */
export class StoredObject {
  #value: KubeObject | undefined;

  constructor(
    readonly resource: string,
    readonly namespace: string,
    readonly name: string,
    readonly revision: number,
    readonly bytes: Buffer,
    value?: KubeObject,
  ) {
    this.#value = value;
  }

  get value(): KubeObject {
    this.#value ??= JSON.parse(this.bytes.toString()) as KubeObject;
    return this.#value;
  }
}

export type ChangeType = 'ADDED' | 'MODIFIED' | 'DELETED';

const frameEnd = Buffer.from('}\n');

/** A committed change. `object` of a deletion is the last state, carrying the revision of the deletion. */
export class StoreEvent {
  #frame: Buffer | undefined;

  constructor(
    readonly type: ChangeType,
    readonly object: StoredObject,
    readonly previous: StoredObject | undefined,
    readonly at: number,
  ) {}

  /** The line of a watch stream, encoded once for all watchers. */
  get frame(): Buffer {
    this.#frame ??= frameOf(this.type, this.object.bytes);
    return this.#frame;
  }
}

export function frameOf(type: string, bytes: Buffer): Buffer {
  return Buffer.concat([Buffer.from(`{"type":"${type}","object":`), bytes, frameEnd]);
}

export function keyOf(resource: string, namespace: string, name: string): string {
  return `${resource}\u0000${namespace}\u0000${name}`;
}
