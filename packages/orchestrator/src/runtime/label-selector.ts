import type { LabelSelectorRequirement } from '../kinds/index.js';
import { matchesLabelSelector } from '../kinds/selectors.js';

export { matchesLabelSelector as matchesSelector };

type Labels = Readonly<Record<string, string>> | undefined;

/** Whether every wanted label is there with its value. */
export function matchesLabels(wanted: Readonly<Record<string, string>>, labels: Labels): boolean {
  return Object.entries(wanted).every(([name, value]) => labels?.[name] === value);
}

/** Also serves node selectors, which know `Gt` and `Lt` besides. An operator that is not known matches nothing. */
export function matchesRequirement(
  { key, operator, values = [] }: Pick<LabelSelectorRequirement, 'key' | 'operator' | 'values'>,
  labels: Labels,
): boolean {
  const value = labels?.[key];
  switch (operator) {
    case 'In':
      return value !== undefined && values.includes(value);
    case 'NotIn':
      return value === undefined || !values.includes(value);
    case 'Exists':
      return value !== undefined;
    case 'DoesNotExist':
      return value === undefined;
    case 'Gt':
      return value !== undefined && Number.parseInt(value, 10) > Number.parseInt(values[0] ?? '', 10);
    case 'Lt':
      return value !== undefined && Number.parseInt(value, 10) < Number.parseInt(values[0] ?? '', 10);
    default:
      return false;
  }
}
