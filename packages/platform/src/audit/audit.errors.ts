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
  'audit-rule-not-found': {
    status: 404,
    title: 'There is no such rule over the audit log.',
    remedy: 'List the rules.',
  },
  'audit-rule-name-taken': {
    status: 409,
    title: 'There is a rule with this name.',
    remedy: 'Choose another name, or change that rule.',
  },
  'audit-rules-too-many': {
    status: 409,
    title: 'There are 100 rules already.',
    remedy: 'Delete a rule, or widen one: a filter takes 20 actions.',
  },
  'audit-rule-preset-unknown': {
    status: 422,
    title: 'There is no such preset here.',
    remedy: 'Take one of GET /api/v1/audit-rule-presets; those of the platform are for rules of the platform.',
  },
  'audit-rule-webhook-missing': {
    status: 422,
    title: 'The rule calls a webhook and names none.',
    remedy: 'Give `webhookUrl`, or leave `webhook` out of `channels`.',
  },
  'audit-rule-tenant-fixed': {
    status: 422,
    title: "A tenant's rule sees its own rows only.",
    remedy: 'Leave `tenant` out of the filter.',
  },
  'audit-stream-not-found': {
    status: 404,
    title: 'There is no such stream of the audit log.',
    remedy: 'List the streams.',
  },
  'audit-stream-name-taken': {
    status: 409,
    title: 'There is a stream with this name.',
    remedy: 'Choose another name, or change that stream.',
  },
  'audit-streams-too-many': {
    status: 409,
    title: 'There are 20 streams already.',
    remedy: 'Delete a stream, or widen the filter of one.',
  },
  'audit-stream-secret-missing': {
    status: 422,
    title: 'An S3 target needs the secret of its access key.',
    remedy: 'Give `secretAccessKey`.',
  },
  'audit-retention-too-short': {
    status: 422,
    title: 'The platform keeps audit events longer than that.',
    remedy: 'Give at least the number of days named in `detail`.',
  },
});
