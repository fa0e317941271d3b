import { z } from 'zod';

/** A DNS label, as every name in the API is. Messages are keys under `validation`. */
export const nameSchema = z
  .string()
  .min(1, 'required')
  .max(40, 'nameTooLong')
  .regex(/^[a-z]([a-z0-9-]*[a-z0-9])?$/, 'nameShape');

/** The nearest valid name to what someone typed. */
export function toName(text: string): string {
  return text
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, '-')
    .replace(/^[^a-z]+|-+$/g, '')
    .slice(0, 40);
}
