import { z } from 'zod';

/** A DNS label (RFC 1123), unique in its parent, that never changes. At most 40 characters leave room in longer names. */
export const nameSchema = z
  .string()
  .min(2)
  .max(40)
  .regex(/^[a-z]([a-z0-9-]*[a-z0-9])?$/, 'Use a-z, 0-9 and dashes; begin with a letter and do not end with a dash.')
  .meta({ description: 'A DNS label: unique in its parent, never changes.', example: 'shop' });

/**
 * What has no place in a line that people read: controls, what turns text around, and what has no width and no purpose but to make
 * two names look the same. The joiners of Persian and of emoji stay.
 */
const hidden =
  /[\p{Cc}\p{Zl}\p{Zp}\u00AD\u061C\u180E\u200B\u200E\u200F\u202A-\u202E\u2060-\u206F\uFEFF\u{E0000}-\u{E007F}]/u;

/** A line of text for people: any script, nothing hidden. */
export const lineSchema = z
  .string()
  .trim()
  .refine((text) => !hidden.test(text), 'Leave out control characters, line ends and characters that cannot be seen.');

export const displayNameSchema = lineSchema.min(1).max(200);

export const timeSchema = z.string().meta({ format: 'date-time', description: 'RFC 3339, UTC.' });

/** What every object that has a name answers. */
export const objectFields = {
  id: z.string().meta({ format: 'uuid', description: 'UUIDv7; never changes.' }),
  name: z.string(),
  createdAt: timeSchema,
  updatedAt: timeSchema,
  version: z.int().meta({ description: 'Grows with each change; in the ETag.' }),
};

/** What every list takes. Extend it with field filters: `pageQuerySchema.extend({ state: … })`. */
export const pageQuerySchema = z.strictObject({
  limit: z.coerce.number().int().min(1).max(500).default(50),
  cursor: z.string().max(500).optional().meta({ description: 'The `nextCursor` of the page before.' }),
  q: z.string().max(200).optional().meta({ description: 'Only what has this text in its name.' }),
  fields: z.string().max(500).optional().meta({ description: 'Comma-separated: only these fields of each object.' }),
});
export type PageQuery = z.output<typeof pageQuerySchema>;

/** What a route without a query of its own takes. */
export const noQuerySchema = z.strictObject({
  fields: z.string().max(500).optional().meta({ description: 'Comma-separated: only these fields.' }),
});

/** `{ items, nextCursor }` of a schema with an id in its meta. */
export function pageOf<T extends z.ZodType>(item: T) {
  return z.object({
    items: z.array(item),
    nextCursor: z.string().nullable().meta({ description: 'Null on the last page.' }),
  });
}

export const problemSchema = z
  .object({
    type: z.string().meta({ format: 'uri' }),
    title: z.string(),
    status: z.int(),
    code: z.string().meta({ description: 'Stable, kebab-case; docs/errors.md lists them.' }),
    detail: z.string(),
    errors: z.array(z.object({ path: z.string(), code: z.string(), message: z.string() })).optional(),
    remedy: z.string(),
    requestId: z.string(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 problem details.' });
