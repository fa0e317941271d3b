import { z } from 'zod';
import { pageOf, pageQuerySchema, timeSchema } from '../kernel/http/schemas.js';
import { reportFormats, severities } from './vulnerability-reports.rules.js';

export const submitQuery = z.strictObject({
  image: z.string().max(500).optional().meta({
    description: '`sha256:…` or `name@sha256:…`, or a tag in the platform’s registry; else what the report names.',
  }),
  fields: z.string().max(500).optional(),
});
export type SubmitQuery = z.output<typeof submitQuery>;

export const reportQuery = pageQuerySchema.extend({ digest: z.string().max(100).optional() });
export type ReportQuery = z.output<typeof reportQuery>;

const counts = z.object({
  critical: z.int(),
  high: z.int(),
  medium: z.int(),
  low: z.int(),
  negligible: z.int(),
  unknown: z.int(),
});
const fields = {
  id: z.string(),
  name: z.string().meta({ description: 'The digest of the image.' }),
  image: z.string().meta({ description: 'As the report names it.' }),
  tenant: z.string().nullable().meta({ description: 'Null: of the platform, for every tenant.' }),
  format: z.enum(reportFormats),
  scanner: z.string(),
  counts,
  scannedAt: timeSchema,
  reportedBy: z.string(),
  createdAt: timeSchema,
};
export const reportAnswer = z.object(fields).meta({ id: 'ImageReport' });
export type ReportAnswer = z.output<typeof reportAnswer>;
export const reportPage = pageOf(reportAnswer).meta({ id: 'ImageReportPage' });

export const findingSchema = z.object({
  id: z.string(),
  severity: z.enum(severities),
  package: z.string(),
  version: z.string(),
  fixedIn: z.string(),
});
export const fullReportAnswer = z
  .object({ ...fields, findings: z.array(findingSchema).meta({ description: 'The worst first, 5,000 at most.' }) })
  .meta({ id: 'FullImageReport' });
export type FullReportAnswer = z.output<typeof fullReportAnswer>;
export const storedCounts = counts;
