export const driftPolicies = ['show', 'heal'] as const;
export type DriftPolicy = (typeof driftPolicies)[number];

interface Place {
  readonly placement: { readonly driftPolicy: string | null };
  readonly environment: { readonly driftPolicy: string };
}

/** What is done about objects that were changed by hand: the application's own word, or its environment's. */
export const policyOf = ({ placement, environment }: Place): DriftPolicy =>
  (placement.driftPolicy ?? environment.driftPolicy) === 'heal' ? 'heal' : 'show';
