import { z } from 'zod';
import { timeSchema } from '../kernel/http/schemas.js';
import { isClosedRange, modes } from './network-policies.rules.js';

const modeSchema = z.enum(modes).meta({
  description: 'Who is a neighbour of a namespace: all of its `tenant`, its `project` only, or the `namespace` alone.',
});

const portSchema = z.strictObject({
  protocol: z.enum(['TCP', 'UDP']).default('TCP'),
  port: z.int().min(1).max(65535),
  endPort: z.int().min(1).max(65535).optional(),
});

const rangeSchema = z
  .strictObject({
    cidr: z
      .cidrv4()
      .refine((cidr) => !isClosedRange(cidr), 'Loopback, link-local and multicast ranges are never open.'),
    ports: z
      .array(
        portSchema.refine(
          ({ port, endPort }) => endPort === undefined || endPort >= port,
          '`endPort` is before `port`.',
        ),
      )
      .max(30)
      .optional()
      .meta({ description: 'None: all.' }),
  })
  .meta({ id: 'NetworkRange', example: { cidr: '203.0.113.0/24', ports: [{ protocol: 'TCP', port: 443 }] } });

const egressSchema = z.enum(['open', 'closed', 'list']).meta({
  description: 'Where pods may go outside of the cluster: everywhere, nowhere, or to `allow` only.',
});
const buildsSchema = z.enum(['open', 'closed']).meta({ description: 'Where build pods may go beyond the platform.' });

export const putTenantNetworkBody = z
  .strictObject({
    mode: modeSchema.default('tenant'),
    egress: egressSchema.default('open'),
    allow: z.array(rangeSchema).max(100).default([]),
    builds: buildsSchema.default('open'),
  })
  .meta({ id: 'PutTenantNetwork', example: { mode: 'project', egress: 'closed' } });
export type PutTenantNetwork = z.output<typeof putTenantNetworkBody>;

export const putProjectNetworkBody = z
  .strictObject({ mode: modeSchema.nullable().meta({ description: "Null: the tenant's." }) })
  .meta({ id: 'PutProjectNetwork', example: { mode: 'namespace' } });
export type PutProjectNetwork = z.output<typeof putProjectNetworkBody>;

export const putNetworkQuery = z.strictObject({
  dryRun: z
    .enum(['true', 'false'])
    .default('false')
    .meta({ description: '`true`: answers what would be, and changes nothing.' }),
});
export type PutNetworkQuery = z.output<typeof putNetworkQuery>;

const placeSchema = z
  .object({
    project: z.string(),
    environment: z.string(),
    namespace: z.string(),
    mode: modeSchema,
    reaches: z.array(z.string()).meta({ description: 'The namespaces here whose pods its pods reach.' }),
  })
  .meta({ id: 'NetworkPlace' });

const common = {
  places: z.array(placeSchema),
  version: z.int().meta({ description: '0 while the defaults are in force.' }),
  updatedAt: timeSchema.nullable(),
};

export const tenantNetworkAnswer = z
  .object({ mode: modeSchema, egress: egressSchema, allow: z.array(rangeSchema), builds: buildsSchema, ...common })
  .meta({ id: 'TenantNetwork' });
export type TenantNetworkAnswer = z.output<typeof tenantNetworkAnswer>;

export const projectNetworkAnswer = z
  .object({
    mode: modeSchema.nullable().meta({ description: "Null: the tenant's." }),
    inForce: modeSchema,
    egress: egressSchema.meta({ description: "The tenant's." }),
    ...common,
  })
  .meta({ id: 'ProjectNetwork' });
export type ProjectNetworkAnswer = z.output<typeof projectNetworkAnswer>;
