import { podSecurityHelpAnnotation, runAsUserAnnotation } from '@slipway/orchestrator/kinds';

/** The two of the Pod Security Standards' levels that a tenant's namespaces can be held to. */
export const podSecurityLevels = ['restricted', 'baseline'] as const;
export type PodSecurityLevel = (typeof podSecurityLevels)[number];

/** What is no level counts as the strictest. */
export const toPodSecurityLevel = (text: string): PodSecurityLevel => (text === 'baseline' ? 'baseline' : 'restricted');

export const enforceLabel = 'pod-security.kubernetes.io/enforce';

const firstUser = 1_000_000_000;
const usersEach = 1_000;

/** The user that a namespace's pods run as where nobody names another: of no other namespace, and the same for ever. */
export const userOfEnvironment = (ordinal: number): number => firstUser + ordinal * usersEach;

/** What the namespace is labelled and annotated with. */
export function toNamespaceMarks(
  level: PodSecurityLevel,
  user: number | undefined,
  project: { readonly tenant: string; readonly project: string },
) {
  return {
    labels: { [enforceLabel]: level },
    annotations: {
      [podSecurityHelpAnnotation]: helpOf(level, project),
      ...(user !== undefined && { [runAsUserAnnotation]: String(user) }),
    } satisfies Record<string, string>,
  };
}

function helpOf(level: PodSecurityLevel, { tenant, project }: { tenant: string; project: string }): string {
  if (level === 'baseline') return 'Pods of tenants reach neither the node nor its network.';
  return [
    'Leave these fields out: Slipway fills them, and runs images of root as a user of the namespace.',
    `Where an image needs root, ask for it: slipway requests create pod-security tenant=${tenant} project=${project} level=baseline --reason …`,
  ].join(' ');
}

/** Whom an image is made to run as, by its configuration. */
export type ImageUser =
  | { readonly kind: 'number'; readonly name: string }
  | { readonly kind: 'root' | 'name'; readonly name: string }
  | { readonly kind: 'unknown'; readonly name: null };

/** Reads `config.User` of an image: `1000`, `1000:1000`, `node`, or nothing. */
export function toImageUser(user: string | undefined): ImageUser {
  const name = user ?? '';
  const [owner = ''] = name.split(':');
  if (owner === '' || owner === 'root' || /^0+$/.test(owner)) return { kind: 'root', name };
  return /^\d+$/.test(owner) ? { kind: 'number', name } : { kind: 'name', name };
}

/** Says what will be different from what the image's maker meant; null: nothing. */
export function warnOf(image: string, user: ImageUser, level: PodSecurityLevel): string | null {
  if (level === 'baseline' || user.kind === 'number') return null;
  const remedy =
    'If it does not start: give its Dockerfile a numbered user (USER 1000) that owns what it writes, or ask for the Pod Security level baseline.';
  if (user.kind === 'unknown')
    return `Nobody here knows whom ${image} runs as. Here it does not run as root. ${remedy}`;
  const meant = user.kind === 'root' ? 'as root' : `as ${JSON.stringify(user.name)}, which is no number`;
  return `${image} is made to run ${meant}. Here it runs as a numbered user of its namespace instead. ${remedy}`;
}
