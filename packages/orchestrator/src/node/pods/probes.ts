import type { Container, Probe } from '../../kinds/index.js';
import type { Clock } from '../../runtime/index.js';
import type { ContainerRuntime } from '../cri/types.js';
import type { ProbeVerdict } from './observed.js';
import { runCheck } from './probe-actions.js';

export interface ProbeTarget {
  readonly container: Container;
  readonly containerId: string;
  readonly podIp: string;
  readonly startedAtMs: number;
  /** What was last said of it: another agent may have probed it before this one. Neither for a container that is new. */
  readonly before?: { readonly ready: boolean; readonly started: boolean };
}

type ProbeKind = 'startup' | 'readiness' | 'liveness';

export interface Probes {
  /** Begins to probe a running container; does nothing if it is probed already. */
  watch(target: ProbeTarget, on: ProbeListener): void;
  verdictOf(containerId: string): ProbeVerdict;
  stop(containerId: string): void;
  stopAll(): void;
}

export interface ProbeListener {
  /** A verdict changed. */
  changed(): void;
  failed(kind: ProbeKind, message: string, fatal: boolean): void;
}

/**
 * Runs probes on timers. Counting is upstream's: a verdict changes after `successThreshold` or `failureThreshold`
 * results in a row; readiness and liveness begin when the startup probe has passed; readiness begins as it was
 * before, or as false, liveness as true.
 */
export function createProbes(runtime: ContainerRuntime, clock: Clock): Probes {
  const watched = new Map<
    string,
    { verdict: { ready?: boolean; started?: boolean; unhealthy?: string }; stop(): void }
  >();

  const watch = (target: ProbeTarget, on: ProbeListener) => {
    if (watched.has(target.containerId)) return;
    const { startupProbe, readinessProbe, livenessProbe } = target.container;
    const { ready, started } = target.before ?? { ready: false, started: false };
    const abort = new AbortController();
    const verdict: { ready?: boolean; started?: boolean; unhealthy?: string } = {
      ...(readinessProbe && { ready }),
      ...(startupProbe && { started }),
    };
    watched.set(target.containerId, { verdict, stop: () => abort.abort() });
    const begin = () => {
      if (readinessProbe) {
        loop('readiness', readinessProbe, (passed) => {
          if (verdict.ready === passed) return;
          verdict.ready = passed;
          on.changed();
        });
      }
      if (livenessProbe) {
        loop('liveness', livenessProbe, (passed, message) => {
          if (passed || verdict.unhealthy !== undefined) return;
          verdict.unhealthy = `Container ${target.container.name} failed liveness probe, will be restarted: ${message}`;
          on.changed();
        });
      }
    };
    const loop = (kind: ProbeKind, probe: Probe, decide: (passed: boolean, message: string) => void) => {
      let row = 0;
      let last: boolean | undefined;
      const once = async () => {
        if (abort.signal.aborted) return;
        const timeoutSeconds = probe.timeoutSeconds ?? 1;
        const reason = await runCheck(probe, { ...target, runtime, timeoutSeconds });
        if (abort.signal.aborted) return;
        const passed = reason === undefined;
        row = passed === last ? row + 1 : 1;
        last = passed;
        const threshold = passed ? (probe.successThreshold ?? 1) : (probe.failureThreshold ?? 3);
        if (!passed) on.failed(kind, reason, row >= threshold);
        if (row >= threshold) decide(passed, reason ?? '');
        const isOver = (kind === 'startup' && passed && row >= threshold) || verdict.unhealthy !== undefined;
        if (isOver) return;
        // Until the first success upstream looks at its own period; looking sooner lets a quick server be ready sooner.
        const periodMs = (probe.periodSeconds ?? 10) * 1000;
        const eager =
          kind !== 'liveness' && !passed && verdict.ready !== true && clock.now() - target.startedAtMs < 10_000;
        await clock.sleep(eager ? Math.min(periodMs, 500) : periodMs, abort.signal);
        void once();
      };
      const delayMs = target.startedAtMs + (probe.initialDelaySeconds ?? 0) * 1000 - clock.now();
      void clock.sleep(Math.max(0, delayMs), abort.signal).then(once);
    };
    if (!startupProbe || started) return begin();
    loop('startup', startupProbe, (passed, message) => {
      if (passed) {
        verdict.started = true;
        begin();
      } else if (verdict.unhealthy === undefined) {
        verdict.unhealthy = `Container ${target.container.name} failed startup probe, will be restarted: ${message}`;
      }
      on.changed();
    });
  };

  return {
    watch,
    verdictOf: (id) => watched.get(id)?.verdict ?? {},
    stop: (id) => {
      watched.get(id)?.stop();
      watched.delete(id);
    },
    stopAll: () => {
      for (const one of watched.values()) one.stop();
      watched.clear();
    },
  };
}
