import { z } from 'zod';
import { objectFields, pageOf, pageQuerySchema } from '../kernel/http/schemas.js';

export const createDomainSchema = z
  .strictObject({ hostname: z.string().trim().toLowerCase().min(3).max(253) })
  .meta({ id: 'CreateDomain', example: { hostname: 'shop.example.com' } });
export type CreateDomain = z.output<typeof createDomainSchema>;

export const domainSchema = z
  .object({ ...objectFields, hostname: z.string(), isDefault: z.boolean(), url: z.string() })
  .meta({ id: 'Domain' });
export type DomainAnswer = z.output<typeof domainSchema>;
export const domainPageSchema = pageOf(domainSchema).meta({ id: 'DomainPage' });
export const domainQuerySchema = pageQuerySchema;
