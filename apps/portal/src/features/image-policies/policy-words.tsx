'use client';
import { useTranslations } from 'next-intl';
import type { ImagePolicy } from './queries';

/** What a policy asks, in plain words: "from slipway · by digest · no weaknesses above high". */
export function PolicyWords({ policy }: { policy: ImagePolicy }) {
  const t = useTranslations('imagePolicies');
  const { registries, requireDigest, signatureKeys, vulnerabilities } = policy;
  const parts = [
    ...(registries.length > 0 ? [t('fromRegistries', { registries: registries.join(', ') })] : []),
    ...(requireDigest ? [t('byDigest')] : []),
    ...(signatureKeys.length > 0 ? [t('signedBy', { keys: signatureKeys.map(({ name }) => name).join(', ') })] : []),
    ...(vulnerabilities
      ? [
          vulnerabilities.maxSeverity === 'none'
            ? t('noWeaknesses', { count: vulnerabilities.maxCount })
            : t('weaknesses', {
                count: vulnerabilities.maxCount,
                severity: t(`severities.${vulnerabilities.maxSeverity}`),
              }),
          ...(vulnerabilities.onlyFixable ? [t('fixableOnly')] : []),
          ...(vulnerabilities.unreported === 'refuse' ? [t('mustBeReported')] : []),
        ]
      : []),
  ];
  return <span className="break">{parts.join(' · ')}</span>;
}
