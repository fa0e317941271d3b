import { createHash, createPublicKey } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { jwtVerify } from 'jose';
import { Clock } from '../kernel/clock/clock.js';
import { CONFIG, type Configuration, readSecretFile } from '../kernel/config/config.js';
import { Database, type Transaction } from '../kernel/database/index.js';
import { QuotasService } from '../quotas/quotas.service.js';
import { listBlobs, listChildren } from './manifest.rules.js';
import { registryIssuer, registryService } from './registry-token.js';

interface Owner {
  readonly id: string;
  readonly tenantId: string;
  readonly projectId: string;
}

/** Who came with a token of the registry's. */
export interface RegistryBearer {
  readonly id: string | null;
  readonly username: string;
  readonly sessionId?: string;
}

/**
 * Charges the bytes of images to their tenant as their manifests are pushed, each blob once an application, and gives them back as
 * soon as no manifest names them any more.
 */
@Injectable()
export class ImageQuota {
  constructor(
    private readonly database: Database,
    private readonly quotas: QuotasService,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Pick<Configuration, 'registryTokenKeyFile'>,
  ) {}

  /** The bearer, if his token lets him do that there: nobody else's manifest is counted, or given back. */
  async findBearer(
    action: 'pull' | 'push' | 'delete',
    authorization: string | undefined,
    repository: string,
  ): Promise<RegistryBearer | undefined> {
    const token = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1];
    if (!token) return undefined;
    const pem = readSecretFile(this.config.registryTokenKeyFile, 'SLIPWAY_REGISTRY_TOKEN_KEY_FILE');
    const expected = { issuer: registryIssuer, audience: registryService, currentDate: this.clock.now() };
    const verified = await jwtVerify(token, createPublicKey(pem), expected).catch(() => undefined);
    const access: unknown = verified?.payload['access'];
    if (!Array.isArray(access) || !access.some((entry: unknown) => isFor(entry, repository, action))) return undefined;
    const { sub, slipway_actor: id, slipway_session: sessionId } = verified?.payload ?? {};
    return {
      username: sub ?? 'unknown',
      id: typeof id === 'string' ? id : null,
      ...(typeof sessionId === 'string' && { sessionId }),
    };
  }

  /** Gives the function that takes it back, for a push that the registry refuses. Throws `quota-exceeded`. */
  async charge(repository: string, manifest: Buffer): Promise<() => Promise<void>> {
    const owner = await this.find(repository);
    if (!owner) return async () => undefined;
    const { id: applicationId, tenantId, projectId } = owner;
    const digest = `sha256:${createHash('sha256').update(manifest).digest('hex')}`;
    const blobs = listBlobs(manifest);
    const isNew = await this.database.transaction(async (tx) => {
      await this.quotas.lock(tx, tenantId);
      const where = { tenantId, subject: { in: [...blobs.keys()].map((blob) => subjectOf(applicationId, blob)) } };
      const known = new Set((await tx.quotaClaim.findMany({ where })).map(({ subject }) => subject));
      for (const [blob, size] of blobs) {
        const subject = subjectOf(applicationId, blob);
        if (known.has(subject)) continue;
        await this.quotas.charge(tx, { tenantId, projectId }, { subject, amounts: { 'image-bytes': size } });
      }
      const row = {
        tenantId,
        applicationId,
        digest,
        blobs: Object.fromEntries(blobs),
        children: [...listChildren(manifest)],
      };
      const { count } = await tx.registryManifest.createMany({ data: row, skipDuplicates: true });
      return count > 0;
    });
    return async () => {
      if (isNew) await this.forget(owner, digest);
    };
  }

  /** A manifest is deleted: what only it named is given back at once. What was never counted changes nothing. */
  async release(repository: string, digest: string): Promise<void> {
    const owner = await this.find(repository);
    if (owner) await this.forget(owner, digest);
  }

  private async forget({ id: applicationId, tenantId }: Owner, digest: string): Promise<void> {
    await this.database.transaction(async (tx) => {
      await this.quotas.lock(tx, tenantId);
      await tx.registryManifest.deleteMany({ where: { applicationId, digest } });
      const subjects = await listForgotten(tx, tenantId, applicationId);
      for (const subject of subjects) await this.quotas.discharge(tx, tenantId, subject);
    });
  }

  private async find(repository: string): Promise<Owner | undefined> {
    const [tenant, project, name, ...more] = repository.split('/');
    if (name === undefined || more.length > 0) return undefined;
    const row = await this.database.read.application.findFirst({
      where: { name, project: { name: project, tenant: { name: tenant } } },
      select: { id: true, tenantId: true, projectId: true },
    });
    return row ?? undefined;
  }
}

const subjectOf = (applicationId: string, blob: string): string => `applications/${applicationId}/blobs/${blob}`;

/** Blobs that are charged and that no manifest names. */
async function listForgotten(tx: Transaction, tenantId: string, applicationId: string): Promise<readonly string[]> {
  const prefix = subjectOf(applicationId, '');
  const rows = await tx.$queryRaw<{ subject: string }[]>`
    SELECT c.subject FROM quota_claims c
    WHERE c."tenantId" = ${tenantId}::uuid AND starts_with(c.subject, ${prefix}) AND NOT EXISTS (
      SELECT 1 FROM registry_manifests m
      WHERE m."applicationId" = ${applicationId}::uuid AND m.blobs ? substr(c.subject, ${prefix.length + 1}::int))`;
  return rows.map(({ subject }) => subject);
}

function isFor(entry: unknown, repository: string, action: string): boolean {
  if (typeof entry !== 'object' || entry === null || Reflect.get(entry, 'name') !== repository) return false;
  const actions: unknown = Reflect.get(entry, 'actions');
  return Array.isArray(actions) && actions.includes(action);
}
