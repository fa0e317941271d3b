import type { ConfigContent } from './config.rules.js';
import type { SealedSecret } from './secret-values.service.js';

/** From the outermost: the nearest to the application wins. */
export const configScopes = ['tenant', 'project', 'environment', 'application'] as const;
export type ConfigScope = (typeof configScopes)[number];

/** One scope's own names, as they lie over those of the scopes around it. */
export interface Layer {
  readonly scope: ConfigScope;
  /** What its secrets are sealed to. */
  readonly ownerId: string;
  readonly content: ConfigContent;
}

/** A name in one layer. */
export type Setting = Pick<Layer, 'scope' | 'ownerId'> &
  ({ readonly value: string } | { readonly secret: SealedSecret });

export interface EffectiveName {
  readonly name: string;
  readonly setting: Setting;
  /** What the outer scopes say, the nearest first. */
  readonly shadows: readonly Setting[];
}

export interface Size {
  readonly names: number;
  /** Of names and values, as they are kept. */
  readonly bytes: number;
}

export const limits: Size = { names: 500, bytes: 512 * 1024 };

/** What counts, in the order of the names. Layers come from the outermost; a name is taken whole, be it variable or secret. */
export function mergeLayers(layers: readonly Layer[]): readonly EffectiveName[] {
  const found = new Map<string, Setting[]>();
  for (const { scope, ownerId, content } of layers) {
    const own: (readonly [string, Setting])[] = [
      ...Object.entries(content.variables).map(([name, value]) => [name, { scope, ownerId, value }] as const),
      ...Object.entries(content.secrets).map(([name, secret]) => [name, { scope, ownerId, secret }] as const),
    ];
    for (const [name, setting] of own) found.set(name, [setting, ...(found.get(name) ?? [])]);
  }
  return [...found]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .flatMap(([name, [setting, ...shadows]]) => (setting ? [{ name, setting, shadows }] : []));
}

/** What the hash of what counts covers: as of one scope alone, but that an outer scope's secret carries its scope. */
export function hashedEffective(names: readonly EffectiveName[]) {
  const [variables, secrets]: [Record<string, string>, Record<string, number | string>] = [{}, {}];
  for (const { name, setting } of names) {
    if ('value' in setting) variables[name] = setting.value;
    else
      secrets[name] =
        setting.scope === 'application' ? setting.secret.version : `${setting.scope} ${setting.secret.version}`;
  }
  return { variables, secrets };
}

const sizeOf = (name: string, setting: string | SealedSecret): Size => ({
  names: 1,
  bytes: Buffer.byteLength(JSON.stringify([name, setting])),
});

const heldBy = (setting: Setting) => ('value' in setting ? setting.value : setting.secret);

/** What merged layers take up is never more than the sum of what each takes up. */
export function measure(content: ConfigContent): Size {
  const variables = Object.entries(content.variables).map(([name, value]) => sizeOf(name, value));
  return add([...variables, ...Object.entries(content.secrets).map(([name, secret]) => sizeOf(name, secret))]);
}

export const measureEffective = (names: readonly EffectiveName[]): Size =>
  add(names.map(({ name, setting }) => sizeOf(name, heldBy(setting))));

export const add = (sizes: readonly Size[]): Size =>
  sizes.reduce((sum, size) => ({ names: sum.names + size.names, bytes: sum.bytes + size.bytes }), {
    names: 0,
    bytes: 0,
  });

export const isOver = ({ names, bytes }: Size): boolean => names > limits.names || bytes > limits.bytes;

/** The first of the changed names, in their order, with which the limits are passed. Undefined within them. */
export function findEdge(names: readonly EffectiveName[], changed: readonly string[]): string | undefined {
  if (!isOver(measureEffective(names))) return undefined;
  let size = measureEffective(names.filter(({ name }) => !changed.includes(name)));
  for (const name of changed) {
    const found = names.find((one) => one.name === name);
    if (found) size = add([size, sizeOf(name, heldBy(found.setting))]);
    if (isOver(size)) return name;
  }
  return changed[0];
}
