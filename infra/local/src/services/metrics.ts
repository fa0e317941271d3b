import { mkdirSync, writeFileSync } from 'node:fs';
import { stringify } from 'yaml';
import { httpHealth } from '../health.js';
import { baseEnvironment, type Platform } from '../platform.js';
import type { Service } from '../service.js';

/** Prometheus over everything of ours. */
export function prometheus(platform: Platform): Service {
  const { ports } = platform.config;
  const file = platform.at('prometheus', 'prometheus.yml');
  const target = (job: string, port: number) => ({
    job_name: job,
    static_configs: [{ targets: [`127.0.0.1:${port}`] }],
  });
  const settings = {
    global: { scrape_interval: '15s', evaluation_interval: '15s' },
    alerting: { alertmanagers: [{ static_configs: [{ targets: [`127.0.0.1:${ports.alertmanager}`] }] }] },
    rule_files: [platform.at('prometheus', 'rules', '*.yml')],
    scrape_configs: [
      target('api', ports.apiMetrics),
      target('worker', ports.workerMetrics),
      {
        ...target('cluster', ports.clusterMetrics),
        metric_relabel_configs: [
          {
            source_labels: ['__name__'],
            regex: 'slipway_gateway_request(s_total|_duration_seconds_.*)',
            action: 'drop',
          },
        ],
      },
      target('gateway', ports.gatewayMetrics),
      // What rollouts are judged by: a second counts when a bad release has traffic.
      { ...target('gateway-requests', ports.clusterMetrics), metrics_path: '/metrics/gateway', scrape_interval: '1s' },
      target('registry', ports.registryMetrics),
      target('prometheus', ports.prometheus),
    ],
  };
  const listen = `127.0.0.1:${ports.prometheus}`;
  return {
    name: 'prometheus',
    needs: [],
    command: [
      '/usr/bin/prometheus',
      `--config.file=${file}`,
      `--storage.tsdb.path=${platform.at('prometheus', 'data')}`,
      '--storage.tsdb.retention.time=15d',
      `--web.listen-address=${listen}`,
      '--log.level=warn',
      '--log.format=json',
    ],
    env: { ...baseEnvironment, GOGC: '50' },
    address: listen,
    prepare: () => {
      for (const name of ['data', 'rules']) mkdirSync(platform.at('prometheus', name), { recursive: true });
      writeFileSync(file, stringify(settings));
    },
    health: httpHealth(`http://${listen}/-/ready`),
    startSeconds: 60,
    stopSignal: 'SIGTERM',
    graceSeconds: 15,
  };
}

/** Alertmanager alone, without gossip to others. */
export function alertmanager(platform: Platform): Service {
  const file = platform.at('alertmanager', 'alertmanager.yml');
  const listen = `127.0.0.1:${platform.config.ports.alertmanager}`;
  const settings = { route: { receiver: 'none', group_by: ['alertname', 'tenant'] }, receivers: [{ name: 'none' }] };
  return {
    name: 'alertmanager',
    needs: [],
    command: [
      '/usr/bin/prometheus-alertmanager',
      `--config.file=${file}`,
      `--storage.path=${platform.at('alertmanager', 'data')}`,
      `--web.listen-address=${listen}`,
      '--cluster.listen-address=',
      '--log.level=warn',
      '--log.format=json',
    ],
    env: { ...baseEnvironment, GOGC: '50' },
    address: listen,
    prepare: () => {
      mkdirSync(platform.at('alertmanager', 'data'), { recursive: true });
      writeFileSync(file, stringify(settings));
    },
    health: httpHealth(`http://${listen}/-/ready`),
    startSeconds: 30,
    stopSignal: 'SIGTERM',
    graceSeconds: 10,
  };
}
