import { Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { Crypto } from '../kernel/crypto/crypto.js';
import type { ConfigVersionModel, Transaction } from '../kernel/database/index.js';
import { EventLog } from '../kernel/events/event-log.js';
import { requireVersion } from '../kernel/http/etag.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { contentHash } from '../releases/release-content.service.js';
import type { ChangeConfig, ReachedApplication } from './config.dto.js';
import { fail } from './config.errors.js';
import { type ConfigContent, changeConfig, findNameTwice, hashedContent, listChanges } from './config.rules.js';
import type { ConfigNode } from './config-nodes.service.js';
import { ConfigReach } from './config-reach.service.js';
import { createVersion, findLatestOf, findVersion, lockConfig } from './config-versions.repository.js';
import { contentOf } from './effective-config.service.js';
import { sealContext } from './secret-values.service.js';

export { mostValue, variableName } from './config.dto.js';

/** A merge patch, or the number of a version to bring back. */
export type ConfigEdit = { readonly patch: ChangeConfig } | { readonly restore: number };

interface Written<Row> {
  readonly row: Row;
  readonly reaches: readonly ReachedApplication[];
}

/** Makes the next version of any scope's config, or says what it would do. */
@Injectable()
export class ConfigWrites {
  constructor(
    private readonly crypto: Crypto,
    private readonly reach: ConfigReach,
    private readonly audit: AuditService,
    private readonly events: EventLog,
  ) {}

  /** Makes nothing: the version that there is, and whom the next one would reach. */
  async preview(
    tx: Transaction,
    caller: TenantCaller,
    node: ConfigNode,
    edit: ConfigEdit,
  ): Promise<Written<ConfigVersionModel | undefined>> {
    const { latest, reaches } = await this.prepare(tx, caller, node, edit);
    return { row: latest, reaches };
  }

  async write(
    tx: Transaction,
    caller: TenantCaller,
    node: ConfigNode,
    edit: ConfigEdit,
  ): Promise<Written<ConfigVersionModel>> {
    const { number, before, after, changes, reaches } = await this.prepare(tx, caller, node, edit);
    const row = await createVersion(tx, node, {
      number,
      content: after,
      hash: contentHash(hashedContent(after)),
      changes,
      restored: 'restore' in edit ? edit.restore : undefined,
      createdBy: caller.actor.username,
    });
    const resource = node.path === '' ? 'config' : `${node.path}/config`;
    await this.audit.record(tx, caller, {
      action: 'restore' in edit ? 'config.restore' : 'config.update',
      resource: `tenants/${node.tenant.name}/${resource}`,
      tenant: node.tenant,
      before: namesAlone(before),
      after: { ...namesAlone(after), ...('restore' in edit && { restored: edit.restore }) },
    });
    const { projectId, applicationId } = node;
    await this.events.record(tx, {
      tenantId: node.tenant.id,
      projectId,
      applicationId,
      type: 'config.updated',
      resource,
    });
    return { row, reaches };
  }

  /** The next version as it would be, with all that may refuse it. */
  private async prepare(tx: Transaction, caller: TenantCaller, node: ConfigNode, edit: ConfigEdit) {
    await lockConfig(tx, node);
    const latest = await findLatestOf(tx, node);
    requireVersion(caller, { version: latest?.number ?? 0 });
    const number = (latest?.number ?? 0) + 1;
    const before = contentOf(latest);
    const after = await this.edit(tx, node, before, edit, number);
    const twice = findNameTwice(after);
    if (twice !== undefined) {
      const message = `${twice} would be a variable and a secret.`;
      throw fail('config-name-twice', {
        errors: [{ path: `body.secrets.${twice}`, code: 'config-name-twice', message }],
      });
    }
    const changes = listChanges(before, after);
    const fields = changes.map(({ name, kind }) => ({ name, field: kind === 'variable' ? 'variables' : 'secrets' }));
    const reaches = await this.reach.examine(tx, node, after, 'patch' in edit ? inOrder(fields, edit.patch) : fields);
    return { latest, number, before, after, changes, reaches };
  }

  private async edit(
    tx: Transaction,
    node: ConfigNode,
    before: ConfigContent,
    edit: ConfigEdit,
    number: number,
  ): Promise<ConfigContent> {
    if ('restore' in edit) {
      const row = await findVersion(tx, node, edit.restore);
      if (!row) throw fail('config-version-not-found');
      return contentOf(row);
    }
    const seal = (name: string, value: string): string => this.crypto.seal(value, sealContext(node.ownerId, name));
    return changeConfig(before, edit.patch, seal, { number, at: new Date() });
  }
}

/** In the order in which the caller named them, so that the field at the edge is the one that he added last. */
function inOrder<T extends { readonly name: string }>(changes: readonly T[], patch: ChangeConfig): readonly T[] {
  const order = [...Object.keys(patch.variables ?? {}), ...Object.keys(patch.secrets ?? {})];
  return [...changes].sort((a, b) => order.indexOf(a.name) - order.indexOf(b.name));
}

/** The audit keeps which variables had which values, and of secrets the versions. */
function namesAlone(content: ConfigContent): object {
  const { variables, secrets } = hashedContent(content);
  return { variables, versions: secrets };
}
