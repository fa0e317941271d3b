/** `42s`, `5m`, `3h`, `12d`: the one biggest unit, as kubectl prints ages. */
export function formatAge(from: string | null | undefined, now: Date): string {
  if (!from) return '-';
  return formatSeconds(Math.max(0, Math.floor((now.getTime() - Date.parse(from)) / 1000)));
}

export function formatDuration(from: string | null | undefined, to: string | null | undefined, now: Date): string {
  if (!from) return '-';
  const end = to ? Date.parse(to) : now.getTime();
  return formatSeconds(Math.max(0, Math.round((end - Date.parse(from)) / 1000)));
}

export function formatSeconds(seconds: number): string {
  if (!Number.isFinite(seconds)) return '-';
  if (seconds < 120) return `${seconds}s`;
  if (seconds < 2 * 3600) return `${Math.floor(seconds / 60)}m`;
  if (seconds < 2 * 86_400) return `${Math.floor(seconds / 3600)}h`;
  return `${Math.floor(seconds / 86_400)}d`;
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`;
}

/** A digest or hash cut to what a person compares. */
export function shortHash(text: string | null | undefined): string {
  if (!text) return '-';
  return text.replace(/^sha256:/, '').slice(0, 12);
}

export function shortImage(image: string | null | undefined): string {
  if (!image) return '-';
  return image.replace(/@sha256:([0-9a-f]{12})[0-9a-f]*$/, '@$1');
}
