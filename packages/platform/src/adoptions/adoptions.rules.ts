import { addQuantities, formatQuantity, type Pod, parseExact, zeroQuantity } from '@slipway/orchestrator/kinds';

/** `planned`: only asked what would be. `reversing`: refused, and what was made is being taken back. */
export const adoptionItemStates = ['planned', 'pending', 'running', 'reversing', 'adopted', 'failed'] as const;
export type AdoptionItemState = (typeof adoptionItemStates)[number];

/** What an administrator chooses for one namespace. */
export interface AdoptionChoice {
  readonly namespace: string;
  readonly tenant: string;
  readonly project: string;
  readonly environment: string;
  readonly kind: 'production' | 'staging' | 'development';
}

/** One thing that would be set: `ResourceQuota/slipway-quota`, `labels/slipway.dev/tenant`. */
export interface AdoptionChange {
  readonly path: string;
  readonly before: string | null;
  readonly after: string | null;
}

/** What stands in the way (`error`), or what somebody will notice (`warning`). */
export interface AdoptionProblem {
  readonly code: string;
  readonly severity: 'error' | 'warning';
  readonly message: string;
}

/** One namespace of an adoption, and what became of it. Ids are fixed when it is asked for: nothing is made twice. */
export interface AdoptionItem extends AdoptionChoice {
  readonly tenantId: string;
  readonly projectId: string;
  readonly environmentId: string;
  readonly state: AdoptionItemState;
  readonly error: { readonly code: string; readonly message: string } | null;
  readonly changes: readonly AdoptionChange[];
  readonly problems: readonly AdoptionProblem[];
}

export const isOver = ({ state }: Pick<AdoptionItem, 'state'>): boolean => state === 'adopted' || state === 'failed';

const systemNames = new Set(['default', 'slipway-system']);
const systemPrefixes = ['kube-', 'slipway-builds-'];

/** The cluster's own and the platform's own: nobody's to adopt. */
export const isSystemNamespace = (name: string): boolean =>
  systemNames.has(name) || systemPrefixes.some((prefix) => name.startsWith(prefix));

export const isRunning = ({ status }: Pod): boolean => status?.phase !== 'Succeeded' && status?.phase !== 'Failed';

/** What the pods that run ask for, by the names of ResourceQuota: `{ 'requests.cpu': '1500m', … }`; nothing that is zero. */
export function sizeOfPods(pods: readonly Pod[]): Record<string, string> {
  const containers = pods.filter(isRunning).flatMap(({ spec }) => spec?.containers ?? []);
  const sizes = ['requests', 'limits'].flatMap((list) =>
    ['cpu', 'memory'].map((name) => {
      const amounts = containers.map(({ resources }) => {
        const amount: unknown = Reflect.get(Object(Reflect.get(Object(resources), list)), name);
        return parseExact(typeof amount === 'string' ? amount : '0') ?? zeroQuantity;
      });
      return [`${list}.${name}`, amounts.reduce(addQuantities, zeroQuantity)] as const;
    }),
  );
  return Object.fromEntries(sizes.flatMap(([name, sum]) => (sum.nano > 0n ? [[name, formatQuantity(sum)]] : [])));
}

/** Names that stand more than once among the choices: a namespace, or an environment of one project. */
export function findRepeated(choices: readonly AdoptionChoice[]): { namespaces: Set<string>; places: Set<string> } {
  const repeated = (names: readonly string[]) => new Set(names.filter((name, index) => names.indexOf(name) !== index));
  return {
    namespaces: repeated(choices.map(({ namespace }) => namespace)),
    places: repeated(choices.map(placeOf)),
  };
}

export const placeOf = ({ tenant, project, environment }: AdoptionChoice): string =>
  `tenants/${tenant}/projects/${project}/environments/${environment}`;
