/** The chain of what belongs to no tenant. */
export const platformChain = '00000000-0000-0000-0000-000000000000';

const secretKey = /password|secret|token|hash|credential|privatekey/i;

/** The same value with everything whose key speaks of a secret struck out, however deep. */
export function redactSecrets(value: unknown): unknown {
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(redactSecrets);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, item]) => [
      key,
      secretKey.test(key) && item !== null ? '[redacted]' : redactSecrets(item),
    ]),
  );
}
