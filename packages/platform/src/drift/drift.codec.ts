import type { Manifest } from '../applications/application-scopes.service.js';
import type { DriftModel, Prisma } from '../kernel/database/index.js';
import type { Finding } from './drift.rules.js';

/** Columns of JSON hold what our own rules made: they are read back as that. */
export const readFindings = (row: Pick<DriftModel, 'findings'> | null): readonly Finding[] =>
  (row?.findings ?? []) as unknown as readonly Finding[];
export const readWanted = (row: Pick<DriftModel, 'wanted'>): readonly Manifest[] =>
  row.wanted as unknown as readonly Manifest[];

/** A value for a column of JSON: members that are undefined are left out. */
export const toList = (values: readonly object[]): Prisma.InputJsonArray =>
  JSON.parse(JSON.stringify(values)) as Prisma.InputJsonArray;
