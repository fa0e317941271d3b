import { checkAtMost100Percent, checkCountOrPercent, checkNonNegative, checkOptionalEnum } from '../checks.js';
import { numberColumn, specOf, statusOf, textColumn } from '../columns.js';
import { ageColumn, defineKind, nameColumn, statusSubresource } from '../definition.js';
import { type FieldError, invalid } from '../field-error.js';
import { isJsonObject } from '../json.js';
import { validateLabelSelector } from '../metadata.js';
import { podDisruptionBudgets } from '../refs.js';

export const podDisruptionBudgetKind = defineKind({
  type: podDisruptionBudgets,
  schema: 'io.k8s.api.policy.v1.PodDisruptionBudget',
  shortNames: ['pdb'],
  nameRule: 'path',
  subresources: [
    statusSubresource('PodDisruptionBudget', {
      validate: (object) => {
        const errors: FieldError[] = [];
        const counts = ['disruptionsAllowed', 'currentHealthy', 'desiredHealthy', 'expectedPods'];
        checkNonNegative(statusOf(object), counts, 'status', errors);
        return errors;
      },
    }),
  ],
  generationOf: ['spec'],
  prepareForCreate: (draft) => {
    draft.status = { disruptionsAllowed: 0, currentHealthy: 0, desiredHealthy: 0, expectedPods: 0 };
  },
  validate: (object) => {
    const errors: FieldError[] = [];
    const spec = specOf(object);
    const both = spec.minAvailable !== undefined && spec.maxUnavailable !== undefined;
    if (both) errors.push(invalid('spec', spec, 'minAvailable and maxUnavailable cannot be both set'));
    for (const key of ['minAvailable', 'maxUnavailable']) {
      checkCountOrPercent(spec[key], `spec.${key}`, errors);
      checkAtMost100Percent(spec[key], `spec.${key}`, errors);
    }
    if (isJsonObject(spec.selector)) errors.push(...validateLabelSelector(spec.selector, 'spec.selector'));
    checkOptionalEnum(spec, 'unhealthyPodEvictionPolicy', 'spec', ['AlwaysAllow', 'IfHealthyBudget'], errors);
    return errors;
  },
  columns: [
    nameColumn,
    textColumn('Min Available', 'spec.minAvailable', 'N/A'),
    textColumn('Max Unavailable', 'spec.maxUnavailable', 'N/A'),
    numberColumn('Allowed Disruptions', 'status.disruptionsAllowed'),
    ageColumn,
  ],
});
