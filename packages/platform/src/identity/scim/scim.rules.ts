import { type ScimPatchOperation, type ScimResource, scimPatch } from 'scim-patch';
import { type Filter, parse } from 'scim2-parse-filter';
import { z } from 'zod';
import { ScimError } from './scim.errors.js';

export const userSchemaId = 'urn:ietf:params:scim:schemas:core:2.0:User';
export const groupSchemaId = 'urn:ietf:params:scim:schemas:core:2.0:Group';
export const listSchemaId = 'urn:ietf:params:scim:api:messages:2.0:ListResponse';
export const maxResults = 500;

/** Entra sends booleans as `"True"` and `"False"`. */
const flag = z.preprocess(
  (value) => (typeof value === 'string' && /^(true|false)$/i.test(value) ? value.toLowerCase() === 'true' : value),
  z.boolean(),
);
const text = z.string().max(300);
const optionalText = text.nullish().transform((value) => value?.trim() || undefined);

/** What we keep of a user; the rest of what a directory sends is let go, as the RFC has it. */
export const userBody = z.object({
  userName: text.trim().min(1),
  externalId: optionalText,
  displayName: optionalText,
  name: z.object({ formatted: optionalText, givenName: optionalText, familyName: optionalText }).nullish(),
  emails: z
    .array(z.object({ value: text, primary: flag.nullish(), type: text.nullish() }))
    .max(50)
    .nullish(),
  active: flag.nullish().transform((value) => value ?? true),
});
export type UserBody = z.output<typeof userBody>;

export const groupBody = z.object({
  displayName: z.string().trim().min(1).max(200),
  externalId: optionalText,
  members: z
    .array(z.object({ value: text }))
    .max(20_000)
    .nullish()
    .transform((members) => members ?? []),
});
export type GroupBody = z.output<typeof groupBody>;

const patchBody = z.object({
  Operations: z
    .array(z.object({ op: z.string(), path: z.string().max(500).optional(), value: z.unknown().optional() }))
    .min(1)
    .max(1_000),
});

export const listQuery = z.object({
  filter: z.string().max(2_000).optional(),
  startIndex: z.coerce
    .number()
    .int()
    .catch(1)
    .default(1)
    .transform((index) => Math.max(1, index)),
  count: z.coerce
    .number()
    .int()
    .catch(100)
    .default(100)
    .transform((count) => Math.min(maxResults, Math.max(0, count))),
});
export type ListQuery = z.output<typeof listQuery>;

/** Parses a body. Throws `invalidValue` that names the first wrong attribute. */
export function parseBody<T>(schema: z.ZodType<T>, body: unknown): T {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new ScimError(400, `${issue?.path.join('.') || 'The body'}: ${issue?.message ?? 'is wrong'}`, 'invalidValue');
}

/** The mail address that counts: the primary one, else the first. */
export function mailOf({ emails }: UserBody): string | null {
  const all = emails ?? [];
  return (all.find(({ primary }) => primary) ?? all[0])?.value ?? null;
}

export function displayNameOf({ displayName, name, userName }: UserBody): string {
  const parts = [name?.givenName, name?.familyName].filter(Boolean).join(' ');
  return (displayName ?? name?.formatted ?? (parts || userName)).slice(0, 200);
}

const attributes = ['schemas', 'id', 'externalId', 'userName', 'displayName', 'name', 'emails', 'active', 'members'];
const canonical = new Map(attributes.map((name) => [name.toLowerCase(), name]));

/**
 * The resource after the operations of a PATCH. Names of attributes are taken in any case, and an operation without a path is
 * one for each attribute of its value. Nothing may reach for the prototype: the library would follow it there.
 */
export function applyPatch(resource: object, body: unknown): unknown {
  const { Operations: operations } = parseBody(patchBody, body);
  const plain = operations.flatMap((operation): ScimPatchOperation[] => {
    const op = toOp(operation.op);
    if (hasPrototype(operation)) throw new ScimError(400, 'No such attribute.', 'invalidPath');
    if (operation.path !== undefined) return [{ ...operation, op, path: toCanonical(operation.path) }];
    if (op === 'remove') throw new ScimError(400, 'A remove operation needs a path.', 'invalidPath');
    const { value } = operation;
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw new ScimError(400, 'Without a path, the value must be an object.', 'invalidSyntax');
    }
    return Object.entries(value).map(([name, item]) => ({ op, path: toCanonical(name), value: item }));
  });
  try {
    const meta = { created: new Date(0), lastModified: new Date(0) };
    const copy: ScimResource = { schemas: [], meta, ...structuredClone(resource) };
    return scimPatch(copy, plain, { mutateDocument: false });
  } catch (error) {
    throw new ScimError(400, error instanceof Error ? error.message : 'The patch cannot be applied.', 'invalidPath');
  }
}

function toOp(op: string): 'add' | 'replace' | 'remove' {
  const name = op.toLowerCase();
  if (name === 'add' || name === 'replace' || name === 'remove') return name;
  throw new ScimError(400, `There is no operation ${op.slice(0, 30)}.`, 'invalidSyntax');
}

/** `username` → `userName`, `Emails[type eq "work"].value` → `emails[…`; with or without the schema's URN before it. */
function toCanonical(path: string): string {
  const bare = path.replace(new RegExp(`^(${userSchemaId}|${groupSchemaId}):`, 'i'), '');
  return bare.replace(/^[a-zA-Z]+/, (name) => canonical.get(name.toLowerCase()) ?? name);
}

function hasPrototype(value: unknown): boolean {
  return /__proto__|\bconstructor\b|\bprototype\b/.test(JSON.stringify(value) ?? '');
}

/** The filter as a tree; undefined without one. Throws `invalidFilter`. */
export function parseFilter(filter: string | undefined): Filter | undefined {
  if (filter === undefined || filter.trim() === '') return undefined;
  try {
    return parse(filter);
  } catch {
    throw new ScimError(400, 'The filter cannot be read.', 'invalidFilter');
  }
}

/** How an attribute is compared: makes a condition of the operator and the value, or undefined when it cannot be. */
export type Comparison<Where> = (op: string, value: string | number | boolean | null) => Where | undefined;

/**
 * A filter as a condition on rows. `compare` has the attributes that can be filtered by, in lower case without the schema's URN;
 * `emails[type eq "work" and value eq "x"]` is read as `emails.value eq "x"`, since we keep one address.
 */
export function toWhere<Where extends object>(filter: Filter, compare: ReadonlyMap<string, Comparison<Where>>): Where {
  const join = (key: 'AND' | 'OR', terms: readonly Where[]): Where => ({ [key]: terms }) as Where;
  const visit = (node: Filter, parent: string, depth: number): Where => {
    if (depth > 20) throw new ScimError(400, 'The filter is too deep.', 'invalidFilter');
    switch (node.op) {
      case 'and':
      case 'or':
        return join(
          node.op === 'and' ? 'AND' : 'OR',
          node.filters.map((term) => visit(term, parent, depth + 1)),
        );
      case 'not':
        return { NOT: visit(node.filter, parent, depth + 1) } as Where;
      case '[]':
        return visit(node.valFilter, `${parent}${bareName(node.attrPath)}.`, depth + 1);
      default: {
        const name = `${parent}${bareName(node.attrPath)}`;
        if (name === 'emails.type' || name === 'emails.primary' || name === 'members.type') return {} as Where;
        const value = 'compValue' in node ? node.compValue : null;
        const where = compare.get(name)?.(node.op, value);
        if (!where) throw new ScimError(400, `Cannot filter by ${name} ${node.op}.`, 'invalidFilter');
        return where;
      }
    }
  };
  return visit(filter, '', 0);
}

const bareName = (path: string): string => path.replace(/^urn:[^ ]*:(User|Group):/i, '').toLowerCase();

type TextCondition =
  | { equals: string; mode?: 'insensitive' }
  | { contains: string; mode: 'insensitive' }
  | { startsWith: string; mode: 'insensitive' }
  | { endsWith: string; mode: 'insensitive' }
  | { not: null };

/** How a text column is compared: without regard to case unless `isExact`. Throws `invalidFilter`. */
export function textCondition(op: string, value: unknown, isExact = false): TextCondition {
  if (op === 'pr') return { not: null };
  // A backslash, % or _ would be a pattern's.
  const literal = String(value).replace(/[\\%_]/g, '\\$&');
  const mode = 'insensitive' as const;
  if (typeof value === 'string') {
    if (op === 'eq') return isExact ? { equals: value } : { equals: literal, mode };
    if (op === 'co') return { contains: literal, mode };
    if (op === 'sw') return { startsWith: literal, mode };
    if (op === 'ew') return { endsWith: literal, mode };
  }
  throw new ScimError(400, `A text cannot be compared by ${op}.`, 'invalidFilter');
}

/** How a time is compared. */
export function timeCondition(op: string, value: unknown): Record<string, Date> | undefined {
  const key = { gt: 'gt', ge: 'gte', lt: 'lt', le: 'lte', eq: 'equals' }[op];
  const at = typeof value === 'string' ? new Date(value) : undefined;
  return key && at && !Number.isNaN(at.getTime()) ? { [key]: at } : undefined;
}

export function toList(query: ListQuery, totalResults: number, resources: readonly object[]) {
  return {
    schemas: [listSchemaId],
    totalResults,
    startIndex: query.startIndex,
    itemsPerPage: resources.length,
    Resources: resources,
  };
}

export const toEtag = (version: number): string => `W/"${version}"`;

/** Throws 412 when If-Match names another version. */
export function requireMatch(ifMatch: string | undefined, version: number): void {
  if (!ifMatch || ifMatch.trim() === '*') return;
  const tags = ifMatch.split(',').map((tag) => tag.trim().replace(/^W\//, ''));
  if (!tags.includes(`"${version}"`)) throw new ScimError(412, 'The resource has changed: read it again.');
}
