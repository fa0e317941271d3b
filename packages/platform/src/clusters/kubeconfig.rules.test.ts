import { describe, expect, it } from 'vitest';
import { kubeconfigAnswer, toKubeconfig } from './kubeconfig.rules.js';

const from = { apiUrl: 'https://slipway.example.com/', cluster: 'embedded', tenant: 'acme', username: 'ada' };
const place = (project: string, environment: string) => ({
  project,
  environment,
  namespace: `acme-${project}-${environment}`,
});

describe('a kubeconfig', () => {
  it('has a context for each environment, and holds no secret', () => {
    const config = toKubeconfig({ ...from, places: [place('shop', 'development'), place('shop', 'production')] });
    expect(config.contexts.map(({ name }) => name)).toEqual(['acme/shop/development', 'acme/shop/production']);
    expect(config['current-context']).toBe('acme/shop/production');
    expect(config.contexts[1]?.context.namespace).toBe('acme-shop-production');
    expect(config.clusters[0]?.cluster.server).toBe('https://slipway.example.com/k8s/clusters/embedded');
    expect(config.users[0]?.user.exec.args).toContain('https://slipway.example.com');
    expect(JSON.stringify(config)).not.toContain('token');
    expect(kubeconfigAnswer.parse(config)).toEqual(config);
  });

  it('of a tenant without environments still leads to the cluster', () => {
    const config = toKubeconfig({ ...from, places: [] });
    expect(config['current-context']).toBe('acme');
    expect(config.contexts).toHaveLength(1);
  });
});
