import { Inject, Injectable } from '@nestjs/common';
import type { Permission } from '../kernel/access/permissions.js';
import { withinProjects } from '../kernel/access/policy.js';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import { type ApplicationModel, Database, type Prisma } from '../kernel/database/index.js';
import { keyset, toPage } from '../kernel/http/page.js';
import type { PageQuery } from '../kernel/http/schemas.js';
import type { TenantCaller } from '../kernel/tenancy/caller.js';
import { RegistryTokens } from './registry-tokens.service.js';
import type { ArtifactAnswer, RepositoryAnswer } from './repositories.dto.js';
import { fail } from './repositories.errors.js';

const manifestTypes = [
  'application/vnd.oci.image.manifest.v1+json',
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.v2+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
].join(', ');

interface Manifest {
  readonly config?: { readonly digest: string; readonly size: number };
  readonly layers?: readonly { readonly size: number }[];
  readonly manifests?: readonly { readonly size: number }[];
}

const mine = ({ actor, tenant }: TenantCaller) => withinProjects(actor, tenant, 'repositories:read');

/** What a tenant's applications have in the registry; asked of the registry, which alone knows. */
@Injectable()
export class RepositoriesService {
  constructor(
    private readonly database: Database,
    private readonly tokens: RegistryTokens,
    @Inject(CONFIG) private readonly config: Configuration,
  ) {}

  async list(caller: TenantCaller, query: PageQuery) {
    const { where, orderBy, take } = keyset<Prisma.ApplicationWhereInput>(query, 'name');
    const name = query.q ? { contains: query.q } : undefined;
    const rows = await this.database.read.application.findMany({
      where: { AND: [where], tenantId: caller.tenant.id, projectId: mine(caller), name },
      orderBy,
      take,
      include: { project: { select: { name: true } } },
    });
    const counts = new Map<string, number>();
    for (const row of rows.slice(0, query.limit)) {
      const artifacts = await this.readArtifacts(`${caller.tenant.name}/${row.project.name}/${row.name}`);
      counts.set(row.id, artifacts.length);
    }
    const toItem = (row: (typeof rows)[number]): RepositoryAnswer => ({
      name: `${row.project.name}/${row.name}`,
      artifactCount: counts.get(row.id) ?? 0,
    });
    return toPage(rows, query.limit, (row) => [row.name, row.id], toItem);
  }

  async listArtifacts(caller: TenantCaller, repository: string, query: PageQuery) {
    await this.getRow(caller, repository, 'repositories:read');
    const items = await this.readArtifacts(`${caller.tenant.name}/${repository}`);
    const start = query.cursor ? items.findIndex((item) => item.digest === query.cursor) + 1 : 0;
    const page = items.slice(start, start + query.limit);
    return { items: page, nextCursor: start + query.limit < items.length ? (page.at(-1)?.digest ?? null) : null };
  }

  /** The application whose repository `{project}/{application}` is. Throws 404, also where the caller lacks the permission there. */
  async getRow(caller: TenantCaller, repository: string, permission: Permission): Promise<ApplicationModel> {
    const [, project, application] = /^([a-z0-9-]+)\/([a-z0-9-]+)$/.exec(repository) ?? [];
    if (!project || !application) throw fail('repository-not-found');
    const projectId = withinProjects(caller.actor, caller.tenant, permission);
    const where = { tenantId: caller.tenant.id, projectId, name: application, project: { name: project } };
    const row = await this.database.read.application.findFirst({ where });
    if (!row) throw fail('repository-not-found');
    return row;
  }

  /** Newest first. */
  async readArtifacts(repository: string): Promise<ArtifactAnswer[]> {
    const token = await this.tokens.issueForPlatform(repository);
    const tags = await this.ask<{ tags: string[] | null }>(token, `${repository}/tags/list`);
    const byDigest = new Map<string, { tags: string[]; manifest: Manifest }>();
    for (const tag of tags?.body.tags ?? []) {
      const answer = await this.ask<Manifest>(token, `${repository}/manifests/${tag}`);
      if (!answer) continue;
      const known = byDigest.get(answer.digest);
      if (known) known.tags.push(tag);
      else byDigest.set(answer.digest, { tags: [tag], manifest: answer.body });
    }
    const artifacts = [...byDigest].map(async ([digest, { tags: names, manifest }]) => {
      const config =
        manifest.config &&
        (await this.ask<{ created?: string }>(token, `${repository}/blobs/${manifest.config.digest}`));
      const parts = [
        ...(manifest.layers ?? []),
        ...(manifest.manifests ?? []),
        ...(manifest.config ? [manifest.config] : []),
      ];
      const sizeBytes = parts.reduce((sum, part) => sum + part.size, 0);
      return { digest, tags: names.sort(), sizeBytes, pushedAt: config?.body.created ?? null };
    });
    return (await Promise.all(artifacts)).sort((a, b) => ((a.pushedAt ?? '') < (b.pushedAt ?? '') ? 1 : -1));
  }

  private async ask<T>(token: string, path: string): Promise<{ body: T; digest: string } | undefined> {
    try {
      const headers = { authorization: `Bearer ${token}`, accept: manifestTypes };
      const response = await fetch(`${this.config.registryUrl}/v2/${path}`, {
        headers,
        signal: AbortSignal.timeout(10_000),
      });
      if (response.status === 404) return undefined;
      if (!response.ok) throw new Error(`The registry answered ${response.status}.`);
      return { body: (await response.json()) as T, digest: response.headers.get('docker-content-digest') ?? '' };
    } catch (cause) {
      throw fail('registry-unavailable', { cause, retryAfterSeconds: 3 });
    }
  }
}
