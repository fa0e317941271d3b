import { browserApi, idempotencyKey, unwrap } from '@/lib/api';
import type { NewBlueprint } from '@/lib/contract';

export const createBlueprint = (body: NewBlueprint) =>
  unwrap(browserApi.POST('/api/v1/blueprints', { body, headers: idempotencyKey() }));

export const deleteBlueprint = (blueprint: string) =>
  unwrap(browserApi.DELETE('/api/v1/blueprints/{blueprint}', { params: { path: { blueprint } } }));
