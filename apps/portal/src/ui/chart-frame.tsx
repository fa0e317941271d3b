/** A bar of parts of a whole, such as ready and wanted replicas. */
export function Meter({
  label,
  value,
  of,
  tone,
}: {
  label: string;
  value: number;
  of: number;
  tone: 'healthy' | 'progressing' | 'degraded' | 'failed' | 'idle';
}) {
  const share = of > 0 ? Math.min(100, (value / of) * 100) : 0;
  return (
    // biome-ignore lint/a11y/useSemanticElements: the browser's own meter cannot be coloured by state
    <div className="meter" role="meter" aria-label={label} aria-valuemin={0} aria-valuemax={of} aria-valuenow={value}>
      <span className={`meter-fill meter-${tone}`} style={{ width: `${share}%` }} />
    </div>
  );
}
