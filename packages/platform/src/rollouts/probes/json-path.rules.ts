/** Argo's `{$.data.items[0].rate}`: members and places alone. */
function readPath(text: string): readonly (string | number)[] | undefined {
  const [, inner = text] = /^\{(.*)\}$/.exec(text.trim()) ?? [];
  if (!/^\$?((^|\.)[\w-]+|\[\d{1,6}\]|\["[^"\\\]]+"\]|\['[^'\\\]]+'\])*$/.test(inner.replace(/^\$/, '')))
    return undefined;
  const parts = inner.replace(/^\$/, '').matchAll(/\[(\d+)\]|\["([^"]+)"\]|\['([^']+)'\]|\.?([\w-]+)/g);
  return [...parts].map(([, place, double, single, name]) =>
    place === undefined ? (double ?? single ?? name ?? '') : Number(place),
  );
}

/** Why it is no path; undefined where it is one. */
export const refuseJsonPath = (text: string): string | undefined =>
  readPath(text) ? undefined : 'A path of members and places, such as {$.data.items[0].rate}.';

/** What stands there; undefined where nothing does. */
export function findAt(value: unknown, path: string): unknown {
  return (readPath(path) ?? []).reduce<unknown>((owner, key) => {
    if (typeof owner !== 'object' || owner === null || !Object.hasOwn(owner, key)) return undefined;
    return Reflect.get(owner, key);
  }, value);
}
