import { Inject, Injectable } from '@nestjs/common';
import { Clock } from '../kernel/clock/clock.js';
import { CONFIG, type Configuration } from '../kernel/config/config.js';
import { Database, type Prisma } from '../kernel/database/index.js';
import { keyset, type Page, toPage } from '../kernel/http/page.js';
import { newId } from '../kernel/ids/ids.js';
import type { Caller } from '../kernel/tenancy/caller.js';
import { type ImagePlace, isAbout, isExempt, judge, type Policy, type Verdict } from './image-policies.rules.js';
import { ImageReports } from './image-reports.service.js';
import { ImageSignatures } from './image-signatures.service.js';
import { toPolicy, withExemptions } from './policies.codec.js';
import { type VerdictQuery, type verdictAnswer } from './policies.dto.js';
import { fail } from './policies.errors.js';

type VerdictAnswer = ReturnType<typeof verdictAnswer.parse>;

/** What is about to run. */
export interface ImageUse extends ImagePlace {
  readonly image: string;
  /** The path of the release or rollout, for those who read the verdicts. */
  readonly resource: string;
  readonly environment?: string;
}

const outcomes = { audit: 'noted', warn: 'warned', enforce: 'refused' } as const;

/** Judges images by the policies that hold in a place. */
@Injectable()
export class ImageAdmission {
  constructor(
    private readonly database: Database,
    private readonly signatures: ImageSignatures,
    private readonly reports: ImageReports,
    private readonly clock: Clock,
    @Inject(CONFIG) private readonly config: Pick<Configuration, 'registryHost'>,
  ) {}

  /** What would be said of the image there; nothing is written. */
  async judge(place: ImagePlace, image: string): Promise<Verdict[]> {
    return this.judgeBy(await this.policiesOf(place.tenantId), place, image);
  }

  /** As `judge`, by policies that need not be there. */
  async judgeBy(policies: readonly Policy[], place: ImagePlace, image: string): Promise<Verdict[]> {
    const { registryHost } = this.config;
    const now = this.clock.now();
    const about = policies.filter(
      (policy) => isAbout(policy, place) && !isExempt(policy, image, place, now, registryHost),
    );
    let reports: ReturnType<ImageReports['find']> | undefined;
    const verdicts = about.map((policy) =>
      judge(
        policy,
        image,
        { place, now, registryHost },
        {
          signature: (keys) => this.signatures.find(image, keys),
          reports: () => {
            reports ??= this.reports.find(image, { id: place.tenantId });
            return reports;
          },
        },
      ),
    );
    return (await Promise.all(verdicts)).flat();
  }

  /** Judges and writes the verdicts down; throws 422 `image-refused` when a policy that is enforced is broken. */
  async require(caller: Pick<Caller, 'actor'>, use: ImageUse): Promise<void> {
    const refusals = (await this.decide(caller, use)).filter(({ mode }) => mode === 'enforce');
    if (refusals.length === 0) return;
    throw fail('image-refused', {
      detail: refusals.map(({ policy, message, remedy }) => `Image policy ${policy}: ${message} ${remedy}`).join(' '),
      errors: refusals.map(({ rule, message }) => ({ path: 'image', code: `image-${rule}`, message })),
    });
  }

  /** As `require`, for the worker: the reason of a refusal, or undefined. */
  async findRefusal(actor: string, use: ImageUse): Promise<string | undefined> {
    const verdicts = await this.decide({ actor: { username: actor } }, use);
    const refusal = verdicts.find(({ mode }) => mode === 'enforce');
    return refusal && `The image policy ${refusal.policy} refuses it: ${refusal.message} ${refusal.remedy}`;
  }

  async listVerdicts(tenantId: string | undefined, query: VerdictQuery): Promise<Page<VerdictAnswer>> {
    const { where, orderBy, take } = keyset<Prisma.ImageVerdictWhereInput>(query, 'at', {
      direction: 'desc',
      type: 'date',
    });
    const rows = await this.database.read.imageVerdict.findMany({
      where: {
        AND: [where],
        tenantId,
        outcome: query.outcome,
        image: query.q ? { contains: query.q } : undefined,
      },
      include: { policy: { select: { name: true } } },
      orderBy,
      take,
    });
    return toPage(
      rows,
      query.limit,
      (row) => [row.at, row.id],
      ({ id, policy, image, rule, message, outcome, resource, environment, actor, at }) =>
        ({
          id,
          policy: policy.name,
          image,
          rule,
          message,
          outcome,
          resource,
          environment,
          actor,
          at: at.toISOString(),
        }) as VerdictAnswer,
    );
  }

  private async decide(caller: { actor: { username: string } }, use: ImageUse): Promise<Verdict[]> {
    const verdicts = await this.judge(use, use.image);
    if (verdicts.length === 0) return verdicts;
    await this.database.read.imageVerdict.createMany({
      data: verdicts.map(({ policyId, mode, rule, message }) => ({
        id: newId(),
        policyId,
        tenantId: use.tenantId,
        resource: use.resource,
        environment: use.environment,
        image: use.image,
        rule,
        outcome: outcomes[mode],
        message,
        actor: caller.actor.username,
      })),
    });
    return verdicts;
  }

  private async policiesOf(tenantId: string): Promise<Policy[]> {
    const rows = await this.database.read.imagePolicy.findMany({
      where: { OR: [{ tenantId: null }, { tenantId }] },
      include: withExemptions,
      orderBy: { name: 'asc' },
    });
    return rows.map(toPolicy);
  }
}
