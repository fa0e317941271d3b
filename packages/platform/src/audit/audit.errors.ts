import { defineErrors } from '../kernel/errors/errors.js';

export const fail = defineErrors({
  'audit-keys-read-only': {
    status: 409,
    title: 'The file of the audit keys cannot be written by the platform.',
    remedy: 'Put the new key first into the file that SLIPWAY_AUDIT_KEY_FILE names, where it is kept.',
  },
  'audit-export-not-found': {
    status: 404,
    title: 'There is no such export of the audit log.',
    remedy: 'List the exports; files are kept for 7 days.',
  },
  'audit-export-not-ready': {
    status: 409,
    title: 'The export is not finished.',
    remedy: 'Follow its operation, and download it when it has succeeded.',
  },
  'audit-retention-too-short': {
    status: 422,
    title: 'The platform keeps audit events longer than that.',
    remedy: 'Give at least the number of days named in `detail`.',
  },
});
