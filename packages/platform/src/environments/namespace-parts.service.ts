import { createHash } from 'node:crypto';
import { Injectable, SetMetadata } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import type { KubeClient } from '@slipway/orchestrator/client';
import { noteWrites, type PlannedWrite } from './planned-writes.js';

/** A namespace of ours and whose it is. */
export interface NamespacePlace {
  readonly tenantId: string;
  readonly tenant: string;
  readonly projectId: string;
  readonly project: string;
  readonly environmentId: string;
  readonly environment: string;
  /** production | staging | development */
  readonly kind: string;
  readonly namespace: string;
  readonly cluster: string;
  /** It was there before it became an environment. */
  readonly isAdopted?: boolean;
}

/** Something that stands in every namespace of ours. Mark the provider with `@ProvidesInNamespace`. */
export interface NamespacePart {
  /** Looks, then writes what differs. Runs at any time, again and again, maybe twice at once. */
  ensure(client: KubeClient, place: NamespacePlace): Promise<void>;
  /** Takes back what `ensure` made outside of the namespace. Harmless to repeat, and where nothing was made. */
  undo?(client: KubeClient, place: NamespacePlace): Promise<void>;
  /** What `ensure` would write, where it writes elsewhere than in the cluster, too. Default: told by running it. */
  foretell?(place: NamespacePlace): readonly PlannedWrite[];
}

export interface NamespacePartOptions {
  /** Its name in the steps of the operation that provisions an environment. */
  readonly step: string;
  /** Parts run in this order; see docs/design/tenancy-and-access.md. */
  readonly order: number;
  /** From 1; raise it when the same place shall get something else: namespaces that stand are then done again. */
  readonly version?: number;
}

interface RegisteredPart extends NamespacePartOptions {
  readonly part: NamespacePart;
}

const partKey = Symbol('namespace part');

/** Marks a provider as a part of every namespace. It has to be in a module of the api (for its step) and of the worker. */
export const ProvidesInNamespace = (options: NamespacePartOptions) => SetMetadata(partKey, options);

/** The parts among this process's providers, in their order. */
@Injectable()
export class NamespaceParts {
  private found: readonly RegisteredPart[] | undefined;

  constructor(private readonly discovery: DiscoveryService) {}

  steps(): string[] {
    return this.all().map(({ step }) => step);
  }

  /** Names the parts and their versions: a namespace with another one is behind. */
  version(): string {
    const text = this.all().map(({ step, order, version = 1 }) => `${order} ${step} ${version}`);
    return createHash('sha256').update(text.join('\n')).digest('hex').slice(0, 16);
  }

  /** Runs every part in order and stops at the first that throws. */
  async ensure(
    client: KubeClient,
    place: NamespacePlace,
    note: (step: string, state: 'running' | 'succeeded') => Promise<void> = async () => undefined,
  ): Promise<void> {
    for (const { step, part } of this.all()) {
      await note(step, 'running');
      await part.ensure(client, place);
      await note(step, 'succeeded');
    }
  }

  /** What `ensure` would write to the namespace and into it; nothing is changed. */
  async plan(client: KubeClient, place: NamespacePlace): Promise<PlannedWrite[]> {
    const all: PlannedWrite[] = [];
    for (const { part } of this.all()) {
      if (part.foretell) {
        all.push(...part.foretell(place));
        continue;
      }
      const { client: noting, writes } = noteWrites(client);
      await part.ensure(noting, place);
      all.push(...writes.filter(({ type, name, namespace }) => isOf(place, type.plural, name, namespace)));
    }
    return all;
  }

  /** Takes the parts back, last first. */
  async undo(client: KubeClient, place: NamespacePlace): Promise<void> {
    for (const { part } of [...this.all()].reverse()) await part.undo?.(client, place);
  }

  private all(): readonly RegisteredPart[] {
    this.found ??= this.discover();
    return this.found;
  }

  private discover(): readonly RegisteredPart[] {
    const parts = this.discovery.getProviders().flatMap(({ metatype, instance }): RegisteredPart[] => {
      if (!metatype || !instance) return [];
      const options: NamespacePartOptions | undefined = Reflect.getMetadata(partKey, metatype);
      return options ? [{ ...options, part: instance as NamespacePart }] : [];
    });
    return parts.sort((a, b) => a.order - b.order || a.step.localeCompare(b.step));
  }
}

const isOf = (place: NamespacePlace, plural: string, name: string, namespace: string | undefined): boolean =>
  namespace === place.namespace || (plural === 'namespaces' && name === place.namespace);
