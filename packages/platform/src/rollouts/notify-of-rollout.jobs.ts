import { Injectable } from '@nestjs/common';
import { Database } from '../kernel/database/index.js';
import { type JobProcessor, Processes } from '../kernel/jobs/job.js';
import { NotificationsService } from '../notifications/notifications.service.js';
import { RolloutRecord } from './rollout-record.js';
import { type NotifyOfRollout, notifyOfRollout } from './rollouts.job-definitions.js';

/** Who began a rollout hears how it goes; the project's owners hear where it went wrong. Nobody hears of what he did himself. */
@Processes(notifyOfRollout)
@Injectable()
export class NotifyOfRolloutProcessor implements JobProcessor<NotifyOfRollout> {
  constructor(
    private readonly database: Database,
    private readonly record: RolloutRecord,
    private readonly notifications: NotificationsService,
  ) {}

  async run({ rolloutId, type, actor, reason, step }: NotifyOfRollout): Promise<void> {
    const loaded = await this.record.load(rolloutId);
    if (!loaded) return;
    const { row, scope } = loaded;
    const { tenant, project, environment, application } = scope;
    const isBad = type === 'rollout-failed' || type === 'rollout-aborted';
    const path = `/t/${tenant.name}/p/${project.name}/e/${environment.name}/a/${application.name}`;
    await this.database.transaction(async (tx) => {
      const release = await tx.release.findUnique({ where: { id: row.releaseId }, select: { number: true } });
      const usernames = [row.createdBy].filter((name) => name !== actor);
      const begun = await tx.user.findMany({ where: { username: { in: usernames } }, select: { id: true } });
      const owners = isBad
        ? await this.notifications.listOwners(tx, { tenantId: tenant.id, projectId: project.id, except: actor })
        : [];
      await this.notifications.tell(tx, [...new Set([...begun.map(({ id }) => id), ...owners])], {
        type,
        key: `${type}/${rolloutId}/${step}`,
        link: `${path}/rollouts/${rolloutId}`,
        channels: type === 'rollout-healthy' ? ['bell'] : ['bell', 'mail'],
        data: {
          title: `${project.name}/${application.name} ${release?.number ?? ''} → ${environment.name}`,
          requester: actor,
          kind: 'rollout',
          tenant: tenant.name,
          reason,
        },
      });
    });
  }
}
