import { z } from 'zod';

/** What a container runs. */
export const commandSchema = z
  .union([z.string().min(1).max(4000), z.array(z.string().max(4000)).min(1).max(100)])
  .meta({ description: "A line for the image's shell, or a list that runs as it is." });
