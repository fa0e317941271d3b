import type { JsonObject } from '../../kinds/index.js';
import type { Store } from '../../store/index.js';
import { derived } from '../derived.js';
import { asJson } from '../registry.js';
import { type Binding, bindingOf, type PolicySpec, policyGroup, policySpec } from './spec.js';

/** A policy with its bindings. */
export interface BoundPolicy<Compiled> extends PolicySpec {
  readonly bindings: readonly Binding[];
  /** Compiles at the first use. */
  readonly compiled: () => Compiled;
}

/** The policies that have a binding, by name; always as the store has them. */
export function boundPolicies<Compiled>(
  store: Store,
  kind: 'mutating' | 'validating',
  compile: (object: JsonObject, spec: PolicySpec) => Compiled,
): () => readonly BoundPolicy<Compiled>[] {
  const policies = `${policyGroup}/${kind}admissionpolicies`;
  const bindings = `${policyGroup}/${kind}admissionpolicybindings`;
  const toPolicy = (object: JsonObject, sorted: readonly Binding[]): BoundPolicy<Compiled> => {
    const spec = policySpec(object);
    let compiled: Compiled | undefined;
    return {
      ...spec,
      bindings: sorted.filter((each) => each.policy === spec.name),
      compiled: () => {
        compiled ??= compile(object, spec);
        return compiled;
      },
    };
  };
  return derived(store, [policies, bindings], () => {
    const all = store.list(bindings).map((each) => bindingOf(asJson(each.value)));
    const sorted = all.sort((a, b) => (a.name < b.name ? -1 : 1));
    return store
      .list(policies)
      .map((each) => toPolicy(asJson(each.value), sorted))
      .filter((policy) => policy.bindings.length > 0)
      .sort((a, b) => (a.name < b.name ? -1 : 1));
  });
}
