/** What our own labels and annotations begin with. */
export const labelPrefix = 'slipway.dev/';

/** On all that the platform makes in a cluster. */
export const managedBy = { 'app.kubernetes.io/managed-by': 'slipway' } as const;

type Labels = Readonly<Record<string, string>>;

/** Did the platform make it? */
export const isManaged = (labels: Labels | undefined): boolean =>
  labels?.['app.kubernetes.io/managed-by'] === managedBy['app.kubernetes.io/managed-by'];

/** Selects what has all of these, in the syntax of `labelSelector`. */
export const toSelector = (labels: Labels): string =>
  Object.entries(labels)
    .map(([key, value]) => `${key}=${value}`)
    .join(',');
