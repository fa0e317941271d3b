import { column, specOf as spec, statusOf as status } from '../columns.js';
import { ageColumn, type Column, durationText, nameColumn } from '../definition.js';
import { isJsonObject, type JsonObject, numberAt, objectAt, objectsAt, stringAt } from '../json.js';

interface Summary {
  ready: number;
  total: number;
  reason: string;
  restarts: number;
  /** When the last container ended that was started again; milliseconds, 0: none. */
  lastRestart: number;
}

const isTrue = (pod: JsonObject, type: string) =>
  objectsAt(status(pod), 'conditions').some((each) => each.type === type && each.status === 'True');

function endOf(terminated: JsonObject): string {
  const reason = stringAt(terminated, 'reason');
  if (reason !== '') return reason;
  const signal = numberAt(terminated, 'signal');
  return signal ? `Signal:${signal}` : `ExitCode:${numberAt(terminated, 'exitCode') ?? 0}`;
}

function lastEnd(container: JsonObject): number {
  const finished = stringAt(objectAt(objectAt(container, 'lastState'), 'terminated'), 'finishedAt');
  return finished === '' ? 0 : Date.parse(finished) || 0;
}

function summarise(pod: JsonObject): Summary {
  const phase = stringAt(status(pod), 'phase');
  let reason = stringAt(status(pod), 'reason') || phase;
  if (
    objectsAt(status(pod), 'conditions').some(
      (each) => each.type === 'PodScheduled' && each.reason === 'SchedulingGated',
    )
  )
    reason = 'SchedulingGated';
  const inits = objectsAt(spec(pod), 'initContainers');
  const sidecars = new Set(
    inits.filter((each) => each.restartPolicy === 'Always').map((each) => stringAt(each, 'name')),
  );
  const sum: Summary = {
    ready: 0,
    total: objectsAt(spec(pod), 'containers').length + sidecars.size,
    reason,
    restarts: 0,
    lastRestart: 0,
  };
  const ofSidecars = { restarts: 0, lastRestart: 0 };
  let isInitializing = false;
  for (const [index, container] of objectsAt(status(pod), 'initContainerStatuses').entries()) {
    const isSidecar = sidecars.has(stringAt(container, 'name'));
    for (const into of isSidecar ? [sum, ofSidecars] : [sum]) {
      into.restarts += numberAt(container, 'restartCount') ?? 0;
      into.lastRestart = Math.max(into.lastRestart, lastEnd(container));
    }
    const state = objectAt(container, 'state');
    const terminated = objectAt(state, 'terminated');
    if (isJsonObject(state.terminated) && (numberAt(terminated, 'exitCode') ?? 0) === 0) continue;
    if (isSidecar && container.started === true) {
      if (container.ready === true) sum.ready += 1;
      continue;
    }
    isInitializing = true;
    const waiting = stringAt(objectAt(state, 'waiting'), 'reason');
    if (isJsonObject(state.terminated)) sum.reason = `Init:${endOf(terminated)}`;
    else if (waiting !== '' && waiting !== 'PodInitializing') sum.reason = `Init:${waiting}`;
    else sum.reason = `Init:${index}/${inits.length}`;
    break;
  }
  if (!isInitializing || isTrue(pod, 'Initialized')) {
    sum.restarts = ofSidecars.restarts;
    sum.lastRestart = ofSidecars.lastRestart;
    addContainers(pod, sum);
  }
  if (stringAt(objectAt(pod, 'metadata'), 'deletionTimestamp') !== '') {
    if (stringAt(status(pod), 'reason') === 'NodeLost') sum.reason = 'Unknown';
    else if (phase !== 'Failed' && phase !== 'Succeeded') sum.reason = 'Terminating';
  }
  return sum;
}

function addContainers(pod: JsonObject, sum: Summary): void {
  let hasRunning = false;
  let failure = '';
  for (const container of objectsAt(status(pod), 'containerStatuses').reverse()) {
    sum.restarts += numberAt(container, 'restartCount') ?? 0;
    sum.lastRestart = Math.max(sum.lastRestart, lastEnd(container));
    const state = objectAt(container, 'state');
    const waiting = stringAt(objectAt(state, 'waiting'), 'reason');
    if (waiting !== '') sum.reason = waiting;
    else if (isJsonObject(state.terminated)) {
      sum.reason = endOf(state.terminated);
      if ((numberAt(state.terminated, 'exitCode') ?? 0) !== 0) failure = sum.reason;
    } else if (container.ready === true && isJsonObject(state.running)) {
      hasRunning = true;
      sum.ready += 1;
    }
  }
  if (sum.reason !== 'Completed') return;
  if (hasRunning && isTrue(pod, 'Ready')) sum.reason = 'Running';
  else if (failure !== '') sum.reason = failure;
  else if (hasRunning) sum.reason = 'NotReady';
}

/** `Running`, `CrashLoopBackOff`, `Init:0/1`, `Terminating`: what upstream's printer says of a pod. */
export function podReason(pod: JsonObject): string {
  return summarise(pod).reason;
}

function gatesText(pod: JsonObject): string {
  const gates = objectsAt(spec(pod), 'readinessGates');
  if (gates.length === 0) return '<none>';
  return `${gates.filter((each) => isTrue(pod, stringAt(each, 'conditionType'))).length}/${gates.length}`;
}

const wide = (name: string, cell: (pod: JsonObject) => string): Column =>
  column(name, (pod) => cell(pod) || '<none>', { priority: 1 });

export const podColumns: readonly Column[] = [
  nameColumn,
  column('Ready', (pod) => {
    const { ready, total } = summarise(pod);
    return `${ready}/${total}`;
  }),
  column('Status', podReason),
  column('Restarts', (pod, now) => {
    const { restarts, lastRestart } = summarise(pod);
    if (restarts === 0 || lastRestart === 0) return String(restarts);
    return `${restarts} (${durationText(Math.floor((now - lastRestart) / 1000))} ago)`;
  }),
  ageColumn,
  wide('IP', (pod) => stringAt(objectsAt(status(pod), 'podIPs')[0], 'ip') || stringAt(status(pod), 'podIP')),
  wide('Node', (pod) => stringAt(spec(pod), 'nodeName')),
  wide('Nominated Node', (pod) => stringAt(status(pod), 'nominatedNodeName')),
  wide('Readiness Gates', gatesText),
];
