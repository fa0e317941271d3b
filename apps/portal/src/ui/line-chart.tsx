interface Line {
  readonly label: string;
  readonly tone: 'old' | 'new';
  /** One a time; undefined where nothing was measured, which is a gap. */
  readonly values: readonly (number | undefined)[];
}

const width = 320;
const height = 72;

/** Lines over the same times, from zero to the highest value. `label` says in words what the picture shows. */
export function LineChart({ label, lines }: { label: string; lines: readonly Line[] }) {
  const count = Math.max(...lines.map(({ values }) => values.length));
  const top = Math.max(1e-9, ...lines.flatMap(({ values }) => values.map((value) => value ?? 0)));
  const toX = (index: number) => (count < 2 ? width / 2 : (index / (count - 1)) * (width - 4) + 2);
  const toY = (value: number) => height - 3 - (value / top) * (height - 6);
  return (
    <svg
      className="line-chart"
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={label}
      preserveAspectRatio="none"
    >
      <line x1="0" x2={width} y1={height - 1} y2={height - 1} className="line-chart-axis" />
      {lines.map(({ label: name, tone, values }) => (
        <path key={name} className={`line-chart-${tone}`} d={toPath(values, toX, toY)} />
      ))}
    </svg>
  );
}

function toPath(
  values: readonly (number | undefined)[],
  toX: (index: number) => number,
  toY: (value: number) => number,
): string {
  let isDrawing = false;
  const parts: string[] = [];
  values.forEach((value, index) => {
    if (value !== undefined) {
      parts.push(`${isDrawing ? 'L' : 'M'}${toX(index).toFixed(1)} ${toY(value).toFixed(1)}`);
      // A single point is a dot.
      if (!isDrawing) parts.push('h0.01');
    }
    isDrawing = value !== undefined;
  });
  return parts.join('');
}
