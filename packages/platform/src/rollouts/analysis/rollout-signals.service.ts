import { Inject, Injectable } from '@nestjs/common';
import {
  ApplicationScopes,
  otherSlot,
  readSlot,
  type Slot,
  slotServiceName,
} from '../../applications/application-scopes.service.js';
import { Clock } from '../../kernel/clock/clock.js';
import { CONFIG, type Configuration } from '../../kernel/config/config.js';
import { Database } from '../../kernel/database/index.js';
import { isId } from '../../kernel/ids/ids.js';
import type { TenantCaller } from '../../kernel/tenancy/caller.js';
import { comparedTemplates, experimentServiceName, type TemplateShare } from '../experiment.rules.js';
import { askRange, type Range, type RangeSeries } from '../prometheus.js';
import { readRollout } from '../rollouts.codec.js';
import { fail } from '../rollouts.errors.js';
import type { Rollout } from '../rollouts.rules.js';
import { isInPlace } from '../target.rules.js';
import type { RolloutSignalsAnswer } from './rollout-signals.dto.js';
import { signalsQuery, spanOf, toPoints } from './signals.rules.js';

const timeoutMilliseconds = 5000;

/** What users got of both releases while a rollout went on, whether or not it is analysed. */
@Injectable()
export class RolloutSignals {
  constructor(
    private readonly database: Database,
    private readonly scopes: ApplicationScopes,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Pick<Configuration, 'prometheusUrl'>,
  ) {}

  async get(caller: TenantCaller, project: string, application: string, id: string): Promise<RolloutSignalsAnswer> {
    const scope = await this.scopes.getApplication(caller.tenant, project, application);
    const where = { id, tenantId: scope.tenant.id, applicationId: scope.application.id };
    const include = { environment: true };
    const row = isId(id) ? await this.database.read.rollout.findFirst({ where, include }) : null;
    if (!row) throw fail('rollout-not-found');
    const { releaseId, previousReleaseId } = row;
    const releases = await this.database.read.release.findMany({
      where: { id: { in: [releaseId, ...(previousReleaseId ? [previousReleaseId] : [])] } },
    });
    const numberOf = (release: string | null) => releases.find((each) => each.id === release)?.number ?? null;
    const rollout = readRollout(row);
    const begun = rollout.steps.flatMap(({ startedAt }) => startedAt ?? []).sort()[0];
    const span = spanOf(begun === undefined ? row.createdAt : new Date(begun), row.finishedAt, this.clock.now());
    const { namespace } = row.environment;
    const sides = await Promise.all(
      sidesOf(scope.application.name, row.slot, rollout).map(async ({ side, services }) => {
        const series = await this.read(namespace, services, span);
        const release = numberOf(side === 'stable' ? previousReleaseId : releaseId);
        return { isMeasured: series !== null, shown: { side, release, points: [...toPoints(series ?? [], span)] } };
      }),
    );
    return {
      isMeasured: sides.every(({ isMeasured }) => isMeasured),
      startsAt: new Date(span.start * 1000).toISOString(),
      stepSeconds: span.stepSeconds,
      sides: sides.map(({ shown }) => shown),
    };
  }

  /** Null where Prometheus is away or answers too late. */
  private async read(
    namespace: string,
    services: readonly string[],
    span: Range,
  ): Promise<readonly RangeSeries[] | null> {
    const { prometheusUrl } = this.config;
    if (!prometheusUrl) return null;
    const query = signalsQuery(namespace, services, span);
    return askRange(prometheusUrl, query, span, { timeoutMilliseconds }).catch(() => null);
  }
}

type Side = RolloutSignalsAnswer['sides'][number]['side'];

/**
 * The Services of the release before and of the new one, an experiment's among them; where it changes in place, one is of both.
 */
function sidesOf(
  application: string,
  slot: string | null,
  { plan }: Rollout,
): readonly { readonly side: Side; readonly services: readonly string[] }[] {
  if (slot === null) return [];
  const own = readSlot({ slot });
  if (isInPlace(plan)) return [{ side: 'both', services: [slotServiceName(application, own)] }];
  const met = comparedTemplates(plan.flatMap((step) => (step.do === 'experiment' ? step.templates : [])));
  const servicesOf = (of: Slot, templates: readonly TemplateShare[]) => [
    slotServiceName(application, of),
    ...templates.map(({ name }) => experimentServiceName(application, name)),
  ];
  return [
    { side: 'stable', services: servicesOf(otherSlot(own), met.stable) },
    { side: 'candidate', services: servicesOf(own, met.candidate) },
  ];
}
