import { type JsonObject, numberAt, objectAt, stringAt, systemPriorities } from '../../kinds/index.js';
import type { Store } from '../../store/index.js';
import { forbidden } from '../api-error.js';
import { derived } from '../derived.js';
import { asJson } from '../registry.js';
import { type AdmissionPlugin, isNewPod } from './admission.js';

const resource = 'scheduling.k8s.io/priorityclasses';
/** Gives a pod the number and the pre-emption of its priority class; without one, those of the global default. */
export function priorityAdmission(store: Store): AdmissionPlugin {
  const defaultClass = derived(store, [resource], () =>
    [...store.list(resource)]
      .map((each) => ({ name: each.name, object: asJson(each.value) }))
      .filter(({ object }) => object.globalDefault === true)
      .sort((a, b) => (numberAt(a.object, 'value') ?? 0) - (numberAt(b.object, 'value') ?? 0))
      .at(0),
  );
  return {
    name: 'Priority',
    handles: isNewPod,
    mutate: ({ kind, name, object }) => {
      const spec = objectAt(object, 'spec');
      const wanted = stringAt(spec, 'priorityClassName');
      const found = wanted === '' ? defaultClass()?.object : classNamed(store, wanted);
      if (wanted !== '' && !found) throw forbidden(kind.type, name, `no PriorityClass with name ${wanted} was found`);
      if (wanted === '' && found) spec.priorityClassName = defaultClass()?.name;
      const priority = numberAt(found, 'value') ?? 0;
      const given = numberAt(spec, 'priority');
      if (given !== undefined && given !== priority)
        throw forbidden(
          kind.type,
          name,
          `the integer value of priority (${given}) must not be provided in pod spec; priority admission controller computed ${priority} from the given PriorityClass name`,
        );
      spec.priority = priority;
      const policy = stringAt(found, 'preemptionPolicy') || 'PreemptLowerPriority';
      const own = stringAt(spec, 'preemptionPolicy');
      if (own !== '' && own !== policy)
        throw forbidden(
          kind.type,
          name,
          `the string value of PreemptionPolicy (${own}) must not be provided in pod spec; priority admission controller computed ${policy} from the given PriorityClass name`,
        );
      spec.preemptionPolicy = policy;
    },
  };
}

function classNamed(store: Store, name: string): JsonObject | undefined {
  const found = store.get(resource, '', name);
  if (found) return asJson(found.value);
  // Known before anything was made, so that the system's own pods never wait for them.
  return systemPriorities[name] === undefined ? undefined : { value: systemPriorities[name] };
}
