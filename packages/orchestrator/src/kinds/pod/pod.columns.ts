import { ageColumn, type Column, durationText, nameColumn } from '../definition.js';
import { isJsonObject, type JsonObject, numberAt, objectAt, objectsAt, stringAt } from '../json.js';

/** `Running`, `CrashLoopBackOff`, `Init:0/1`, `Terminating`: what upstream's printer says of a pod. */
export function podReason(pod: JsonObject): string {
  const status = objectAt(pod, 'status');
  const spec = objectAt(pod, 'spec');
  let reason = stringAt(status, 'reason') || stringAt(status, 'phase') || 'Unknown';
  const sidecars = new Set(
    objectsAt(spec, 'initContainers')
      .filter((each) => each.restartPolicy === 'Always')
      .map((each) => stringAt(each, 'name')),
  );
  const inits = objectsAt(status, 'initContainerStatuses');
  let isInitializing = false;
  for (const [index, container] of inits.entries()) {
    const state = objectAt(container, 'state');
    const terminated = objectAt(state, 'terminated');
    if (isJsonObject(state.terminated) && numberAt(terminated, 'exitCode') === 0) continue;
    if (sidecars.has(stringAt(container, 'name')) && container.started === true) continue;
    isInitializing = true;
    const waiting = stringAt(objectAt(state, 'waiting'), 'reason');
    if (isJsonObject(state.terminated)) reason = `Init:${stringAt(terminated, 'reason') || endOf(terminated)}`;
    else if (waiting !== '' && waiting !== 'PodInitializing') reason = `Init:${waiting}`;
    else reason = `Init:${index}/${objectsAt(spec, 'initContainers').length}`;
    break;
  }
  if (!isInitializing) {
    let hasRunning = false;
    for (const container of objectsAt(status, 'containerStatuses').reverse()) {
      const state = objectAt(container, 'state');
      const waiting = stringAt(objectAt(state, 'waiting'), 'reason');
      const terminated = objectAt(state, 'terminated');
      if (waiting !== '') reason = waiting;
      else if (isJsonObject(state.terminated)) reason = stringAt(terminated, 'reason') || endOf(terminated);
      else if (container.ready === true && isJsonObject(state.running)) hasRunning = true;
    }
    if (reason === 'Completed' && hasRunning) reason = 'Running';
  }
  if (stringAt(objectAt(pod, 'metadata'), 'deletionTimestamp') === '') return reason;
  return stringAt(status, 'reason') === 'NodeLost' ? 'Unknown' : 'Terminating';
}

function endOf(terminated: JsonObject): string {
  const signal = numberAt(terminated, 'signal');
  return signal ? `Signal:${signal}` : `ExitCode:${numberAt(terminated, 'exitCode') ?? 0}`;
}

function restartsOf(pod: JsonObject, now: number): string {
  const status = objectAt(pod, 'status');
  const all = [...objectsAt(status, 'containerStatuses'), ...objectsAt(status, 'initContainerStatuses')];
  const count = all.reduce((sum, each) => sum + (numberAt(each, 'restartCount') ?? 0), 0);
  const ends = all.map((each) =>
    Date.parse(stringAt(objectAt(objectAt(each, 'lastState'), 'terminated'), 'finishedAt')),
  );
  const last = Math.max(...ends.filter((each) => !Number.isNaN(each)));
  return count > 0 && Number.isFinite(last)
    ? `${count} (${durationText(Math.floor((now - last) / 1000))} ago)`
    : String(count);
}

const spec = (pod: JsonObject) => objectAt(pod, 'spec');
const status = (pod: JsonObject) => objectAt(pod, 'status');

export const podColumns: Column[] = [
  nameColumn,
  {
    name: 'Ready',
    type: 'string',
    cell: (pod) => {
      const ready = objectsAt(status(pod), 'containerStatuses').filter((each) => each.ready === true).length;
      return `${ready}/${objectsAt(spec(pod), 'containers').length}`;
    },
  },
  { name: 'Status', type: 'string', cell: podReason },
  { name: 'Restarts', type: 'string', cell: restartsOf },
  ageColumn,
  { name: 'IP', type: 'string', priority: 1, cell: (pod) => stringAt(status(pod), 'podIP') || '<none>' },
  { name: 'Node', type: 'string', priority: 1, cell: (pod) => stringAt(spec(pod), 'nodeName') || '<none>' },
  {
    name: 'Nominated Node',
    type: 'string',
    priority: 1,
    cell: (pod) => stringAt(status(pod), 'nominatedNodeName') || '<none>',
  },
  { name: 'Readiness Gates', type: 'string', priority: 1, cell: () => '<none>' },
];
