/**
 * Aborts with the first of the signals. Not `AbortSignal.any`: Node 20 may collect its result while somebody waits on it.
 */
export function anySignal(signals: readonly AbortSignal[]): AbortSignal {
  const controller = new AbortController();
  const abort = () => {
    for (const signal of signals) signal.removeEventListener('abort', abort);
    controller.abort();
  };
  if (signals.some((signal) => signal.aborted)) controller.abort();
  else for (const signal of signals) signal.addEventListener('abort', abort, { once: true });
  return controller.signal;
}
