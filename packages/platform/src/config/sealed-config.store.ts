import { Injectable } from '@nestjs/common';
import { Crypto, keyIdOf } from '../kernel/crypto/crypto.js';
import { SealedStore } from '../kernel/crypto/sealed-store.js';
import { Database, type Prisma } from '../kernel/database/index.js';
import { readSecrets, sealContext } from './secret-values.service.js';

const batch = 50;

/** The secrets of every scope, in every version of every config: a version holds its values for ever, so all are rewrapped. */
@Injectable()
export class SealedConfig extends SealedStore {
  readonly name = 'config';

  constructor(
    private readonly database: Database,
    private readonly crypto: Crypto,
  ) {
    super();
  }

  async countByKey(): Promise<ReadonlyMap<string, number>> {
    const rows = await this.database.read.$queryRaw<{ key: string; count: bigint }[]>`
      SELECT split_part(secret.value ->> 'sealed', '.', 2) AS key, count(*) AS count
      FROM config_versions, jsonb_each(secrets) AS secret GROUP BY 1`;
    return new Map(rows.map(({ key, count }) => [key, Number(count)]));
  }

  rewrapSome(primary: string): Promise<number> {
    return this.database.transaction(async (tx) => {
      const rows = await tx.$queryRaw<{ id: string; ownerId: string; secrets: unknown }[]>`
        SELECT id, "ownerId", secrets FROM config_versions
        WHERE EXISTS (
          SELECT 1 FROM jsonb_each(secrets) AS s WHERE split_part(s.value ->> 'sealed', '.', 2) <> ${primary})
        ORDER BY id LIMIT ${batch} FOR UPDATE SKIP LOCKED`;
      for (const { id, ownerId, secrets } of rows) {
        const after = Object.entries(readSecrets(secrets)).map(([name, secret]) => {
          if (keyIdOf(secret.sealed) === primary) return [name, { ...secret }] as const;
          const sealed = this.crypto.rewrap(secret.sealed, sealContext(ownerId, name)) ?? secret.sealed;
          return [name, { ...secret, sealed }] as const;
        });
        const data: Prisma.ConfigVersionUpdateInput = { secrets: Object.fromEntries(after) };
        await tx.configVersion.update({ where: { id }, data });
      }
      return rows.length;
    });
  }
}
