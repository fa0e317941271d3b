import { Injectable } from '@nestjs/common';
import {
  otherSlot,
  type PlacementScope,
  readSlot,
  slotServiceName,
} from '../../applications/application-scopes.service.js';
import { Clock } from '../../kernel/clock/clock.js';
import { Database, type ReleaseModel } from '../../kernel/database/index.js';
import { type ComparedServices, GatewaySeries } from '../analysis/gateway-series.js';
import { type Counted, findCounted, findSyntheticTraffic, openProbes } from '../analysis/rollout-analysis.rules.js';
import {
  comparedTemplates,
  type ExperimentStep,
  experimentServiceName,
  fillTemplates,
  readTemplateUrl,
  type TemplateShare,
} from '../experiment.rules.js';
import { RolloutObjects } from '../rollout-objects.js';
import type { LoadedRollout } from '../rollout-record.js';
import type { Rollout, RolloutEvent } from '../rollouts.rules.js';
import { JobProbes } from './job-probe.service.js';
import { MeasurementClaims } from './measurement-claims.js';
import { isDue, measuredIn, type Outcome, type ProbeRun, type Taken } from './probe.rules.js';
import { PrometheusProbe } from './prometheus-probe.service.js';
import { SyntheticRequests } from './synthetic-requests.service.js';
import { TemplateProbes } from './template-probe.service.js';
import { toPhase } from './web-hooks.rules.js';
import { type HookPayload, WebProbes } from './web-probe.service.js';

const seriesMilliseconds = 700;

/** What was measured since a look. */
export type Measured = Extract<RolloutEvent, { type: 'measured' }>;

/** What was measured before and is not written down yet, and what came since. */
export function joinMeasured(before: Measured | undefined, since: Measured | undefined): Measured | undefined {
  if (!before || !since) return since ?? before;
  const readings = since.readings ?? before.readings;
  const experiment = since.experiment ?? before.experiment;
  return { type: 'measured', readings, experiment, taken: [...(before.taken ?? []), ...(since.taken ?? [])] };
}

/** The measurements of one loop over a rollout. */
export interface Measuring {
  /** What was measured since the last look; begins what is due. Takes no longer than the gateway's series do. */
  look(loaded: LoadedRollout, rollout: Rollout): Promise<Measured>;
  /** Ends what is under way; the next worker begins it anew. */
  stop(): void;
}

/** Takes what the analyses of a rollout and its web hooks ask for. A slow one delays nothing: its result is for a later look. */
@Injectable()
export class RolloutMeasurements {
  constructor(
    private readonly database: Database,
    private readonly objects: RolloutObjects,
    private readonly clock: Clock,
    private readonly series: GatewaySeries,
    private readonly prometheus: PrometheusProbe,
    private readonly web: WebProbes,
    private readonly jobs: JobProbes,
    private readonly claims: MeasurementClaims,
    private readonly templates: TemplateProbes,
    private readonly synthetic: SyntheticRequests,
  ) {}

  begin(): Measuring {
    const ending = new AbortController();
    const running = new Set<string>();
    let finished: Taken[] = [];
    let isSending = false;
    const start = async (key: string, loaded: LoadedRollout, rollout: Rollout, open: Open): Promise<void> => {
      running.add(key);
      const { step, probe } = open;
      const work = () => this.take(loaded, rollout, open, ending.signal).catch(toError);
      const outcome = await this.claims.once(`${loaded.row.id}/${key}/${takenIn(open.run)}`, work, ending.signal);
      if (outcome && !ending.signal.aborted)
        finished.push({ step, name: probe.name, at: this.clock.now().toISOString(), outcome });
      running.delete(key);
    };
    return {
      look: async (loaded, rollout) => {
        const now = this.clock.now();
        for (const open of openProbes(rollout)) {
          const key = `${open.step}/${open.probe.name}`;
          const isKnown = running.has(key) || finished.some(({ step, name }) => `${step}/${name}` === key);
          if (!isKnown && isDue(open.run, open.probe, open.startedAt, rollout.index, now))
            void start(key, loaded, rollout, open);
        }
        const traffic = isSending ? undefined : findSyntheticTraffic(rollout, now);
        if (traffic) {
          isSending = true;
          void this.synthetic
            .send(loaded, traffic, seriesMilliseconds, ending.signal)
            // A cluster that is away now is asked at the next look.
            .catch(() => undefined)
            .finally(() => {
              isSending = false;
            });
        }
        const counted = await this.count(loaded.scope, rollout, ending.signal);
        const taken = finished;
        finished = [];
        return { type: 'measured', ...counted, taken };
      },
      stop: () => ending.abort(),
    };
  }

  private async count(scope: PlacementScope, rollout: Rollout, signal: AbortSignal): Promise<Counted> {
    const { slots, experiment } = findCounted(rollout);
    const read = (services: ComparedServices) => this.series.read(services, seriesMilliseconds, signal);
    const [readings, ofTemplates] = await Promise.all([
      slots ? read(comparedSlots(scope)) : null,
      experiment ? read(experimentServices(scope, experiment)) : null,
    ]);
    return { readings, experiment: ofTemplates };
  }

  private async take(
    { row, scope }: LoadedRollout,
    rollout: Rollout,
    { step, probe: { name, provider } }: Open,
    signal: AbortSignal,
  ): Promise<Outcome> {
    const templates = templateServices(scope, rollout, step);
    switch (provider.do) {
      case 'prometheus':
        return this.prometheus.take(
          provider.query,
          { ...slotServices(scope), application: scope.application.name, templates },
          signal,
        );
      case 'web': {
        const asked = readTemplateUrl(provider.url);
        const service = asked && templates[asked.template];
        if (asked && service !== undefined) {
          const { cluster, namespace } = scope.environment;
          return this.templates.take({ cluster, namespace, service, path: asked.path }, provider, signal);
        }
        return this.web.take(provider, () => this.secretsOf(scope, row.releaseId), signal);
      }
      case 'job': {
        const labels = { 'slipway.dev/rollout': row.id, 'slipway.dev/probe': name };
        const command = provider.command.map((argument) => fillTemplates(argument, templates));
        return this.jobs.take(scope, { ...provider, command }, labels, signal);
      }
      case 'webhook': {
        const payload = toPayload(scope, rollout, await this.release(row.releaseId));
        return this.web.callHook(provider, payload, signal).then((outcome) => toAnswer(provider.type, outcome));
      }
    }
  }

  private release(id: string): Promise<ReleaseModel> {
    return this.database.read.release.findUniqueOrThrow({ where: { id } });
  }

  private async secretsOf(scope: PlacementScope, releaseId: string): Promise<Readonly<Record<string, string>>> {
    return (await this.objects.input(scope, await this.release(releaseId))).secrets;
  }
}

/** Of the experiment of a step, by template; none elsewhere. */
function templateServices({ application }: PlacementScope, { plan }: Rollout, step: number | null) {
  const planned = step === null ? undefined : plan[step];
  const templates = planned?.do === 'experiment' ? planned.templates : [];
  return Object.fromEntries(templates.map(({ name }) => [name, experimentServiceName(application.name, name)]));
}

type Open = ReturnType<typeof openProbes>[number];

/** The measurements so far: by it the next one has a name of its own. */
const takenIn = (run: ProbeRun): number => measuredIn(run) + run.errors;

/** What a hook is told of the rollout. */
export function toPayload(
  { application, environment }: PlacementScope,
  rollout: Rollout,
  release: ReleaseModel,
): HookPayload {
  return {
    name: application.name,
    namespace: environment.namespace,
    phase: toPhase(rollout),
    checksum: release.hash,
    buildId: String(release.number),
    canaryWeight: rollout.candidate.weight / 10,
  };
}

/** Who agrees to a rollback says no to the release; that nobody asks for one is no answer. */
function toAnswer(type: string, outcome: Outcome): Outcome {
  if (type !== 'rollback' || outcome.type !== 'decided') return outcome;
  const isAsked = outcome.phase === 'successful';
  return isAsked
    ? { ...outcome, phase: 'failed', message: `a rollback was asked for: ${outcome.message}` }
    : { ...outcome, phase: 'successful' };
}

const toError = (error: unknown): Outcome => {
  return { type: 'error', message: error instanceof Error ? error.message : 'It could not be measured.' };
};

/** The names are ours and never a user's text. */
function slotServices({ environment, application, placement }: PlacementScope) {
  const stable = readSlot(placement);
  return {
    namespace: environment.namespace,
    candidate: slotServiceName(application.name, otherSlot(stable)),
    stable: slotServiceName(application.name, stable),
  };
}

function comparedSlots(scope: PlacementScope): ComparedServices {
  const { namespace, candidate, stable } = slotServices(scope);
  return { namespace, candidate: [candidate], stable: [stable] };
}

function experimentServices(scope: PlacementScope, { templates }: ExperimentStep): ComparedServices {
  const { namespace, stable } = slotServices(scope);
  const compared = comparedTemplates(templates);
  const toServices = (shares: readonly TemplateShare[]) =>
    shares.map(({ name }) => experimentServiceName(scope.application.name, name));
  const stables = toServices(compared.stable);
  return { namespace, candidate: toServices(compared.candidate), stable: stables.length > 0 ? stables : [stable] };
}
