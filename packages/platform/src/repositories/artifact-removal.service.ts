import { Inject, Injectable } from '@nestjs/common';
import { AuditService } from '../audit/audit.service.js';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import { Database } from '../kernel/database/index.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { ImageQuota } from './image-quota.service.js';
import { isDigest } from './manifest.rules.js';
import { RegistryTokens } from './registry-tokens.service.js';
import { fail } from './repositories.errors.js';
import { RepositoriesService } from './repositories.service.js';

/** Takes single images out of the registry, and their bytes off the quota. */
@Injectable()
export class ArtifactRemoval {
  constructor(
    private readonly database: Database,
    private readonly repositories: RepositoriesService,
    private readonly quota: ImageQuota,
    private readonly tokens: RegistryTokens,
    private readonly audit: AuditService,
    @Inject(CONFIG) private readonly config: Pick<Configuration, 'registryUrl'>,
  ) {}

  /** An index goes with those of its images that nothing else names. Throws `artifact-in-use` while it runs somewhere. */
  async delete(caller: TenantCaller, repository: string, digest: string): Promise<void> {
    const application = await this.repositories.getRow(caller, repository, 'repositories:delete');
    if (!isDigest(digest)) throw fail('artifact-not-found');
    const name = `${caller.tenant.name}/${repository}`;
    const artifacts = await this.repositories.readArtifacts(name);
    const tags = artifacts.find((one) => one.digest === digest)?.tags ?? [];
    const users = await this.listUsers(application.id, [`@${digest}`, ...tags.map((tag) => `/${name}:${tag}`)]);
    if (users.length > 0) throw fail('artifact-in-use', `It runs in ${users.join(', ')}.`);
    const tagged = new Set(artifacts.map((one) => one.digest));
    const orphans = (await this.listOrphans(application.id, digest)).filter((child) => !tagged.has(child));
    const isGone = await this.remove(name, digest);
    for (const orphan of orphans) await this.remove(name, orphan);
    if (!isGone) throw fail('artifact-not-found');
    await this.audit.note(caller, {
      action: 'artifact.delete',
      resource: `tenants/${caller.tenant.name}/repositories/${repository}/artifacts/${digest}`,
      tenant: caller.tenant,
      projectId: application.projectId,
      before: { digest, tags },
    });
  }

  /** False where the registry has none such. */
  private async remove(repository: string, digest: string): Promise<boolean> {
    const token = await this.tokens.issueForPlatform(repository, ['pull', 'delete']);
    const answer = await fetch(`${this.config.registryUrl}/v2/${repository}/manifests/${digest}`, {
      method: 'DELETE',
      headers: { authorization: `Bearer ${token}` },
      signal: AbortSignal.timeout(10_000),
    }).catch((cause: unknown) => {
      throw fail('registry-unavailable', { cause, retryAfterSeconds: 3 });
    });
    if (!answer.ok && answer.status !== 404)
      throw fail('registry-unavailable', { cause: new Error(`The registry answered ${answer.status}.`) });
    await this.quota.release(repository, digest);
    return answer.ok;
  }

  /** Images of an index that no other index names. */
  private async listOrphans(applicationId: string, digest: string): Promise<readonly string[]> {
    const { read } = this.database;
    const index = await read.registryManifest.findFirst({ where: { applicationId, digest } });
    const children = index?.children ?? [];
    const others = await read.registryManifest.findMany({
      where: { applicationId, digest: { not: digest }, children: { hasSome: children } },
    });
    return children.filter((child) => !others.some((other) => other.children.includes(child)));
  }

  /** Environments in which a release of such an image stands, or is being rolled out. */
  private async listUsers(applicationId: string, endings: readonly string[]): Promise<readonly string[]> {
    const image = { OR: endings.map((ending) => ({ image: { endsWith: ending } })) };
    const { read } = this.database;
    const releases = await read.release.findMany({ where: { applicationId, ...image }, select: { id: true } });
    const ids = releases.map(({ id }) => id);
    const name = { environment: { select: { name: true } } } as const;
    const placements = await read.placement.findMany({
      where: { applicationId, releaseId: { in: ids } },
      select: name,
    });
    const rollouts = await read.rollout.findMany({
      where: { applicationId, releaseId: { in: ids }, state: { in: ['pending', 'progressing'] } },
      select: name,
    });
    return [...new Set([...placements, ...rollouts].map((row) => row.environment.name))].sort();
  }
}
