import { existsSync } from 'node:fs';
import type { TestProject } from 'vitest/node';
import { findKubectls } from './kubectl-programs.js';

/** For the conformance statements against any cluster: `KUBECONFIG=file npm run conformance`. */
export default function cluster(project: TestProject): void {
  const kubeconfig = process.env['KUBECONFIG'] ?? '';
  if (!existsSync(kubeconfig)) throw new Error('set KUBECONFIG to the kubeconfig file of the cluster to examine');
  project.provide('kubeconfig', kubeconfig);
  project.provide('kubectls', findKubectls());
  project.provide('image', process.env['SLIPWAY_CONFORMANCE_IMAGE'] ?? 'docker.io/library/busybox:latest');
}
