import { formatQuantity, parseExact } from '@slipway/orchestrator/kinds';

/** Canonical names are those of Kubernetes' ResourceQuota where it has one; these are short ways to say them. */
const aliases: Readonly<Record<string, string>> = {
  cpu: 'requests.cpu',
  memory: 'requests.memory',
  storage: 'requests.storage',
  gpu: 'requests.nvidia.com/gpu',
};

const milliResources = new Set(['requests.cpu', 'limits.cpu']);
const byteResources = new Set([
  'requests.memory',
  'limits.memory',
  'requests.storage',
  'requests.ephemeral-storage',
  'limits.ephemeral-storage',
  'image-bytes',
  'upload-bytes',
]);
const countResources = new Set([
  'pods',
  'services',
  'persistentvolumeclaims',
  'routes',
  'projects',
  'environments',
  'applications',
  'domains',
]);
/** Used up rather than held: what is used stays used until its period ends. */
const periods: Readonly<Record<string, Period>> = { 'build-minutes': 'month' };

const extendedPattern =
  /^requests\.[a-z0-9]([a-z0-9.-]{0,61}[a-z0-9])?\/[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?$/;
const countPattern = /^count\/[a-z]([a-z0-9-]{0,61}[a-z0-9])?(\.[a-z0-9]([a-z0-9.-]{0,200}[a-z0-9])?)?$/;

/** Before the resources of a claim that no limit counts: room that a namespace needs while a rollout goes on. */
export const surgePrefix = 'surge:';

/** PostgreSQL's bigint less some room, so that sums over a tenant's parts stay in it. */
export const largestAmount = 2n ** 61n;

type Period = 'month';

/** The canonical name of a resource; undefined where there is none such. */
export function toResource(text: string): string | undefined {
  const name = aliases[text] ?? text;
  const isKnown =
    milliResources.has(name) ||
    byteResources.has(name) ||
    countResources.has(name) ||
    name === 'build-minutes' ||
    extendedPattern.test(name) ||
    countPattern.test(name);
  return isKnown ? name : undefined;
}

/** The period after which use starts anew; undefined for what is held. */
export const periodOf = (resource: string): Period | undefined => periods[withoutPeriod(resource)];

/** `build-minutes` in November → `build-minutes@2026-11`, in UTC; others as they are. */
export function inPeriod(resource: string, now: Date): string {
  const period = periods[resource];
  if (!period) return resource;
  return `${resource}@${now.toISOString().slice(0, 7)}`;
}

/** When the period of now ends; undefined for what is held. */
export function periodEnd(resource: string, now: Date): Date | undefined {
  const period = periodOf(resource);
  if (!period) return undefined;
  return new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1, 1));
}

export const withoutPeriod = (resource: string): string => resource.split('@')[0] ?? resource;

/** In base units (thousandths for CPU, else whole ones), rounded up as Kubernetes does; undefined where it is no amount of it. */
export function parseAmount(resource: string, text: string | number): bigint | undefined {
  const nano = parseExact(text)?.nano;
  if (nano === undefined || nano < 0n) return undefined;
  const unit = milliResources.has(withoutPeriod(resource)) ? 1_000_000n : 1_000_000_000n;
  const amount = (nano + unit - 1n) / unit;
  return amount > largestAmount ? undefined : amount;
}

/**
 * As `parseAmount`, for what people write: what makes no sense of the resource is no amount, too. Pieces and minutes are whole, bytes as
 * well (`500m` bytes is a slip of the pen), and a suffix of bytes is no suffix of cores or pieces.
 */
export function parseStrictAmount(resource: string, text: string | number): bigint | undefined {
  const name = withoutPeriod(resource);
  const written = String(text);
  const isBytes = byteResources.has(name);
  if (!isBytes && written.endsWith('i')) return undefined;
  const exact = milliResources.has(name) ? 1n : 1_000_000_000n;
  if ((parseExact(written)?.nano ?? 0n) % exact !== 0n) return undefined;
  return parseAmount(resource, text);
}

/** As Kubernetes writes it: `1500m`, `2Gi`, `12`. */
export function formatAmount(resource: string, amount: bigint): string {
  const name = withoutPeriod(resource);
  const isMilli = milliResources.has(name);
  const nano = amount * (isMilli ? 1_000_000n : 1_000_000_000n);
  if (isMilli || !byteResources.has(name)) return isMilli ? formatQuantity({ nano, format: 'DecimalSI' }) : `${amount}`;
  return formatQuantity({ nano, format: 'BinarySI' });
}
