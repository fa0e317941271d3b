import { Injectable } from '@nestjs/common';
import {
  ApplicationScopes,
  eventIds,
  eventPathOf,
  type PlacementScope,
  pathOf,
  toColumn,
} from '../applications/application-scopes.service.js';
import { AuditService } from '../audit/audit.service.js';
import { Crypto } from '../kernel/crypto/crypto.js';
import {
  type ConfigVersionModel,
  Database,
  type ReleaseModel,
  type RolloutModel,
  type Transaction,
} from '../kernel/database/index.js';
import { requireVersion } from '../kernel/http/etag.js';
import { newId } from '../kernel/ids/ids.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { contentHash } from '../releases/release-content.service.js';
import { ReleasesService } from '../releases/releases.service.js';
import { RolloutsService } from '../rollouts/rollouts.service.js';
import type { ChangeConfig, ConfigAnswer } from './config.dto.js';
import { fail } from './config.errors.js';
import { type ConfigContent, changeConfig, hashedContent, refuseConfig } from './config.rules.js';
import { readSecrets, sealContext } from './secret-values.service.js';

@Injectable()
export class ConfigService {
  constructor(
    private readonly database: Database,
    private readonly scopes: ApplicationScopes,
    private readonly crypto: Crypto,
    private readonly releases: ReleasesService,
    private readonly rollouts: RolloutsService,
    private readonly audit: AuditService,
  ) {}

  async get(caller: TenantCaller, project: string, application: string, environment: string): Promise<ConfigAnswer> {
    const scope = await this.scopes.getPlacement(
      await this.scopes.getApplication(caller.tenant, project, application),
      environment,
    );
    return toAnswer(await this.findLatest(this.database.read, scope.placement.id));
  }

  /** Keeps a new version; with `apply`, and when something is in force, makes a release of the same image and rolls it out. */
  async change(
    caller: TenantCaller,
    project: string,
    application: string,
    environment: string,
    body: ChangeConfig,
    apply: boolean,
  ) {
    const scope = await this.scopes.getPlacement(
      await this.scopes.getApplication(caller.tenant, project, application),
      environment,
    );
    const inForce = apply ? await this.rollouts.findReleaseInForce(scope) : null;
    if (inForce) this.rollouts.requireReady(scope);
    return this.database.transaction(async (tx) => {
      const row = await this.write(tx, caller, scope, body);
      if (!inForce) return toAnswer(row);
      const description = `Config ${row.number} of ${scope.environment.name}`;
      const release = await this.releases.createIn(tx, caller, scope, {
        image: inForce.image,
        buildNumber: inForce.buildNumber ?? undefined,
        description,
      });
      return toAnswer(row, release, await this.rollouts.startIn(tx, caller, scope, release));
    });
  }

  private async write(
    tx: Transaction,
    caller: TenantCaller,
    scope: PlacementScope,
    body: ChangeConfig,
  ): Promise<ConfigVersionModel> {
    const { id } = scope.placement;
    await tx.$queryRaw`SELECT 1 FROM placements WHERE id = ${id}::uuid FOR UPDATE`;
    const latest = await this.findLatest(tx, id);
    requireVersion(caller, { version: latest?.number ?? 0 });
    const before = contentOf(latest);
    const seal = (name: string, value: string): string => this.crypto.seal(value, sealContext(id, name));
    const after = changeConfig(before, body, seal, new Date());
    const refusal = refuseConfig(after);
    if (refusal) throw fail(refusal);
    const number = (latest?.number ?? 0) + 1;
    const row = await tx.configVersion.create({
      data: {
        id: newId(),
        tenantId: scope.tenant.id,
        placementId: id,
        number,
        variables: toColumn(after.variables),
        secrets: toColumn(after.secrets),
        hash: contentHash(hashedContent(after)),
        createdBy: caller.actor.username,
      },
    });
    await tx.placement.update({ where: { id }, data: { configVersion: number } });
    await this.audit.record(tx, caller, {
      action: 'config.update',
      resource: `${pathOf(scope)}/environments/${scope.environment.name}/config`,
      tenant: scope.tenant,
      before: namesAlone(before),
      after: namesAlone(after),
    });
    const event = {
      type: 'config.updated',
      resource: `${eventPathOf(scope)}/environments/${scope.environment.name}/config`,
    };
    await this.rollouts.announce(tx, { ...eventIds(scope), ...event });
    return row;
  }

  private findLatest(
    reader: Pick<Transaction, 'configVersion'>,
    placementId: string,
  ): Promise<ConfigVersionModel | null> {
    return reader.configVersion.findFirst({ where: { placementId }, orderBy: { number: 'desc' } });
  }
}

function contentOf(row: ConfigVersionModel | null): ConfigContent {
  return row
    ? { variables: row.variables as Record<string, string>, secrets: readSecrets(row.secrets) }
    : { variables: {}, secrets: {} };
}

/** The audit keeps which variables had which values, and of secrets the versions. */
function namesAlone(content: ConfigContent): object {
  const { variables, secrets } = hashedContent(content);
  return { variables, versions: secrets };
}

function toAnswer(row: ConfigVersionModel | null, release?: ReleaseModel, rollout?: RolloutModel): ConfigAnswer {
  const { variables, secrets } = contentOf(row);
  const shown = Object.entries(secrets).map(
    ([name, { version, updatedAt, revealable = false }]) => [name, { version, updatedAt, revealable }] as const,
  );
  return {
    version: row?.number ?? 0,
    variables: { ...variables },
    secrets: Object.fromEntries(shown),
    release: release?.number ?? null,
    rollout: rollout?.id ?? null,
  };
}
