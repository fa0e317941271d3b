/** A secret as a config version keeps it. */
export interface SealedSecret {
  /** The number of the config version that set it: never the same for two values. */
  readonly version: number;
  readonly sealed: string;
  readonly updatedAt: string;
  /** Whether the value may be read by people: else it goes to the cluster only. */
  readonly revealable?: boolean;
}

export const readSecrets = (value: unknown): Readonly<Record<string, SealedSecret>> =>
  value as Record<string, SealedSecret>;

/** What a sealed value is bound to: one that is moved to another owner (tenant, project, environment, placement) or name does not open. */
export const sealContext = (ownerId: string, name: string): string => `config/${ownerId}/${name}`;
