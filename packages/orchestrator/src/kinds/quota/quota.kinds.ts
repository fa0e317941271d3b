import { ageColumn, defineKind, nameColumn, statusSubresource } from '../definition.js';
import { type JsonObject, objectAt } from '../json.js';
import { limitRanges, resourceQuotas } from '../refs.js';

function usage(object: JsonObject, wanted: (name: string) => boolean): string {
  const status = objectAt(object, 'status');
  const hard = objectAt(objectAt(object, 'spec'), 'hard');
  const names = Object.keys(hard).filter(wanted).sort();
  return names
    .map((name) => `${name}: ${String(objectAt(status, 'used')[name] ?? '0')}/${String(hard[name])}`)
    .join(', ');
}

export const resourceQuotaKind = defineKind({
  type: resourceQuotas,
  schema: 'io.k8s.api.core.v1.ResourceQuota',
  shortNames: ['quota'],
  subresources: [statusSubresource('ResourceQuota')],
  columns: [
    nameColumn,
    { name: 'Request', type: 'string', cell: (object) => usage(object, (name) => !name.startsWith('limits.')) },
    { name: 'Limit', type: 'string', cell: (object) => usage(object, (name) => name.startsWith('limits.')) },
    ageColumn,
  ],
});

export const limitRangeKind = defineKind({
  type: limitRanges,
  schema: 'io.k8s.api.core.v1.LimitRange',
  shortNames: ['limits'],
  columns: [
    nameColumn,
    {
      name: 'Created At',
      type: 'date',
      cell: (object) => String(objectAt(object, 'metadata').creationTimestamp ?? ''),
    },
  ],
});
