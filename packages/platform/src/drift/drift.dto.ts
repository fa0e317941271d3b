import { z } from 'zod';
import type { DriftModel } from '../kernel/database/index.js';
import { timeSchema } from '../kernel/http/schemas.js';
import { readFindings } from './drift.codec.js';
import { type Finding, isOpen, showPath } from './drift.rules.js';
import { type DriftPolicy, driftPolicies } from './drift-policy.rules.js';

const policySchema = z.enum(driftPolicies).meta({
  description: '`show`: what was changed by hand is shown; `heal`: it is put back within a minute or two.',
});

const itemSchema = z
  .object({
    kind: z.enum(['ConfigMap', 'Secret', 'Pod', 'Deployment', 'Service', 'HTTPRoute', 'ListenerSet']),
    name: z.string(),
    path: z.string().meta({
      description: 'The field; empty for the object itself.',
      example: 'spec.template.spec.containers[web].image',
    }),
    change: z.enum(['deleted', 'changed', 'removed', 'added']).meta({
      description: '`deleted`: the object is gone. Of a field: `removed` is gone, `added` was not there.',
    }),
    wanted: z.unknown().meta({ description: 'What the platform wrote; null where nothing.' }),
    found: z.unknown().meta({ description: 'What is there; null where nothing.' }),
    isHidden: z
      .boolean()
      .meta({ description: 'Both values are left out: a secret, or configuration you may not read.' }),
    since: timeSchema,
    accepted: z
      .object({ by: z.string(), at: timeSchema, reason: z.string() })
      .nullable()
      .meta({ description: 'Somebody lets it be, until the next release or until it changes again.' }),
  })
  .meta({ id: 'DriftItem' });

export const driftSchema = z
  .object({
    version: z.int(),
    policy: policySchema,
    policyFrom: z.enum(['application', 'environment']).meta({ description: 'Whose word the policy is.' }),
    state: z.enum(['unknown', 'rolling-out', 'none', 'accepted', 'drifted']).meta({
      description: '`unknown`: never looked at. `rolling-out`: a rollout is at work, and nothing is compared.',
    }),
    open: z.int().meta({ description: 'How many differences nobody accepted.' }),
    lookedAt: timeSchema.nullable(),
    items: z.array(itemSchema),
  })
  .meta({ id: 'Drift' });
export type DriftAnswer = z.output<typeof driftSchema>;

export const acceptDriftSchema = z
  .strictObject({
    reason: z.string().trim().min(3).max(500),
    items: z
      .array(z.strictObject({ kind: z.string().max(63), name: z.string().max(253), path: z.string().max(500) }))
      .min(1)
      .max(100)
      .optional()
      .meta({ description: 'Default: all that are open.' }),
  })
  .meta({ id: 'AcceptDrift', example: { reason: 'More pods until the sale is over' } });
export type AcceptDrift = z.output<typeof acceptDriftSchema>;

export const changeDriftPolicySchema = z
  .strictObject({ policy: policySchema.nullable().meta({ description: "Null: the environment's." }) })
  .meta({ id: 'ChangeDriftPolicy' });
export type ChangeDriftPolicy = z.output<typeof changeDriftPolicySchema>;

export const environmentDriftPolicySchema = z
  .object({ version: z.int(), policy: policySchema })
  .meta({ id: 'EnvironmentDriftPolicy' });
export type EnvironmentDriftPolicy = z.output<typeof environmentDriftPolicySchema>;
export const changeEnvironmentDriftPolicySchema = z
  .strictObject({ policy: policySchema })
  .meta({ id: 'ChangeEnvironmentDriftPolicy' });
export type ChangeEnvironmentDriftPolicy = z.output<typeof changeEnvironmentDriftPolicySchema>;

interface Shown {
  readonly row: DriftModel | null;
  readonly policy: DriftPolicy;
  readonly policyFrom: DriftAnswer['policyFrom'];
  readonly version: number;
  readonly isMoving: boolean;
  /** Whether the values of configuration are shown. */
  readonly mayReadConfig: boolean;
}

export function toDriftAnswer({ row, policy, policyFrom, version, isMoving, mayReadConfig }: Shown): DriftAnswer {
  const findings = isMoving ? [] : readFindings(row);
  const open = findings.filter(isOpen).length;
  return {
    version,
    policy,
    policyFrom,
    state: isMoving
      ? 'rolling-out'
      : !row
        ? 'unknown'
        : open > 0
          ? 'drifted'
          : findings.length > 0
            ? 'accepted'
            : 'none',
    open,
    lookedAt: row?.lookedAt.toISOString() ?? null,
    items: findings.map((finding) => toItem(finding, mayReadConfig)),
  };
}

function toItem(finding: Finding, mayReadConfig: boolean): DriftAnswer['items'][number] {
  const { kind, name, path, change, wanted, found, isSecret, since, accepted } = finding;
  // Variables stand in ConfigMaps and in a container's `env`; a command line may hold anything.
  const isConfig =
    kind === 'ConfigMap' || path.some((segment) => typeof segment === 'string' && configFields.has(segment));
  const isHidden = isSecret || (isConfig && !mayReadConfig) || holdsConfig(finding, mayReadConfig);
  const values = isHidden ? { wanted: null, found: null } : { wanted, found };
  return { kind, name, path: showPath(path), change, ...values, isHidden, since, accepted: accepted ?? null };
}

const configFields = new Set(['env', 'envFrom', 'command', 'args']);
/** A container that was added whole brings its variables along. */
const holdsConfig = ({ wanted, found }: Finding, mayReadConfig: boolean): boolean =>
  !mayReadConfig && [wanted, found].some((value) => typeof value === 'object' && value !== null && 'env' in value);
