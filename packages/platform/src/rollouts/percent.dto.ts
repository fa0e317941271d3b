import { z } from 'zod';

/** Of the traffic, to a tenth. */
export const percentSchema = z.number().min(0).max(100).multipleOf(0.1);
