import type { INestApplication } from '@nestjs/common';
import type { NextFunction } from 'express';
import { Database } from '../kernel/database/index.js';
import { findRequestRoute } from '../kernel/http/request-route.js';
import { type Request, type Response, stateOf } from '../kernel/http/route.js';

const changing = ['POST', 'PATCH', 'PUT', 'DELETE'];

/** Routes that are no GET and leave no row in the audit log, each with why. */
export const unaudited: Readonly<Record<string, string>> = {
  'POST /image-policies/dry-runs': 'reads: what a policy would say',
  'POST /tenants/:tenant/image-policies/dry-runs': 'reads: what a policy would say',
  'POST /tenants/:tenant/image-checks': 'reads: what the policies say of an image',
  'POST /tenants/:tenant/projects/:project/pod-security/image-checks': 'reads: what an image asks for',
  'POST /strategies/convert': 'reads: what a manifest comes to',
  'POST /tenants/:tenant/projects/:project/applications/:application/environments/:environment/plan':
    'reads: what a rollout would change',
  'POST /tenants/:tenant/projects/:project/applications/:application/environments/:environment/drift/look':
    'reads: what was changed by hand',
  'POST /invitations/preview': 'reads: what a link invites to',
  'POST /me/notifications/read': "one's own bell, which decides nothing",
  'POST /me/second-factor': 'makes a secret that counts once it is confirmed, which is a row',
};

/** Watches every call that a test makes to a route: which changes succeeded, and under which ids. */
export function watchChanges(app: INestApplication): { findUnaudited(): Promise<string[]> } {
  const calls: { route: string; requestId: string }[] = [];
  app.use('/api/v1', (request: Request, response: Response, next: NextFunction) => {
    response.once('finish', () => {
      const { statusCode } = response;
      const isChange = changing.includes(request.method) && statusCode >= 200 && statusCode < 300;
      if (!isChange || response.hasHeader('Idempotent-Replayed')) return;
      const route = `${request.method} ${findRequestRoute(request).replace('/api/v1', '')}`;
      calls.push({ route, requestId: stateOf(request).requestId });
    });
    next();
  });
  return {
    /** What succeeded and never left a row; what changed nothing, once among other times, may leave none. */
    async findUnaudited() {
      const where = { requestId: { in: [...new Set(calls.map(({ requestId }) => requestId))] } };
      const rows = await app.get(Database).read.auditEvent.findMany({ where, select: { requestId: true } });
      const audited = new Set(rows.map(({ requestId }) => requestId));
      const seen = new Set(calls.filter(({ requestId }) => audited.has(requestId)).map(({ route }) => route));
      return [...new Set(calls.map(({ route }) => route))].filter((route) => !seen.has(route) && !(route in unaudited));
    },
  };
}
