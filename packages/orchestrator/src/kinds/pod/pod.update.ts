import { type FieldError, forbidden, invalid, required } from '../field-error.js';
import { isJsonObject, isSame, type JsonObject, numberAt, objectAt, objectsAt, stringAt } from '../json.js';
import { qosClassOf } from './pod.defaults.js';

const updatable =
  'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)';

function checkContainerList(now: JsonObject, before: JsonObject, list: string, errors: FieldError[]): boolean {
  const containers = objectsAt(now, list);
  if (containers.length !== objectsAt(before, list).length) {
    errors.push(forbidden(`spec.${list}`, 'pod updates may not add or remove containers'));
    return false;
  }
  containers.forEach((container, index) => {
    if (stringAt(container, 'image') === '') errors.push(required(`spec.${list}[${index}].image`));
  });
  return true;
}

function checkDeadline(now: JsonObject, before: JsonObject, errors: FieldError[]): boolean {
  const wanted = numberAt(now, 'activeDeadlineSeconds');
  const old = numberAt(before, 'activeDeadlineSeconds');
  const field = 'spec.activeDeadlineSeconds';
  if (wanted === undefined) {
    if (old !== undefined) errors.push(invalid(field, null, 'must not update from a positive integer to nil value'));
    return true;
  }
  if (wanted < 0 || wanted > 2147483647) {
    errors.push(invalid(field, wanted, 'must be between 0 and 2147483647, inclusive'));
    return false;
  }
  if (old !== undefined && old < wanted) {
    errors.push(invalid(field, wanted, 'must be less than or equal to previous value'));
    return false;
  }
  return true;
}

function checkTolerationsOnlyAdded(now: JsonObject, before: JsonObject, errors: FieldError[]): void {
  const bare = (toleration: JsonObject) => ({ ...toleration, tolerationSeconds: undefined });
  const have = objectsAt(now, 'tolerations').map(bare);
  for (const old of objectsAt(before, 'tolerations').map(bare))
    if (!have.some((each) => isSame(each, old))) {
      errors.push(
        forbidden('spec.tolerations', 'existing toleration can not be modified except its tolerationSeconds'),
      );
      return;
    }
}

function checkGatesOnlyRemoved(now: JsonObject, before: JsonObject, errors: FieldError[]): void {
  const old = new Set(objectsAt(before, 'schedulingGates').map((each) => stringAt(each, 'name')));
  objectsAt(now, 'schedulingGates').forEach((gate, index) => {
    const name = stringAt(gate, 'name');
    if (!old.has(name))
      errors.push(
        forbidden(
          `spec.schedulingGates[${index}].name`,
          `only deletion is allowed, but found new scheduling gate '${name}'`,
        ),
      );
  });
}

/** Only images, the deadline, gates and added tolerations of a Pod may change. */
export function validatePodUpdate(pod: JsonObject, old: JsonObject): FieldError[] {
  const now = objectAt(pod, 'spec');
  const before = objectAt(old, 'spec');
  const errors: FieldError[] = [];
  if (isSame(now, before)) return errors;
  for (const list of ['containers', 'initContainers'])
    if (!checkContainerList(now, before, list, errors)) return errors;
  if (!checkDeadline(now, before, errors)) return errors;
  checkTolerationsOnlyAdded(now, before, errors);
  checkGatesOnlyRemoved(now, before, errors);
  const munged: JsonObject = {
    ...now,
    activeDeadlineSeconds: before.activeDeadlineSeconds,
    schedulingGates: before.schedulingGates,
    tolerations: before.tolerations,
    // Ephemeral containers have a subresource of their own, which alone lets them in.
    ephemeralContainers: before.ephemeralContainers,
  };
  for (const list of ['containers', 'initContainers']) {
    if (now[list] === undefined) continue;
    const olds = objectsAt(before, list);
    munged[list] = objectsAt(now, list).map((each, index) => ({ ...each, image: olds[index]?.image }));
  }
  if ((numberAt(before, 'terminationGracePeriodSeconds') ?? 0) < 0 && now.terminationGracePeriodSeconds === 1)
    munged.terminationGracePeriodSeconds = before.terminationGracePeriodSeconds;
  if (objectsAt(before, 'schedulingGates').length > 0) mungeGated(munged, now, before, errors);
  if (!isSame(munged, before)) errors.push(forbidden('spec', updatable));
  return errors;
}

/** While a pod is gated, its node selector and node affinity may be narrowed. */
function mungeGated(munged: JsonObject, now: JsonObject, before: JsonObject, errors: FieldError[]): void {
  const selector = objectAt(now, 'nodeSelector');
  const old = objectAt(before, 'nodeSelector');
  for (const key in old)
    if (selector[key] !== old[key]) {
      errors.push(
        invalid(
          'spec.nodeSelector',
          selector,
          'only additions to spec.nodeSelector are allowed (no mutations or deletions)',
        ),
      );
      break;
    }
  munged.nodeSelector = before.nodeSelector;
  if (!isJsonObject(now.affinity)) return;
  const { nodeAffinity, ...others } = now.affinity;
  void nodeAffinity;
  if (!isJsonObject(before.affinity)) {
    if (Object.keys(others).length === 0) delete munged.affinity;
  } else munged.affinity = { ...others, nodeAffinity: before.affinity.nodeAffinity };
}

/** The `ephemeralcontainers` subresource: what is there stays as it is. */
export function validateEphemeralContainers(pod: JsonObject, old: JsonObject): FieldError[] {
  const now = new Map(
    objectsAt(objectAt(pod, 'spec'), 'ephemeralContainers').map((each) => [stringAt(each, 'name'), each]),
  );
  const errors: FieldError[] = [];
  for (const before of objectsAt(objectAt(old, 'spec'), 'ephemeralContainers')) {
    const name = stringAt(before, 'name');
    const after = now.get(name);
    if (!after)
      errors.push(
        forbidden(
          'spec.ephemeralContainers',
          `existing ephemeral containers ${JSON.stringify(name)} may not be removed\n`,
        ),
      );
    else if (!isSame(after, before))
      errors.push(
        forbidden(
          'spec.ephemeralContainers',
          `existing ephemeral containers ${JSON.stringify(name)} may not be changed\n`,
        ),
      );
  }
  return errors;
}

const resizable = new Set(['cpu', 'memory']);

function withoutResizable(container: JsonObject): JsonObject {
  const resources = objectAt(container, 'resources');
  const rest: JsonObject = { ...resources };
  for (const list of ['limits', 'requests']) {
    const amounts = Object.entries(objectAt(resources, list)).filter(([name]) => !resizable.has(name));
    rest[list] = amounts.length === 0 ? undefined : Object.fromEntries(amounts);
  }
  return { ...container, resources: rest, resizePolicy: undefined };
}

/** The `resize` subresource: CPU and memory of containers, and their resize policy. */
export function validatePodResize(pod: JsonObject, old: JsonObject): FieldError[] {
  const now = objectAt(pod, 'spec');
  const before = objectAt(old, 'spec');
  const errors: FieldError[] = [];
  if (qosClassOf(now) !== qosClassOf(before))
    errors.push(invalid('spec', qosClassOf(now), 'Pod QOS Class may not change as a result of resizing'));
  const munged: JsonObject = { ...now };
  for (const list of ['containers', 'initContainers']) {
    const olds = objectsAt(before, list);
    const news = objectsAt(now, list);
    if (news.length !== olds.length) {
      errors.push(forbidden(`spec.${list}`, `${list} may not be added or removed on resize`));
      return errors;
    }
    for (const [index, container] of news.entries())
      if (container.name !== olds[index]?.name) {
        errors.push(forbidden(`spec.${list}[${index}].name`, `${list} may not be renamed or reordered on resize`));
        return errors;
      }
    news.forEach((container, index) => {
      checkRemoved(container, olds[index] ?? {}, `spec.${list}[${index}].resources`, errors);
    });
    if (now[list] === undefined) continue;
    munged[list] = news.map(withoutResizable);
  }
  const frozen: JsonObject = { ...before };
  for (const list of ['containers', 'initContainers'])
    if (before[list] !== undefined) frozen[list] = objectsAt(before, list).map(withoutResizable);
  if (!isSame(munged, frozen)) errors.push(forbidden('spec', 'only cpu and memory resources are mutable'));
  return errors;
}

function checkRemoved(now: JsonObject, before: JsonObject, at: string, errors: FieldError[]): void {
  for (const [list, word] of [
    ['requests', 'requests'],
    ['limits', 'limits'],
  ] as const) {
    const have = objectAt(objectAt(now, 'resources'), list);
    const had = objectAt(objectAt(before, 'resources'), list);
    if (Object.keys(had).some((name) => have[name] === undefined))
      errors.push(forbidden(`${at}.${list}`, `resource ${word} cannot be removed`));
  }
}
