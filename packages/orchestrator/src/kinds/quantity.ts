const suffixes: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** `500m` → 0.5, `64Mi` → 67108864, `1e3` → 1000. An unreadable quantity is 0: the API server refuses it before. */
export function parseQuantity(text: string | number | undefined): number {
  if (typeof text === 'number') return text;
  const match = /^([+-]?[0-9.]+)(?:[eE]([+-]?[0-9]+))?([a-zA-Z]*)$/.exec(text ?? '');
  if (!match) return 0;
  const factor = suffixes[match[3] ?? ''];
  return factor === undefined ? 0 : Number(match[1]) * 10 ** Number(match[2] ?? 0) * factor;
}

/** CPU in thousandths of a core, rounded up as upstream does. */
export function toMilliCpu(text: string | number | undefined): number {
  return Math.ceil(parseQuantity(text) * 1000 - 1e-9);
}
