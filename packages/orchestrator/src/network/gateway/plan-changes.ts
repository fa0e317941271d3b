import { type HaproxyState, type MapName, mapNames } from './haproxy-config.js';

/** One change over the runtime socket. */
export type Change =
  | { readonly do: 'set' | 'add'; readonly map: MapName; readonly key: string; readonly value: string }
  | { readonly do: 'remove'; readonly map: MapName; readonly key: string }
  | { readonly do: 'add-certificate' | 'remove-certificate'; readonly file: string; readonly host: string }
  | { readonly do: 'add-server' | 'drain-server'; readonly backend: string; readonly server: string };

/**
 * The changes that lead from one state to another of the same structure, in an order in which every state between
 * answers: new servers, then new and changed values (a target before the weight that opens it), then new certificates, then what falls away.
 */
export function planChanges(from: HaproxyState, to: HaproxyState): Change[] {
  const first: Change[] = [];
  const last: Change[] = [];
  for (const [backend, servers] of to.servers) {
    const before = new Set(from.servers.get(backend) ?? []);
    const after = new Set(servers);
    for (const server of after) if (!before.has(server)) first.push({ do: 'add-server', backend, server });
    for (const server of before) if (!after.has(server)) last.push({ do: 'drain-server', backend, server });
  }
  for (const map of [...mapNames].reverse()) {
    for (const [key, value] of to.maps[map]) {
      const before = from.maps[map].get(key);
      if (before === undefined) first.push({ do: 'add', map, key, value });
      else if (before !== value) first.push({ do: 'set', map, key, value });
    }
    for (const key of from.maps[map].keys()) if (!to.maps[map].has(key)) last.push({ do: 'remove', map, key });
  }
  for (const [file, host] of to.certificates)
    if (!from.certificates.has(file)) first.push({ do: 'add-certificate', file, host });
  for (const [file, host] of from.certificates)
    if (!to.certificates.has(file)) last.push({ do: 'remove-certificate', file, host });
  return [...first, ...last];
}
