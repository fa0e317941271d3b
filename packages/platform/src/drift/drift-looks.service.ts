import { Injectable } from '@nestjs/common';
import type { KubeClient } from '@slipway/orchestrator/client';
import { ApplicationScopes, type Manifest, type PlacementScope } from '../applications/application-scopes.service.js';
import { ClustersService } from '../clusters/clusters.service.js';
import { Clock } from '../kernel/clock/clock.js';
import { Database } from '../kernel/database/index.js';
import { type Standing, StandingObjects } from '../rollouts/standing-objects.service.js';
import { readFindings, readWanted, toList } from './drift.codec.js';
import type { LookForDrift } from './drift.job-definitions.js';
import { compare, type Finding, findNew, isOpen, keyOf, toFindings, toHealed } from './drift.rules.js';
import { DriftNews } from './drift-news.service.js';
import { policyOf } from './drift-policy.rules.js';
import { type LiveObjects, readLiveObjects } from './live-objects.js';

/** So much is kept of one place; who changed more than that by hand has a place of his own. */
const mostFindings = 100;

interface Look {
  readonly standing: Standing;
  /** Without the secrets' values. */
  readonly wanted: readonly Manifest[];
  readonly findings: readonly Finding[];
  readonly healed: readonly Finding[];
}

/** Compares what rollouts left with what is there, writes down what differs, and puts it back where that is asked for. */
@Injectable()
export class DriftLooks {
  constructor(
    private readonly database: Database,
    private readonly scopes: ApplicationScopes,
    private readonly clusters: ClustersService,
    private readonly standing: StandingObjects,
    private readonly clock: Clock,
    private readonly news: DriftNews,
  ) {}

  async run({ environmentId, applicationId, healBy }: LookForDrift, signal: AbortSignal): Promise<void> {
    const environment = await this.database.read.environment.findUnique({ where: { id: environmentId } });
    const where = { environmentId, applicationId, releaseId: { not: null }, application: { state: 'active' } };
    const placements = await this.database.read.placement.findMany({ where, orderBy: { id: 'asc' } });
    if (environment?.state !== 'ready' || placements.length === 0) return;
    const { state } = await this.database.read.tenant.findUniqueOrThrow({ where: { id: environment.tenantId } });
    // In all others nothing runs, or nothing may be changed.
    if (state !== 'active') return;
    await this.clusters.use(environment.cluster, async (client) => {
      const live = await readLiveObjects(client, environment.namespace);
      for (const placement of placements) {
        signal.throwIfAborted();
        const scope = await this.scopes.findById(placement.applicationId);
        if (scope) await this.look(client, live, { ...scope, environment, placement }, healBy);
      }
    });
  }

  private async look(client: KubeClient, live: LiveObjects, scope: PlacementScope, healBy: string | undefined) {
    const standing = await this.standing.find(scope);
    const look = standing && standing !== 'moving' ? await this.compare(live, scope, standing) : undefined;
    if (!look) return this.touch(scope);
    const open = look.findings.filter(isOpen);
    const isHealing = open.length > 0 && (healBy !== undefined || policyOf(scope) === 'heal');
    if (!isHealing || !(await this.isStill(scope, look))) return this.save(scope, look, undefined);
    await this.heal(client, scope, look);
    const healed = { ...look, findings: look.findings.filter((finding) => !isOpen(finding)), healed: open };
    await this.save(scope, healed, healBy ?? 'system:drift');
  }

  private async compare(live: LiveObjects, scope: PlacementScope, standing: Standing): Promise<Look | undefined> {
    const row = await this.database.read.drift.findUnique({ where: { placementId: scope.placement.id } });
    const isKnown = row?.rolloutId === standing.rolloutId;
    if (!isKnown && standing.isOutdated) return undefined;
    const planned = await this.standing.plan(scope, standing.release);
    // What the platform would write today may differ from what it wrote: that is no change by anybody's hand.
    const wanted = isKnown ? readWanted(row) : planned.map(withoutSecrets);
    const differences = [];
    for (const manifest of wanted) {
      const own =
        manifest.kind === 'Secret' ? (planned.find((each) => isSameObject(each, manifest)) ?? manifest) : manifest;
      differences.push(...compare(own, await live.find(own), live.isScaled(own)));
    }
    const isSameRelease = row?.releaseId === standing.release.id;
    const before = readFindings(row).map(({ accepted, ...finding }) =>
      accepted && isSameRelease ? { ...finding, accepted } : finding,
    );
    const findings = toFindings(before, differences.slice(0, mostFindings), this.clock.now());
    return { standing, wanted, findings, healed: [] };
  }

  private async heal(client: KubeClient, scope: PlacementScope, { standing, wanted, findings }: Look): Promise<void> {
    const touched = new Set(findings.filter(isOpen).map(({ kind, name }) => `${kind}/${name}`));
    const secrets = await this.standing.plan(scope, standing.release);
    for (const manifest of wanted.filter(({ kind, metadata }) => touched.has(`${kind}/${metadata.name}`))) {
      const own = manifest.kind === 'Secret' ? secrets.find((each) => isSameObject(each, manifest)) : manifest;
      if (own) await this.standing.restore(client, toHealed(own, findings));
    }
  }

  /** Whether no rollout has begun since it was looked at. */
  private async isStill(scope: PlacementScope, { standing }: Look): Promise<boolean> {
    const now = await this.standing.find(scope);
    return now !== undefined && now !== 'moving' && now.rolloutId === standing.rolloutId;
  }

  /** It was looked at, and there is nothing to say: so that who asked for it does not wait. */
  private async touch({ placement }: PlacementScope): Promise<void> {
    const data = { lookedAt: this.clock.now() };
    const create = { ...data, placementId: placement.id, tenantId: placement.tenantId };
    await this.database.read.drift.upsert({ where: { placementId: placement.id }, create, update: data });
  }

  private async save(scope: PlacementScope, look: Look, healedBy: string | undefined): Promise<void> {
    if (!(await this.isStill(scope, look))) return this.touch(scope);
    const { id, tenantId } = scope.placement;
    const { standing, wanted, findings, healed } = look;
    await this.database.transaction(async (tx) => {
      await tx.$queryRaw`SELECT 1 FROM drifts WHERE "placementId" = ${id}::uuid FOR UPDATE`;
      const row = await tx.drift.findUnique({ where: { placementId: id } });
      const before = readFindings(row);
      // What somebody accepted while it was looked at is accepted.
      const accepted = new Map(
        before.flatMap((old) => (old.accepted ? [[`${keyOf(old)} ${old.since}`, old.accepted]] : [])),
      );
      const isSameRelease = row?.releaseId === standing.release.id;
      const after = findings.map((finding) => {
        const meanwhile = isSameRelease ? accepted.get(`${keyOf(finding)} ${finding.since}`) : undefined;
        return meanwhile ? { ...finding, accepted: meanwhile } : finding;
      });
      const data = {
        rolloutId: standing.rolloutId,
        releaseId: standing.release.id,
        wanted: toList(wanted),
        findings: toList(after),
        openCount: after.filter(isOpen).length,
        lookedAt: this.clock.now(),
      };
      const isChanged = JSON.stringify(before) !== JSON.stringify(toList(after));
      const update = { ...data, ...(isChanged ? { version: { increment: 1 } } : {}) };
      const create = { placementId: id, tenantId, ...data };
      await tx.drift.upsert({ where: { placementId: id }, create, update });
      if (healed.length > 0) await this.news.tellHealed(tx, scope, healed, healedBy ?? 'system:drift');
      else if (isChanged) await this.news.tellFound(tx, scope, after, findNew(before, after));
    });
  }
}

const withoutSecrets = (manifest: Manifest): Manifest =>
  manifest.kind === 'Secret' ? { ...manifest, data: {} } : manifest;
const isSameObject = (left: Manifest, right: Manifest): boolean =>
  left.kind === right.kind && left.metadata.name === right.metadata.name;
