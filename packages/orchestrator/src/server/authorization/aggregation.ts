import { isSame, type JsonObject, objectAt, objectsAt } from '../../kinds/index.js';
import type { Store } from '../../store/index.js';
import { followResource } from '../follow.js';
import { asJson, type Registry, type WriteContext } from '../registry.js';

const resource = 'rbac.authorization.k8s.io/clusterroles';

/** The rules an aggregated role is to have: those of all roles its selectors choose, in the order of their names. */
function aggregatedRules(role: JsonObject, all: readonly JsonObject[]): JsonObject[] {
  const selectors = objectsAt(objectAt(role, 'aggregationRule'), 'clusterRoleSelectors');
  const own = objectAt(role, 'metadata').name;
  const rules: JsonObject[] = [];
  for (const other of all) {
    if (objectAt(other, 'metadata').name === own) continue;
    const labels = objectAt(objectAt(other, 'metadata'), 'labels');
    if (!selectors.some((selector) => isSelected(selector, labels))) continue;
    for (const rule of objectsAt(other, 'rules')) if (!rules.some((known) => isSame(known, rule))) rules.push(rule);
  }
  return rules;
}

function isSelected(selector: JsonObject, labels: JsonObject): boolean {
  const wanted = Object.entries(objectAt(selector, 'matchLabels'));
  if (!wanted.every(([key, value]) => labels[key] === value)) return false;
  return objectsAt(selector, 'matchExpressions').every(({ key, operator, values }) => {
    const value = labels[String(key)];
    const isIn = Array.isArray(values) && value !== undefined && values.includes(value);
    switch (operator) {
      case 'In':
        return isIn;
      case 'NotIn':
        return !isIn;
      case 'Exists':
        return value !== undefined;
      case 'DoesNotExist':
        return value === undefined;
      default:
        return false;
    }
  });
}

/** Brings every aggregated role up to date; roles made of such roles too. Safe to run at any time. */
export async function aggregateRoles(registry: Registry, context: WriteContext): Promise<void> {
  const kind = registry.catalog.find('rbac.authorization.k8s.io', 'v1', 'clusterroles');
  if (!kind) throw new Error('no kind is defined for clusterroles');
  // Each round carries rules one aggregation further; a ring of roles comes to rest as rules are never doubled.
  for (let round = 0; round < 10; round++) {
    const all = registry.store.list(resource).map((each) => asJson(each.value));
    const stale = all.filter(
      (role) => role.aggregationRule && !isSame(aggregatedRules(role, all), objectsAt(role, 'rules')),
    );
    if (stale.length === 0) return;
    for (const role of stale) {
      const change = (current: JsonObject) => {
        const now = registry.store.list(resource).map((each) => asJson(each.value));
        return current.aggregationRule ? { ...current, rules: aggregatedRules(current, now) } : current;
      };
      const name = String(objectAt(role, 'metadata').name);
      await registry.update(
        { kind, namespace: '', name, subresource: '', change, isRetried: true },
        { ...context, warnings: [] },
      );
    }
  }
}

/** Keeps aggregated roles up to date from now on, whatever is written by whom. */
export function keepRolesAggregated(
  store: Store,
  registry: Registry,
  context: WriteContext,
  onError: (error: unknown) => void,
): { close(): void } {
  let isRunning = false;
  let isWanted = false;
  const run = async () => {
    isWanted = true;
    if (isRunning) return;
    isRunning = true;
    try {
      while (isWanted && store.isReady) {
        isWanted = false;
        await aggregateRoles(registry, context);
      }
    } catch (error) {
      onError(error);
    } finally {
      isRunning = false;
    }
  };
  return followResource(store, resource, () => void run());
}
