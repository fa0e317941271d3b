import { textField } from '../columns.js';
import { defineKind, statusSubresource } from '../definition.js';
import { forbidden, invalid } from '../field-error.js';
import { arrayAt, type JsonObject, objectAt, objectsAt, stringAt } from '../json.js';
import { pods } from '../refs.js';
import { podColumns } from './pod.columns.js';
import { defaultPod } from './pod.defaults.js';
import { preparePodForCreate, raiseGrace } from './pod.strategy.js';
import { validateEphemeralContainers, validatePodResize, validatePodUpdate } from './pod.update.js';
import { validatePodSpec } from './pod.validation.js';

const streamVerbs = ['create', 'get'];
const proxyVerbs = ['create', 'delete', 'get', 'patch', 'update'];

function validate(pod: JsonObject, old: JsonObject | undefined) {
  const metadata = objectAt(pod, 'metadata');
  const spec = objectAt(pod, 'spec');
  const errors = validatePodSpec(spec, 'spec', stringAt(metadata, 'name'));
  const annotations = objectAt(metadata, 'annotations');
  const cost = annotations['controller.kubernetes.io/pod-deletion-cost'];
  if (cost !== undefined && !/^(0|-?[1-9]\d{0,9})$/.test(String(cost)))
    errors.push(
      invalid('metadata.annotations[controller.kubernetes.io/pod-deletion-cost]', cost, 'must be a 32bit integer'),
    );
  if (annotations['kubernetes.io/config.mirror'] !== undefined && stringAt(spec, 'nodeName') === '')
    errors.push(
      invalid(
        'metadata.annotations[kubernetes.io/config.mirror]',
        annotations['kubernetes.io/config.mirror'],
        'must set spec.nodeName if mirror pod annotation is set',
      ),
    );
  if (old) return [...errors, ...validatePodUpdate(pod, old)];
  if (arrayAt(spec, 'ephemeralContainers').length > 0)
    errors.push(forbidden('spec.ephemeralContainers', 'cannot be set on create'));
  if (objectsAt(spec, 'schedulingGates').length > 0 && stringAt(spec, 'nodeName') !== '')
    errors.push(forbidden('spec.nodeName', 'cannot be set until all schedulingGates have been cleared'));
  return errors;
}

export const podKind = defineKind({
  type: pods,
  schema: 'io.k8s.api.core.v1.Pod',
  shortNames: ['po'],
  categories: ['all'],
  subresources: [
    { name: 'attach', kind: 'PodAttachOptions', verbs: streamVerbs },
    { name: 'binding', kind: 'Binding', verbs: ['create'] },
    {
      name: 'ephemeralcontainers',
      kind: 'Pod',
      verbs: ['get', 'patch', 'update'],
      validate: (pod, old) => [
        ...validatePodSpec(objectAt(pod, 'spec'), 'spec', stringAt(objectAt(pod, 'metadata'), 'name')),
        ...validateEphemeralContainers(pod, old),
      ],
    },
    { name: 'eviction', kind: 'Eviction', group: 'policy', version: 'v1', verbs: ['create'] },
    { name: 'exec', kind: 'PodExecOptions', verbs: streamVerbs },
    { name: 'log', kind: 'Pod', verbs: ['get'] },
    { name: 'portforward', kind: 'PodPortForwardOptions', verbs: streamVerbs },
    { name: 'proxy', kind: 'PodProxyOptions', verbs: proxyVerbs },
    {
      name: 'resize',
      kind: 'Pod',
      verbs: ['get', 'patch', 'update'],
      validate: (pod, old) => [
        ...validatePodSpec(objectAt(pod, 'spec'), 'spec', stringAt(objectAt(pod, 'metadata'), 'name')),
        ...validatePodResize(pod, old),
      ],
    },
    statusSubresource('Pod'),
  ],
  generationOf: ['spec'],
  setDefaults: defaultPod,
  prepareForCreate: preparePodForCreate,
  prepareForUpdate: (pod) => raiseGrace(objectAt(pod, 'spec')),
  validate,
  columns: podColumns,
  fields: {
    'spec.nodeName': textField('spec.nodeName'),
    'spec.restartPolicy': textField('spec.restartPolicy'),
    'spec.schedulerName': textField('spec.schedulerName'),
    'spec.serviceAccountName': textField('spec.serviceAccountName'),
    'spec.hostNetwork': textField('spec.hostNetwork', 'false'),
    'status.phase': textField('status.phase'),
    'status.podIP': textField('status.podIP'),
    'status.podIPs': (pod) => stringAt(objectsAt(objectAt(pod, 'status'), 'podIPs')[0], 'ip'),
    'status.nominatedNodeName': textField('status.nominatedNodeName'),
  },
});
