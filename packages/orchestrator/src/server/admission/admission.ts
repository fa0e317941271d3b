import { type JsonObject, type KindDefinition, stringAt } from '../../kinds/index.js';
import type { Change } from '../../store/index.js';
import type { WriteContext } from '../registry.js';

export type Operation = 'CREATE' | 'UPDATE' | 'DELETE' | 'CONNECT';

/** A write before it is made. */
export interface AdmissionRequest {
  readonly operation: Operation;
  readonly kind: KindDefinition;
  /** Empty for the object itself. */
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
  /** What is to be written, in the form it is served in; absent when it is to be deleted. `mutate` may change it in place. */
  object: JsonObject | undefined;
  /** What is there now; never to be changed. */
  readonly old: JsonObject | undefined;
  readonly context: WriteContext;
}

/** One rule about writes. Each part refuses by throwing an ApiError, and returns a promise only when it has to wait. */
export interface AdmissionPlugin {
  readonly name: string;
  /** Asked once for each kind, operation and subresource; the answer is kept until the kinds change. */
  handles(kind: KindDefinition, operation: Operation, subresource: string): boolean;
  /** Changes the draft before it is validated. May run again after a later plugin changed it. */
  mutate?(request: AdmissionRequest): void | Promise<void>;
  /** Judges the object as it will be stored. */
  validate?(request: AdmissionRequest): void | Promise<void>;
  /** Rows to be written or removed in the same commit; asked again when the commit has to be tried again. */
  reserve?(request: AdmissionRequest): Change[];
  /** Ends what the plugin holds open. */
  close?(): void;
}

/** Whether what is written is none of the kind itself: what a connection is asked with, an Eviction, a TokenRequest. */
export function isOfOwnKind({ operation, subresource }: Pick<AdmissionRequest, 'operation' | 'subresource'>): boolean {
  return operation === 'CONNECT' || (operation === 'CREATE' && subresource !== '');
}

/** The kind of what is written, as a review names it. */
export function kindWritten(
  request: Pick<AdmissionRequest, 'operation' | 'subresource' | 'object'>,
  { group, version, kind }: { group: string; version: string; kind: string },
): { group: string; version: string; kind: string } {
  if (!isOfOwnKind(request)) return { group, version, kind };
  const parts = stringAt(request.object, 'apiVersion').split('/');
  return { group: parts.at(-2) ?? '', version: parts.at(-1) ?? '', kind: stringAt(request.object, 'kind') };
}

/** For plugins about new pods. */
export function isNewPod(kind: KindDefinition, operation: Operation, subresource: string): boolean {
  return kind.type.kind === 'Pod' && kind.type.group === '' && operation === 'CREATE' && subresource === '';
}

interface Selected {
  mutate: readonly AdmissionPlugin[];
  validate: readonly AdmissionPlugin[];
  reserve: readonly AdmissionPlugin[];
}

/** The plugins in their order; those of a kind, an operation and a subresource are chosen once. */
export class AdmissionChain {
  readonly #plugins: AdmissionPlugin[] = [];
  #selected = new WeakMap<KindDefinition, Map<string, Selected>>();

  add(...plugins: AdmissionPlugin[]): void {
    this.#plugins.push(...plugins);
    this.#selected = new WeakMap();
  }

  close(): void {
    for (const plugin of this.#plugins) plugin.close?.();
  }

  async mutate(request: AdmissionRequest): Promise<void> {
    for (const plugin of this.#select(request).mutate) {
      const waiting = plugin.mutate?.(request);
      if (waiting) await waiting;
    }
  }

  async validate(request: AdmissionRequest): Promise<void> {
    for (const plugin of this.#select(request).validate) {
      const waiting = plugin.validate?.(request);
      if (waiting) await waiting;
    }
  }

  reserve(request: AdmissionRequest): Change[] {
    return this.#select(request).reserve.flatMap((plugin) => plugin.reserve?.(request) ?? []);
  }

  #select({ kind, operation, subresource }: AdmissionRequest): Selected {
    let ofKind = this.#selected.get(kind);
    if (!ofKind) {
      ofKind = new Map();
      this.#selected.set(kind, ofKind);
    }
    const key = `${operation}/${subresource}`;
    let selected = ofKind.get(key);
    if (!selected) {
      const mine = this.#plugins.filter((plugin) => plugin.handles(kind, operation, subresource));
      selected = {
        mutate: mine.filter((plugin) => plugin.mutate),
        validate: mine.filter((plugin) => plugin.validate),
        reserve: mine.filter((plugin) => plugin.reserve),
      };
      ofKind.set(key, selected);
    }
    return selected;
  }
}
