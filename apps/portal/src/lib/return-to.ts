/** The path to open after signing in: only a path of our own is accepted, so that a link cannot lead elsewhere. */
export function toReturnPath(value: string | null | undefined): string {
  if (!value?.startsWith('/') || value.startsWith('//') || value.includes('\\')) return '/';
  if (value.startsWith('/auth/') || value.startsWith('/signed-out')) return '/';
  return value;
}
