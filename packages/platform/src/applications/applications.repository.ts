import type { Prisma, Reader } from '../kernel/database/index.js';
import { keyset } from '../kernel/http/page.js';
import type { PageQuery } from '../kernel/http/schemas.js';

/** What an answer needs beside the application: where it stands in each environment of its project. */
const whole = {
  project: { include: { environments: { orderBy: { createdAt: 'asc' } } } },
  placements: {
    include: {
      release: { select: { number: true } },
      domains: {
        where: { state: 'verified' },
        orderBy: [{ isDefault: 'asc' }, { createdAt: 'asc' }],
        include: { certificate: { select: { notAfter: true } } },
      },
    },
  },
  rollouts: {
    distinct: ['environmentId'],
    orderBy: [{ environmentId: 'asc' }, { createdAt: 'desc' }, { id: 'desc' }],
    select: { environmentId: true, state: true },
  },
} satisfies Prisma.ApplicationInclude;

export type WholeApplication = Prisma.ApplicationGetPayload<{ include: typeof whole }>;

export function listApplications(
  reader: Reader,
  tenantId: string,
  projectId: string,
  query: PageQuery,
): Promise<WholeApplication[]> {
  const { where, orderBy, take } = keyset<Prisma.ApplicationWhereInput>(query, 'name');
  const name = query.q ? { contains: query.q } : undefined;
  return reader.application.findMany({
    where: { AND: [where], tenantId, projectId, name },
    orderBy,
    take,
    include: whole,
  });
}

export function getWholeApplication(reader: Reader, tenantId: string, id: string): Promise<WholeApplication> {
  return reader.application.findFirstOrThrow({ where: { tenantId, id }, include: whole });
}
