import { z } from 'zod';

/** Leaves room for the application's name and a release's number in names of at most 63 characters. */
export const processNameSchema = z
  .string()
  .min(1)
  .max(20)
  .regex(/^[a-z]([a-z0-9-]*[a-z0-9])?$/, 'Use a-z, 0-9 and dashes, such as web or worker.');
