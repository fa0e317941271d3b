export type EnvironmentState = 'healthy' | 'progressing' | 'degraded' | 'failed' | 'idle';

/** Where an application stands, by its latest rollout and by whether an earlier release still serves. */
export function stateOf(latestRollout: string | undefined, hasRelease: boolean): EnvironmentState {
  if (latestRollout === 'pending' || latestRollout === 'progressing' || latestRollout === 'paused')
    return 'progressing';
  if (latestRollout === 'failed') return hasRelease ? 'degraded' : 'failed';
  return hasRelease ? 'healthy' : 'idle';
}

/** The same, corrected by what the cluster shows now. */
export function liveStateOf(
  recorded: EnvironmentState,
  processes: readonly { readonly desired: number; readonly ready: number }[],
): EnvironmentState {
  if (recorded !== 'healthy' || processes.length === 0) return recorded;
  if (processes.every((process) => process.desired === 0)) return 'idle';
  if (processes.every((process) => process.ready >= process.desired)) return 'healthy';
  return processes.some((process) => process.desired > 0 && process.ready > 0) ? 'degraded' : 'failed';
}
