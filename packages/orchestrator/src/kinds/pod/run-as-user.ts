/**
 * On a namespace: the user that its pods' containers run as where neither pod nor image names one that is not root. On a pod:
 * the same, as its namespace gave it.
 */
export const runAsUserAnnotation = 'slipway.dev/run-as-user';

/** On a namespace: what is added to the refusal of a pod that its Pod Security level forbids. */
export const podSecurityHelpAnnotation = 'slipway.dev/pod-security-help';
