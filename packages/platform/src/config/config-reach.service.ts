import { Injectable } from '@nestjs/common';
import type { Transaction } from '../kernel/database/index.js';
import type { ReachedApplication } from './config.dto.js';
import { fail } from './config.errors.js';
import type { ConfigContent } from './config.rules.js';
import type { ConfigNode } from './config-nodes.service.js';
import { type Inner, listInner, summarize } from './config-versions.repository.js';
import { add, configScopes, findEdge, isOver, type Layer, limits, measure, mergeLayers } from './effective.rules.js';
import { contentOf, findLatest } from './effective-config.service.js';

/** Where a change of a scope arrives, and whether there is room for it. */
@Injectable()
export class ConfigReach {
  /**
   * The applications that get one of the changed names with their next release, where no nearer scope sets it. Throws
   * `config-too-large`, with the field at the edge, where an application, or one that could be made, would have too much.
   */
  async examine(
    tx: Transaction,
    node: ConfigNode,
    after: ConfigContent,
    changed: readonly Changed[],
  ): Promise<readonly ReachedApplication[]> {
    const inner = await listInner(tx, node);
    const names = changed.map(({ name }) => name);
    const ownerIds = [
      ...new Set([...node.owners.map(({ ownerId }) => ownerId), ...inner.flatMap((one) => one.owners)]),
    ];
    const summaries = await summarize(tx, node.tenant.id, ownerIds, names);
    const around = add(node.owners.slice(0, -1).flatMap(({ ownerId }) => summaries.get(ownerId) ?? []));
    const own = measure(after);
    for (const place of [nowhere, ...inner]) {
      // The sum is never less than what is merged, so most places need no closer look.
      const size = add([around, own, ...place.owners.flatMap((id) => summaries.get(id) ?? [])]);
      if (isOver(size)) await this.requireRoom(tx, node, after, changed, place);
    }
    return inner.flatMap(({ owners, project, environment, application, isRunning }) => {
      if (environment === undefined || application === undefined) return [];
      const nearer = new Set(owners.flatMap((id) => summaries.get(id)?.sets ?? []));
      const reached = names.filter((name) => !nearer.has(name));
      return reached.length === 0 ? [] : [{ project, environment, application, names: reached, isRunning }];
    });
  }

  private async requireRoom(
    tx: Transaction,
    node: ConfigNode,
    after: ConfigContent,
    changed: readonly Changed[],
    place: Inner,
  ): Promise<void> {
    const below = place.owners;
    const outer = node.owners.map(({ ownerId }) => ownerId);
    const rows = await findLatest(tx, node.tenant.id, [...outer, ...below]);
    const layers = [...outer, ...below].map((ownerId, depth): Layer => {
      const content = ownerId === node.ownerId ? after : contentOf(rows.get(ownerId));
      return { scope: configScopes[depth] ?? 'application', ownerId, content };
    });
    const edge = findEdge(
      mergeLayers(layers),
      changed.map(({ name }) => name),
    );
    if (edge === undefined) return;
    const kind = changed.find(({ name }) => name === edge)?.field ?? 'variables';
    const { application, environment, project } = place;
    const who = [application, environment && `in ${environment}`, project && `of ${project}`].filter(Boolean).join(' ');
    const message = `With it ${who || 'this config'} would pass ${limits.names} names or ${limits.bytes / 1024} KiB, with what is inherited.`;
    const errors = [{ path: `body.${kind}.${edge}`, code: 'config-too-large', message }];
    throw fail('config-too-large', { detail: message, errors });
  }
}

/** A changed name, and under which field of the body it was. */
interface Changed {
  readonly name: string;
  readonly field: string;
}

const nowhere: Inner = { owners: [], project: '', isRunning: false };
