/** A hull on its way down the slip. */
export function Mark({ size = 22 }: { size?: number }) {
  return (
    <svg width={size} height={size} viewBox="0 0 22 22" aria-hidden="true" className="mark">
      <rect width="22" height="22" rx="5.500" fill="var(--accent)" />
      <path d="M5 8.600h12l-1.900 4.200H7.700z" fill="var(--on-accent)" />
      <path
        d="M4.500 17 17.500 14.200M11 8V4.300"
        stroke="var(--on-accent)"
        strokeWidth="1.700"
        strokeLinecap="round"
      />
    </svg>
  );
}
