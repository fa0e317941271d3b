const minute = 60;
const hour = 60 * minute;
const day = 24 * hour;

/** `3 minutes ago`, in the shortest form the language has. `at` is RFC 3339, `now` milliseconds since the epoch. */
export function formatRelative(at: string, now: number, locale: string): string {
  const seconds = Math.round((Date.parse(at) - now) / 1000);
  const format = new Intl.RelativeTimeFormat(locale, { numeric: 'auto', style: 'short' });
  const distance = Math.abs(seconds);
  if (distance < 5) return format.format(0, 'second');
  if (distance < minute) return format.format(seconds, 'second');
  if (distance < hour) return format.format(Math.round(seconds / minute), 'minute');
  if (distance < day) return format.format(Math.round(seconds / hour), 'hour');
  if (distance < 60 * day) return format.format(Math.round(seconds / day), 'day');
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium' }).format(new Date(at));
}

/** The exact time in the viewer's zone, with the zone. */
export function formatExact(at: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'long' }).format(new Date(at));
}

/** `20 Dec 2026, 16:00` in the viewer's zone: for what is hours away. */
export function formatMoment(at: string, locale: string): string {
  return new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'short' }).format(new Date(at));
}

/** `1m 12s`; under a minute with one decimal. */
export function formatDuration(milliseconds: number): string {
  const seconds = Math.max(0, milliseconds / 1000);
  if (seconds < minute) return `${seconds < 10 ? seconds.toFixed(1) : Math.round(seconds)}s`;
  if (seconds < hour) return `${Math.floor(seconds / minute)}m ${Math.floor(seconds % minute)}s`;
  return `${Math.floor(seconds / hour)}h ${Math.floor((seconds % hour) / minute)}m`;
}

/** Binary units, as Kubernetes counts: `12.5 MiB`. */
export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 || value >= 100 ? Math.round(value) : value.toFixed(1)} ${units[unit]}`;
}

/** The start of an id or digest, enough to tell it from its neighbours. */
export function shorten(id: string): string {
  const [, digest] = /^sha256:([0-9a-f]+)$/.exec(id) ?? [];
  return (digest ?? id).slice(0, 12);
}

/** `host/tenant/project/app@sha256:…` without the host and with a short digest. */
export function shortenImage(image: string): string {
  const [name = image, digest] = image.split('@');
  const path = name.split('/').slice(1).join('/') || name;
  return digest ? `${path}@${shorten(digest)}` : path;
}

/** Kubernetes quantities to a number of base units (cores or bytes); NaN when it is none. */
export function parseQuantity(quantity: string): number {
  const [, digits = '', suffix = ''] = /^([0-9.]+)([A-Za-z]*)$/.exec(quantity) ?? [];
  const factors: Record<string, number> = {
    '': 1,
    m: 1e-3,
    k: 1e3,
    M: 1e6,
    G: 1e9,
    T: 1e12,
    Ki: 1024,
    Mi: 1024 ** 2,
    Gi: 1024 ** 3,
    Ti: 1024 ** 4,
  };
  return digits === '' ? Number.NaN : Number(digits) * (factors[suffix] ?? Number.NaN);
}
