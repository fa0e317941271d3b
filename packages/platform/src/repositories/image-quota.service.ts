import { createPublicKey } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { jwtVerify } from 'jose';
import { Clock } from '../kernel/clock/clock.js';
import { CONFIG, type Configuration, readSecretFile } from '../kernel/config/config.js';
import { Database } from '../kernel/database/index.js';
import { QuotasService } from '../quotas/quotas.service.js';
import { listBlobs } from './manifest.rules.js';
import { registryIssuer, registryService } from './registry-token.js';

/** Charges the bytes of images to their tenant as their manifests are pushed: each blob once an application. */
@Injectable()
export class ImageQuota {
  constructor(
    private readonly database: Database,
    private readonly quotas: QuotasService,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Pick<Configuration, 'registryTokenKeyFile'>,
  ) {}

  /** Whether the bearer's token lets it push there: nobody else's manifest is counted. */
  async mayPush(authorization: string | undefined, repository: string): Promise<boolean> {
    const token = /^Bearer (\S+)$/i.exec(authorization ?? '')?.[1];
    if (!token) return false;
    const pem = readSecretFile(this.config.registryTokenKeyFile, 'SLIPWAY_REGISTRY_TOKEN_KEY_FILE');
    const expected = { issuer: registryIssuer, audience: registryService, currentDate: this.clock.now() };
    const verified = await jwtVerify(token, createPublicKey(pem), expected).catch(() => undefined);
    const access: unknown = verified?.payload['access'];
    return Array.isArray(access) && access.some((entry: unknown) => isPush(entry, repository));
  }

  /** Gives the function that takes it back, for a push that the registry refuses. Throws `quota-exceeded`. */
  async charge(repository: string, manifest: Buffer): Promise<() => Promise<void>> {
    const [tenant, project, name, ...more] = repository.split('/');
    const row =
      name === undefined || more.length > 0
        ? null
        : await this.database.read.application.findFirst({
            where: { name, project: { name: project, tenant: { name: tenant } } },
            select: { id: true, tenantId: true, projectId: true },
          });
    if (!row) return async () => undefined;
    const { id, tenantId, projectId } = row;
    const blobs = listBlobs(manifest);
    const subjectOf = (digest: string) => `applications/${id}/blobs/${digest}`;
    const added = await this.database.transaction(async (tx) => {
      await this.quotas.lock(tx, tenantId);
      const where = { tenantId, subject: { in: [...blobs.keys()].map(subjectOf) } };
      const known = new Set((await tx.quotaClaim.findMany({ where })).map(({ subject }) => subject));
      const fresh = [...blobs].filter(([digest]) => !known.has(subjectOf(digest)));
      for (const [digest, size] of fresh)
        await this.quotas.charge(
          tx,
          { tenantId, projectId },
          { subject: subjectOf(digest), amounts: { 'image-bytes': size } },
        );
      return fresh.map(([digest]) => subjectOf(digest));
    });
    return async () => {
      if (added.length === 0) return;
      await this.database.transaction(async (tx) => {
        for (const subject of added) await this.quotas.discharge(tx, tenantId, subject);
      });
    };
  }
}

function isPush(entry: unknown, repository: string): boolean {
  if (typeof entry !== 'object' || entry === null || Reflect.get(entry, 'name') !== repository) return false;
  const actions: unknown = Reflect.get(entry, 'actions');
  return Array.isArray(actions) && actions.includes('push');
}
