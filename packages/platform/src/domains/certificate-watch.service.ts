import { Injectable } from '@nestjs/common';
import type { PlacementScope } from '../applications/application-scopes.service.js';
import { Clock } from '../kernel/clock/clock.js';
import { Database, type DomainCertificateModel, type DomainModel } from '../kernel/database/index.js';
import { NotificationsService } from '../notifications/notifications.service.js';
import { toColumns } from './certificate-keeper.service.js';
import { dueWarning, expiringDays, factsSchema } from './certificates.rules.js';
import { DomainAnswers } from './domain-answers.service.js';
import { DomainNews } from './domain-news.service.js';

const certificatesARound = 20;
const minute = 60_000;
const hour = 60 * minute;

type Watched = DomainCertificateModel & { readonly domain: DomainModel };

/** Reads named Secrets again, and tells the owners of a project what expires. */
@Injectable()
export class CertificateWatch {
  constructor(
    private readonly database: Database,
    private readonly news: DomainNews,
    private readonly answers: DomainAnswers,
    private readonly notifications: NotificationsService,
    private readonly clock: Clock,
  ) {}

  /** Each one every hour; a Secret that was not seen yet, every minute. */
  async round(): Promise<void> {
    const now = this.clock.now();
    const [due, soon] = [new Date(now.getTime() - hour), new Date(now.getTime() - minute)];
    const claimed = await this.database.read.$queryRaw<{ domainId: string }[]>`
      UPDATE domain_certificates SET "lookedAt" = ${now} WHERE "domainId" IN (
        SELECT "domainId" FROM domain_certificates
        WHERE "lookedAt" < ${due} OR ("notAfter" IS NULL AND "lookedAt" < ${soon})
        ORDER BY "lookedAt" LIMIT ${certificatesARound} FOR UPDATE SKIP LOCKED)
      RETURNING "domainId"`;
    const where = { domainId: { in: claimed.map(({ domainId }) => domainId) } };
    const rows = await this.database.read.domainCertificate.findMany({ where, include: { domain: true } });
    for (const row of rows) await this.look(row);
  }

  private async look(row: Watched): Promise<void> {
    const { domain, domainId, secretName } = row;
    const scope = await this.news.findPlace(domain.placementId);
    if (!scope) return;
    const seen = secretName === null ? undefined : await this.answers.see(scope, secretName, domain.hostname);
    if (seen) {
      const data = { notAfter: seen.notAfter, ...toColumns(seen) };
      await this.database.read.domainCertificate.updateMany({ where: { domainId, secretName }, data });
    }
    const { notAfter, facts } = seen ?? { notAfter: row.notAfter, facts: factsSchema.nullable().parse(row.facts) };
    if (notAfter && facts) await this.warn(scope, domain, notAfter, facts.fingerprint);
  }

  /** 14 days before, and 3 days before, once each. */
  private async warn(scope: PlacementScope, domain: DomainModel, notAfter: Date, fingerprint: string): Promise<void> {
    const days = dueWarning(notAfter, this.clock.now());
    if (days === undefined) return;
    const { tenant, project, environment, application } = scope;
    await this.database.transaction(async (tx) => {
      const about = { tenantId: tenant.id, projectId: project.id, except: '' };
      await this.notifications.tell(tx, await this.notifications.listOwners(tx, about), {
        type: 'certificate-expiring',
        key: `certificate-expiring/${domain.id}/${fingerprint}/${days === expiringDays ? 'soon' : 'now'}`,
        link: `/t/${tenant.name}/p/${project.name}/e/${environment.name}/a/${application.name}/domains`,
        data: {
          title: `${domain.hostname} (${notAfter.toISOString().slice(0, 10)})`,
          requester: 'system:domains',
          kind: 'certificate',
          tenant: tenant.name,
          reason: `${project.name}/${application.name} → ${environment.name}`,
        },
      });
    });
  }
}
