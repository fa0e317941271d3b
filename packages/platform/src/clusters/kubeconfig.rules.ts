import { z } from 'zod';

const namedSchema = { name: z.string() };

/** A kubeconfig without a secret: kubectl asks `slipway kubeconfig credential` for a token of an hour. */
export const kubeconfigAnswer = z
  .object({
    apiVersion: z.literal('v1'),
    kind: z.literal('Config'),
    clusters: z.array(z.object({ ...namedSchema, cluster: z.object({ server: z.string() }) })),
    users: z.array(
      z.object({
        ...namedSchema,
        user: z.object({
          exec: z.object({
            apiVersion: z.string(),
            command: z.string(),
            args: z.array(z.string()),
            installHint: z.string(),
            interactiveMode: z.literal('Never'),
            provideClusterInfo: z.boolean(),
          }),
        }),
      }),
    ),
    contexts: z.array(
      z.object({
        ...namedSchema,
        context: z.object({ cluster: z.string(), user: z.string(), namespace: z.string().optional() }),
      }),
    ),
    'current-context': z.string(),
  })
  .meta({ id: 'Kubeconfig' });
export type Kubeconfig = z.output<typeof kubeconfigAnswer>;

interface Place {
  readonly project: string;
  readonly environment: string;
  readonly namespace: string;
}

/** One context for each environment, `<tenant>/<project>/<environment>`; the first production one is the current. */
export function toKubeconfig(from: {
  readonly apiUrl: string;
  readonly cluster: string;
  readonly tenant: string;
  readonly username: string;
  readonly places: readonly Place[];
}): Kubeconfig {
  const { apiUrl, tenant, username, places } = from;
  const server = apiUrl.replace(/\/+$/, '');
  const cluster = `slipway-${from.cluster}`;
  const user = `slipway-${tenant}-${username}`;
  const contexts = places.map(({ project, environment, namespace }) => ({
    name: `${tenant}/${project}/${environment}`,
    context: { cluster, user, namespace },
  }));
  const current = places.findIndex(({ environment }) => environment === 'production');
  const fallback = { name: tenant, context: { cluster, user } };
  return {
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: cluster, cluster: { server: `${server}/k8s/clusters/${from.cluster}` } }],
    users: [
      {
        name: user,
        user: {
          exec: {
            apiVersion: 'client.authentication.k8s.io/v1',
            command: 'slipway',
            args: ['kubeconfig', 'credential', '--server', server, '--tenant', tenant],
            installHint: `Install the slipway command and sign in: slipway login --server ${server}`,
            interactiveMode: 'Never',
            provideClusterInfo: false,
          },
        },
      },
    ],
    contexts: contexts.length > 0 ? contexts : [fallback],
    'current-context': (contexts[Math.max(0, current)] ?? fallback).name,
  };
}
