import { Injectable } from '@nestjs/common';
import { Database } from '../kernel/database/index.js';
import { type Page, toPage } from '../kernel/http/page.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import {
  type ConfigVersionAnswer,
  type ConfigVersionOutline,
  type EffectiveConfigAnswer,
  showSecrets,
} from './config.dto.js';
import { fail } from './config.errors.js';
import type { NameChange } from './config.rules.js';
import { type ConfigNode, ConfigNodes, type OuterPath } from './config-nodes.service.js';
import { findVersion, listVersions, type VersionOutline } from './config-versions.repository.js';
import { limits, measureEffective, mergeLayers, type Setting } from './effective.rules.js';
import { contentOf, findLatest, toLayers } from './effective-config.service.js';

/** An application in an environment, or a scope around it. */
export type ConfigPath =
  | OuterPath
  | { readonly project: string; readonly application: string; readonly environment: string };

/** What counts, and what was before: of any scope. */
@Injectable()
export class ConfigHistory {
  constructor(
    private readonly database: Database,
    private readonly nodes: ConfigNodes,
  ) {}

  async effective(caller: TenantCaller, path: ConfigPath): Promise<EffectiveConfigAnswer> {
    const { owners, tenant } = await this.find(caller, path);
    const ids = Object.fromEntries(owners.map(({ scope, ownerId }) => [scope, ownerId]));
    const rows = await findLatest(this.database.read, tenant.id, Object.values(ids));
    const nameOf = new Map(owners.map(({ ownerId, name }) => [ownerId, name]));
    const show = (setting: Setting) => ({
      scope: setting.scope,
      owner: nameOf.get(setting.ownerId) ?? '',
      ...('value' in setting
        ? { kind: 'variable' as const, value: setting.value, version: null }
        : { kind: 'secret' as const, value: null, version: setting.secret.version }),
    });
    const names = mergeLayers(toLayers(ids, rows));
    return {
      names: names.map(({ name, setting, shadows }) => ({
        name,
        ...show(setting),
        updatedAt: 'secret' in setting ? setting.secret.updatedAt : null,
        shadows: shadows.map(show),
      })),
      size: measureEffective(names),
      limits,
    };
  }

  async list(caller: TenantCaller, path: ConfigPath, query: PageQuery): Promise<Page<ConfigVersionOutline>> {
    const rows = await listVersions(this.database.read, await this.find(caller, path), query);
    return toPage(rows, query.limit, (row) => [row.number, row.id], toOutline);
  }

  async get(caller: TenantCaller, path: ConfigPath, number: string): Promise<ConfigVersionAnswer> {
    const node = await this.find(caller, path);
    const row = /^[1-9]\d{0,8}$/.test(number) ? await findVersion(this.database.read, node, Number(number)) : null;
    if (!row) throw fail('config-version-not-found');
    const { variables, secrets } = contentOf(row);
    return { ...toOutline(row), variables: { ...variables }, secrets: showSecrets(secrets) };
  }

  private async find(caller: TenantCaller, path: ConfigPath): Promise<ConfigNode> {
    if (!('application' in path)) return this.nodes.getOuter(caller, path);
    return (await this.nodes.getPlacement(caller, path.project, path.application, path.environment)).node;
  }
}

const toOutline = (row: VersionOutline): ConfigVersionOutline => ({
  id: row.id,
  number: row.number,
  createdAt: row.createdAt.toISOString(),
  createdBy: row.createdBy,
  restored: row.restored,
  changes: row.changes as unknown as NameChange[],
});
