import { defineErrors } from '../kernel/errors/errors.js';

export const fail = defineErrors({
  'image-policy-not-found': {
    status: 404,
    title: 'There is no such image policy.',
    remedy: 'List the image policies, and check the name.',
  },
  'image-policy-name-taken': {
    status: 409,
    title: 'There is an image policy of this name already.',
    remedy: 'Choose another name, or change the one that is there.',
  },
  'image-policy-empty': {
    status: 422,
    title: 'The image policy has no rule.',
    remedy: 'Name registries, ask for digests, name the keys that must have signed, or say what weaknesses pass.',
  },
  'image-exemption-not-found': {
    status: 404,
    title: 'The image policy has no such exemption.',
    remedy: 'Read the policy: it lists its exemptions.',
  },
  'image-refused': {
    status: 422,
    title: 'An image policy refuses the image.',
    remedy: 'Use an image that the policy allows, or ask whoever owns the policy for an exemption.',
  },
  'image-report-unreadable': {
    status: 422,
    title: 'This is no report that we can read.',
    remedy:
      'Hand in the JSON of Trivy or Grype, SARIF 2.1.0, CycloneDX with vulnerabilities, or a cosign vuln attestation, of 20 MB at most.',
  },
  'image-report-nameless': {
    status: 422,
    title: 'Nobody knows which image the report is about.',
    remedy: 'Name the image by its digest: image=sha256:…, or name@sha256:…',
  },
  'image-report-mismatch': {
    status: 422,
    title: 'The report is about another image.',
    remedy: 'Hand it in for the image that it names.',
  },
  'image-report-not-found': {
    status: 404,
    title: 'There is no report on this image.',
    remedy: 'Scan it, and hand the report in: slipway images report <digest> --file report.json',
  },
});
