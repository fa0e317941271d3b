import { defineKind, statusSubresource } from '../definition.js';
import { type JsonObject, objectAt, objectsAt, stringAt } from '../json.js';
import { pods } from '../refs.js';
import { podColumns } from './pod.columns.js';
import { defaultPod, qosClassOf } from './pod.defaults.js';
import { validatePodSpec, validatePodUpdate } from './pod.validation.js';

const streamVerbs = ['create', 'get'];

export const podKind = defineKind({
  type: pods,
  schema: 'io.k8s.api.core.v1.Pod',
  shortNames: ['po'],
  categories: ['all'],
  subresources: [
    { name: 'attach', kind: 'PodAttachOptions', verbs: streamVerbs },
    { name: 'binding', kind: 'Binding', verbs: ['create'] },
    { name: 'ephemeralcontainers', kind: 'Pod', verbs: ['get', 'patch', 'update'] },
    { name: 'eviction', kind: 'Eviction', group: 'policy', version: 'v1', verbs: ['create'] },
    { name: 'exec', kind: 'PodExecOptions', verbs: streamVerbs },
    { name: 'log', kind: 'Pod', verbs: ['get'] },
    { name: 'portforward', kind: 'PodPortForwardOptions', verbs: streamVerbs },
    statusSubresource('Pod'),
  ],
  generationOf: ['spec'],
  setDefaults: defaultPod,
  prepareForCreate: (pod) => {
    const spec = objectAt(pod, 'spec');
    pod.status = { phase: 'Pending', qosClass: qosClassOf(spec) };
    delete spec.ephemeralContainers;
  },
  validate: (pod, old) => {
    const errors = validatePodSpec(objectAt(pod, 'spec'), 'spec');
    return old ? [...errors, ...validatePodUpdate(pod, old)] : errors;
  },
  columns: podColumns,
  fields: {
    'spec.nodeName': (pod) => stringAt(objectAt(pod, 'spec'), 'nodeName'),
    'spec.restartPolicy': (pod) => stringAt(objectAt(pod, 'spec'), 'restartPolicy'),
    'spec.schedulerName': (pod) => stringAt(objectAt(pod, 'spec'), 'schedulerName'),
    'spec.serviceAccountName': (pod) => stringAt(objectAt(pod, 'spec'), 'serviceAccountName'),
    'spec.hostNetwork': (pod) => String(objectAt(pod, 'spec').hostNetwork === true),
    'status.phase': (pod) => stringAt(objectAt(pod, 'status'), 'phase'),
    'status.podIP': (pod) => stringAt(objectAt(pod, 'status'), 'podIP'),
    'status.podIPs': (pod) => stringAt(firstOf(objectsAt(objectAt(pod, 'status'), 'podIPs')), 'ip'),
    'status.nominatedNodeName': (pod) => stringAt(objectAt(pod, 'status'), 'nominatedNodeName'),
  },
});

function firstOf(list: JsonObject[]): JsonObject {
  return list[0] ?? {};
}
