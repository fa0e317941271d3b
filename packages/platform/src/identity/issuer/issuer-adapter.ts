import type { Adapter, AdapterPayload } from 'oidc-provider';
import type { Clock } from '../../kernel/clock/clock.js';
import type { Database, Prisma } from '../../kernel/database/index.js';

/** What the issuer remembers (sessions, grants, codes, refresh tokens), in PostgreSQL: a restart signs nobody out. */
export function createAdapterFactory(database: Database, clock: Clock): (model: string) => Adapter {
  const table = () => database.read.issuerRecord;
  return (model) => {
    const findBy = async (where: Prisma.IssuerRecordWhereInput): Promise<AdapterPayload | undefined> => {
      const row = await table().findFirst({ where: { model, ...where } });
      if (!row || (row.expiresAt && row.expiresAt <= clock.now())) return undefined;
      const consumed = row.consumedAt ? { consumed: Math.floor(row.consumedAt.getTime() / 1000) } : {};
      return { ...(row.payload as AdapterPayload), ...consumed };
    };
    return {
      async upsert(id, payload, expiresIn) {
        const expiresAt = expiresIn ? new Date(clock.now().getTime() + expiresIn * 1000) : null;
        const { grantId, userCode, uid, accountId } = payload;
        const json = JSON.parse(JSON.stringify(payload)) as Prisma.InputJsonObject;
        const data = { payload: json, grantId, userCode, uid, accountId, expiresAt };
        await table().upsert({ where: { model_id: { model, id } }, create: { model, id, ...data }, update: data });
      },
      find: (id) => findBy({ id }),
      findByUid: (uid) => findBy({ uid }),
      findByUserCode: (userCode) => findBy({ userCode }),
      async consume(id) {
        await table().updateMany({ where: { model, id }, data: { consumedAt: clock.now() } });
      },
      async destroy(id) {
        await table().deleteMany({ where: { model, id } });
      },
      async revokeByGrantId(grantId) {
        await table().deleteMany({ where: { grantId } });
      },
    };
  };
}
