import { Injectable } from '@nestjs/common';
import { Database, type Prisma } from '../kernel/database/index.js';
import { ImageAdmission } from './image-admission.service.js';
import type { Policy, Verdict } from './image-policies.rules.js';
import { toPolicy } from './policies.codec.js';
import type { DryRun, DryRunAnswer } from './policies.dto.js';
import { fail } from './policies.errors.js';
import { PolicySettings, requireRule } from './policy-settings.service.js';

type Owner = { readonly id: string; readonly name: string } | null;

const mostPlaces = 5_000;
/** Signatures and reports are asked of the registry. */
const atOnce = 8;
const withPlace = {
  release: { select: { number: true, image: true } },
  environment: { select: { name: true, kind: true } },
  application: { select: { name: true, project: { select: { name: true, tenant: { select: { name: true } } } } } },
} satisfies Prisma.PlacementInclude;
type Place = Prisma.PlacementGetPayload<{ include: typeof withPlace }>;

/** What a policy would say of the images that run now. */
@Injectable()
export class PolicyDryRun {
  constructor(
    private readonly database: Database,
    private readonly admission: ImageAdmission,
    private readonly settings: PolicySettings,
  ) {}

  async run(owner: Owner, body: DryRun): Promise<DryRunAnswer> {
    requireRule(body);
    const policy = await this.toPolicy(owner, body);
    const places = await this.database.read.placement.findMany({
      where: { tenantId: owner?.id, releaseId: { not: null } },
      include: withPlace,
      orderBy: { id: 'asc' },
      take: mostPlaces,
    });
    const judged = new Map<string, Promise<Verdict[]>>();
    const judge = (tenantId: string, environmentKind: string, image: string) => {
      const key = JSON.stringify([tenantId, environmentKind, image]);
      const verdicts = judged.get(key) ?? this.admission.judgeBy([policy], { tenantId, environmentKind }, image);
      judged.set(key, verdicts);
      return verdicts;
    };
    const items: DryRunAnswer['items'] = [];
    for (let start = 0; start < places.length; start += atOnce) {
      const batch = places.slice(start, start + atOnce).map(async (place) => {
        const verdicts = await judge(place.tenantId, place.environment.kind, place.release?.image ?? '');
        return verdicts.length > 0 ? [toItem(place, verdicts)] : [];
      });
      items.push(...(await Promise.all(batch)).flat());
    }
    const images = new Set(places.map(({ release }) => release?.image)).size;
    return { images, passed: places.length - items.length, items };
  }

  private async toPolicy(owner: Owner, body: DryRun): Promise<Policy> {
    const row = body.policy ? await this.settings.findOwn(owner, body.policy) : undefined;
    if (body.policy && !row) throw fail('image-policy-not-found');
    const { environmentKinds = [], registries = [], requireDigest = false, signatureKeys = [] } = body;
    return {
      id: row?.id ?? '',
      tenantId: owner?.id ?? null,
      name: row?.name ?? '',
      mode: 'enforce',
      environmentKinds,
      registries,
      requireDigest,
      signatureKeys,
      vulnerabilities: body.vulnerabilities ?? null,
      exemptions: row ? toPolicy(row).exemptions : [],
    };
  }
}

function toItem(
  { application, environment, release }: Place,
  verdicts: readonly Verdict[],
): DryRunAnswer['items'][number] {
  return {
    tenant: application.project.tenant.name,
    project: application.project.name,
    application: application.name,
    environment: environment.name,
    release: release?.number ?? 0,
    image: release?.image ?? '',
    reasons: verdicts.map(({ rule, message, remedy }) => ({ rule, message, remedy })),
  };
}
