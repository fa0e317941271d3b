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

type QuantityFormat = 'DecimalSI' | 'BinarySI' | 'DecimalExponent';

/** An exact amount in billionths, and the family of suffixes it was written with. */
export interface Quantity {
  readonly nano: bigint;
  readonly format: QuantityFormat;
}

const decimalExponents: Readonly<Record<string, number>> = {
  n: -9,
  u: -6,
  m: -3,
  '': 0,
  k: 3,
  M: 6,
  G: 9,
  T: 12,
  P: 15,
  E: 18,
};
const binaryExponents: Readonly<Record<string, number>> = { Ki: 10, Mi: 20, Gi: 30, Ti: 40, Pi: 50, Ei: 60 };
const quantityPattern =
  /^([+-]?)([0-9]*)(?:\.([0-9]*))?(?:([eE])([+-]?[0-9]{1,3})|(n|u|m|k|M|G|T|P|E|Ki|Mi|Gi|Ti|Pi|Ei)?)$/;
const billion = 1_000_000_000n;

export const zeroQuantity: Quantity = { nano: 0n, format: 'DecimalSI' };

/** The exact amount; what is finer than a billionth is rounded up. Undefined where the text is no quantity. */
export function parseExact(text: string | number): Quantity | undefined {
  const match = quantityPattern.exec(String(text));
  const whole = match?.[2] ?? '';
  const fraction = match?.[3] ?? '';
  if (!match || whole + fraction === '') return undefined;
  const suffix = match[6] ?? '';
  const binary = binaryExponents[suffix];
  const format = binary !== undefined ? 'BinarySI' : match[4] ? 'DecimalExponent' : 'DecimalSI';
  const power = (match[4] ? Number(match[5]) : (decimalExponents[suffix] ?? 0)) - fraction.length + 9;
  let numerator = BigInt(whole + fraction) << BigInt(binary ?? 0);
  if (power >= 0) numerator *= 10n ** BigInt(power);
  else {
    const divisor = 10n ** BigInt(-power);
    numerator = (numerator + divisor - 1n) / divisor;
  }
  return { nano: match[1] === '-' ? -numerator : numerator, format };
}

/** Keeps the suffixes of the first amount, unless that is zero. */
export function addQuantities(a: Quantity, b: Quantity): Quantity {
  return { nano: a.nano + b.nano, format: a.nano === 0n ? b.format : a.format };
}

export function subtractQuantities(a: Quantity, b: Quantity): Quantity {
  return { nano: a.nano - b.nano, format: a.nano === 0n ? b.format : a.format };
}

/** Below, at or above zero as `a` is less than, equal to or more than `b`. */
export function compareQuantities(a: Quantity, b: Quantity): number {
  return a.nano < b.nano ? -1 : a.nano > b.nano ? 1 : 0;
}

/** The canonical text: the largest suffix that leaves a whole number. */
export function formatQuantity({ nano, format }: Quantity): string {
  if (nano === 0n) return '0';
  const size = nano < 0n ? -nano : nano;
  if (format === 'BinarySI' && size >= 1024n * billion && nano % billion === 0n) {
    let whole = nano / billion;
    let step = 0;
    for (; step < 6 && whole % 1024n === 0n; step++) whole /= 1024n;
    return `${whole}${['', 'Ki', 'Mi', 'Gi', 'Ti', 'Pi', 'Ei'][step]}`;
  }
  let rest = nano;
  let exponent = -9;
  const most = format === 'DecimalExponent' ? 1_000 : 18;
  for (; exponent < most && rest % 1000n === 0n; exponent += 3) rest /= 1000n;
  if (format === 'DecimalExponent') return exponent === 0 ? `${rest}` : `${rest}e${exponent}`;
  const suffix = Object.keys(decimalExponents).find((each) => decimalExponents[each] === exponent);
  return `${rest}${suffix ?? ''}`;
}
