import type { Prisma } from '../kernel/database/index.js';
import type { ApplicationSource, BuildSpec, Processes, ReleaseHooks, Scaling } from './applications.rules.js';
import type { Slot } from './kube-objects.rules.js';

/** Columns of JSON hold what our own schemas accepted: they are read back as that. */
export const readProcesses = (value: unknown): Processes => value as Processes;
export const readSource = (value: unknown): ApplicationSource => value as ApplicationSource;
export const readBuild = (value: unknown): BuildSpec => value as BuildSpec;
export const readHooks = (value: unknown): ReleaseHooks => value as ReleaseHooks;
export const readScaling = (value: unknown): Scaling => value as Scaling;
export const readSlot = ({ slot }: { readonly slot: string }): Slot => (slot === 'b' ? 'b' : 'a');

/** A value for a column of JSON: members that are undefined are left out. */
export function toColumn(value: object): Prisma.InputJsonObject {
  return JSON.parse(JSON.stringify(value)) as Prisma.InputJsonObject;
}
