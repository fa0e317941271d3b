import type { JsonObject } from '../../kinds/index.js';

/** A cluster role that every cluster has. Without rules it is the sum of those that carry the label. */
export interface DefaultRole {
  readonly name: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly rules?: readonly JsonObject[];
  /** The label whose carriers it adds up. */
  readonly sumOf?: string;
}

export const read = ['get', 'list', 'watch'];
export const change = ['create', 'delete', 'deletecollection', 'patch', 'update'];

const list = (words: string) => words.split(' ');

/** Resources of one group; several words are several resources or verbs. */
export const on = (group: string, resources: string, verbs: string | readonly string[]): JsonObject => ({
  apiGroups: [group],
  resources: list(resources),
  verbs: typeof verbs === 'string' ? list(verbs) : [...verbs],
});
export const onNamed = (group: string, resources: string, names: string, verbs: string): JsonObject => ({
  ...on(group, resources, verbs),
  resourceNames: list(names),
});
export const onPaths = (paths: string, verbs = 'get'): JsonObject => ({
  nonResourceURLs: list(paths),
  verbs: list(verbs),
});
export const onEvents: JsonObject = {
  apiGroups: ['', 'events.k8s.io'],
  resources: ['events'],
  verbs: ['create', 'patch', 'update'],
};
