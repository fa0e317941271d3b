import type { Store } from '../../store/index.js';
import type { AdmissionPlugin } from './admission.js';
import { limitRangerAdmission } from './limit-ranger.js';
import { quotaAdmission } from './quota/quota.js';

/** The rules that need nothing but the store, in upstream's order. */
export function builtInAdmission(store: Store): AdmissionPlugin[] {
  return [limitRangerAdmission(store), quotaAdmission(store)];
}
