'use client';
import { useTranslations } from 'next-intl';

const known = [
  'required',
  'nameTooLong',
  'nameShape',
  'gitUrl',
  'image',
  'hostname',
  'email',
  'archive',
  'port',
  'number',
] as const;
type Known = (typeof known)[number];
const isKnown = (key: string): key is Known => known.some((candidate) => candidate === key);

/** Sentences of the schemas' messages; a message that is no key of ours is shown as it is. */
export function useValidation(): (key: string) => string {
  const t = useTranslations('validation');
  return (key) => (isKnown(key) ? t(key) : key);
}
