import type { AuditFilter } from './audit.dto.js';

/** A part of a WHERE clause; each `?` stands for the next of its values. */
export interface Condition {
  readonly sql: string;
  readonly values?: readonly (string | Date | readonly string[])[];
}

/** A filter as conditions that an index can serve: of a prefix, a range of bytes. */
export function toConditions(filter: AuditFilter & { readonly from?: string; readonly to?: string }): Condition[] {
  const { actor, action, resource, outcome, source, from, to } = filter;
  const found: Condition[] = [];
  if (actor) found.push({ sql: 'actor = ?', values: [actor] });
  if (action?.endsWith('*')) found.push(startsWith('action', action.slice(0, -1)));
  else if (action) found.push({ sql: 'action = ?', values: [action] });
  if (resource) {
    // `/` is followed by `0`: all that begins with the path and a slash, and a few names beside it, which the second part leaves out.
    found.push({ sql: '(resource ~>=~ ? AND resource ~<~ ?)', values: [resource, `${resource}0`] });
    // As an `OR` it would have the planner read each of these rows in the table instead of the index.
    found.push({
      sql: 'CASE resource WHEN ? THEN true ELSE starts_with(resource, ?) END',
      values: [resource, `${resource}/`],
    });
  }
  if (outcome) found.push({ sql: 'outcome = ?', values: [outcome] });
  if (source) found.push({ sql: 'source = ?', values: [source] });
  if (from) found.push({ sql: 'at >= ?::timestamptz', values: [new Date(from)] });
  if (to) found.push({ sql: 'at < ?::timestamptz', values: [new Date(to)] });
  return found;
}

/** The conditions as one, its values numbered from `after` + 1. */
export function toWhere(conditions: readonly Condition[], after = 0): { text: string; values: unknown[] } {
  let number = after;
  const parts = conditions.map(({ sql }) => sql.replaceAll('?', () => `$${++number}`));
  const values = conditions.flatMap(({ values: own = [] }) => own);
  return { text: parts.join(' AND ') || 'true', values };
}

function startsWith(column: string, prefix: string): Condition {
  if (prefix === '') return { sql: 'true' };
  return { sql: `(${column} ~>=~ ? AND ${column} ~<~ ?)`, values: [prefix, `${prefix}\u{10ffff}`] };
}
