import * as z from 'zod/mini';

/** A DNS label, as every name in the API is. Messages are keys under `validation`. */
export const nameSchema = z
  .string()
  .check(
    z.minLength(1, 'required'),
    z.maxLength(40, 'nameTooLong'),
    z.regex(/^[a-z]([a-z0-9-]*[a-z0-9])?$/, 'nameShape'),
  );

/** The nearest valid name to what someone typed. */
export function toName(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '')
    .slice(0, 40);
}
