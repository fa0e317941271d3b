/** The order that clients meet the groups in: a kind asked for by a name that several groups know is taken from the first. */
const priorities: Readonly<Record<string, number>> = {
  'apiregistration.k8s.io': 20_000,
  '': 18_000,
  apps: 17_800,
  'events.k8s.io': 17_750,
  'authentication.k8s.io': 17_700,
  'authorization.k8s.io': 17_600,
  autoscaling: 17_500,
  batch: 17_400,
  'certificates.k8s.io': 17_300,
  'networking.k8s.io': 17_200,
  policy: 17_150,
  'rbac.authorization.k8s.io': 17_000,
  'storage.k8s.io': 16_800,
  'admissionregistration.k8s.io': 16_700,
  'apiextensions.k8s.io': 16_700,
  'scheduling.k8s.io': 16_600,
  'coordination.k8s.io': 16_500,
  'node.k8s.io': 16_300,
  'discovery.k8s.io': 16_200,
  'flowcontrol.apiserver.k8s.io': 16_100,
  'metrics.k8s.io': 100,
};

/** Of the versions of a group that says so; 15 for the others of these groups, 100 for everything else. */
const versionPriorities: Readonly<Record<string, number>> = {
  '/v1': 1,
  'apiregistration.k8s.io/v1': 18,
  'autoscaling/v2': 30,
  'flowcontrol.apiserver.k8s.io/v1': 21,
  'metrics.k8s.io/v1beta1': 100,
};

export function groupPriority(group: string): number {
  return priorities[group] ?? 1000;
}

/** Of the versions of a group, that of the highest is preferred. */
export function versionPriority(group: string, version: string): number {
  return versionPriorities[`${group}/${version}`] ?? (priorities[group] === undefined ? 100 : 15);
}

/** The version that clients should prefer first: v2, v1, v1beta2, v1alpha1, then names that are no versions. */
export function compareVersions(a: string, b: string): number {
  const [x, y] = [rank(a), rank(b)];
  for (let index = 0; index < x.length; index += 1) if (x[index] !== y[index]) return (y[index] ?? 0) - (x[index] ?? 0);
  return a < b ? -1 : a > b ? 1 : 0;
}

function rank(version: string): readonly number[] {
  const match = /^v([1-9]\d*)(?:(alpha|beta)([1-9]\d*))?$/.exec(version);
  if (!match) return [-1, 0, 0];
  return [match[2] === undefined ? 2 : match[2] === 'beta' ? 1 : 0, Number(match[1]), Number(match[3] ?? 0)];
}
