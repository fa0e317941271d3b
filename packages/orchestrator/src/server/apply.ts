import type { JsonObject, KindDefinition } from '../kinds/index.js';
import { unsupportedMediaType } from './api-error.js';

export interface Apply {
  manager: string;
  isForced: boolean;
  subresource: string;
}

export function createByApply(_kind: KindDefinition, _name: string, _applied: JsonObject, _apply: Apply): JsonObject {
  throw unsupportedMediaType('application/merge-patch+json');
}

export function applyTo(_kind: KindDefinition, _current: JsonObject, _applied: JsonObject, _apply: Apply): JsonObject {
  throw unsupportedMediaType('application/merge-patch+json');
}
