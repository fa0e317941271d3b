interface Line {
  readonly label: string;
  readonly tone: 'old' | 'new';
  /** One a time; undefined where nothing was measured, which is a gap. */
  readonly values: readonly (number | undefined)[];
}

/** What happened at a time. */
export interface Mark {
  readonly index: number;
  readonly label: string;
}

interface LineChartProps {
  /** Says in words what the picture shows. */
  readonly label: string;
  readonly lines: readonly Line[];
  readonly marks?: readonly Mark[];
  /** The time that is looked at, in all charts that share it. */
  readonly at?: number | undefined;
  /** The time under the pointer; undefined when it leaves. */
  readonly onPoint?: (index: number | undefined) => void;
}

const width = 320;
const height = 72;

/** Lines over the same times, from zero to the highest value. */
export function LineChart({ label, lines, marks = [], at, onPoint }: LineChartProps) {
  const count = Math.max(...lines.map(({ values }) => values.length));
  const top = Math.max(1e-9, ...lines.flatMap(({ values }) => values.map((value) => value ?? 0)));
  const toX = (index: number) => (count < 2 ? width / 2 : (index / (count - 1)) * (width - 4) + 2);
  const toY = (value: number) => height - 3 - (value / top) * (height - 6);
  const upright = (index: number, className: string) => ({
    x1: toX(index),
    x2: toX(index),
    y1: 0,
    y2: height,
    className,
  });
  return (
    <svg
      className="line-chart"
      viewBox={`0 0 ${width} ${height}`}
      role="img"
      aria-label={label}
      preserveAspectRatio="none"
      onPointerMove={
        onPoint &&
        ((event) => {
          const { left, width: shown } = event.currentTarget.getBoundingClientRect();
          const index = Math.round(((event.clientX - left) / shown) * (count - 1));
          onPoint(Math.min(count - 1, Math.max(0, index)));
        })
      }
      onPointerLeave={onPoint && (() => onPoint(undefined))}
    >
      <line x1="0" x2={width} y1={height - 1} y2={height - 1} className="line-chart-axis" />
      {marks.map(({ index, label: name }) => (
        <line key={`${index} ${name}`} {...upright(index, 'line-chart-mark')} />
      ))}
      {lines.map(({ label: name, tone, values }) => (
        <path key={name} className={`line-chart-${tone}`} d={toPath(values, toX, toY)} />
      ))}
      {at !== undefined && <line {...upright(at, 'line-chart-at')} />}
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
