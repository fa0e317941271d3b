import { ApiError } from '../api-error.js';
import { type Element, pathText } from './element.js';
import { type FieldSet, pathsOf } from './field-set.js';
import { identityOf, type Owner } from './owner.js';

/** A field that another owner has set to a value of its own. */
export interface Conflict {
  readonly owner: Owner;
  readonly path: readonly Element[];
}

export function conflictsOf(owner: Owner, fields: FieldSet): Conflict[] {
  return pathsOf(fields).map((path) => ({ owner, path }));
}

/** 409 that names every field and its owner. */
export function conflictError(conflicts: readonly Conflict[]): ApiError {
  const ordered = [...conflicts].sort((a, b) => compareTexts(identityOf(a.owner), identityOf(b.owner)));
  const causes = ordered.map(({ owner, path }) => ({
    reason: 'FieldManagerConflict',
    message: `conflict with ${ownerText(owner)}`,
    field: pathText(path),
  }));
  return new ApiError(409, 'Conflict', messageOf(ordered), { causes });
}

function messageOf(conflicts: readonly Conflict[]): string {
  const [only] = conflicts;
  if (only && conflicts.length === 1)
    return `Apply failed with 1 conflict: conflict with ${ownerText(only.owner)}: ${pathText(only.path)}`;
  const lines: string[] = [];
  let last: Owner | undefined;
  for (const { owner, path } of conflicts) {
    if (owner !== last) lines.push(`conflicts with ${ownerText(owner)}:`);
    last = owner;
    lines.push(`- ${pathText(path)}`);
  }
  return `Apply failed with ${conflicts.length} conflicts: ${lines.join('\n')}`;
}

function ownerText({ manager, operation, apiVersion, subresource }: Owner): string {
  const name = JSON.stringify(manager) + (subresource === '' ? '' : ` with subresource ${JSON.stringify(subresource)}`);
  return operation === 'Update' ? `${name} using ${apiVersion}` : name;
}

function compareTexts(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
