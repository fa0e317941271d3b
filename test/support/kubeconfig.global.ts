import { existsSync } from 'node:fs';
import type { TestProject } from 'vitest/node';

/** For the conformance statements against any cluster: `KUBECONFIG=file npm run conformance`. */
export default function cluster(project: TestProject): void {
  const kubeconfig = process.env['KUBECONFIG'] ?? '';
  if (!existsSync(kubeconfig)) throw new Error('set KUBECONFIG to the kubeconfig file of the cluster to examine');
  project.provide('kubeconfig', kubeconfig);
  // Where an image named `library/busybox:latest` can be pulled from; the tests that run one need it.
  project.provide('apiUrl', process.env['SLIPWAY_CONFORMANCE_REGISTRY'] ?? 'https://docker.io');
}
