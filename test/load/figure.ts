/** One measured number, as `npm run bench` prints it. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  /** What is aimed at: at least that, or at most. */
  readonly aim?: { readonly least: number } | { readonly most: number };
  readonly note?: string;
}

const nameWidth = 44;

function aimText({ value, aim }: Figure): string {
  if (!aim) return '';
  const isMet = 'least' in aim ? value >= aim.least : value <= aim.most;
  const text = 'least' in aim ? `≥ ${aim.least}` : `≤ ${aim.most}`;
  return `${text}${isMet ? '' : ' missed'}`;
}

export function printFigures(figures: readonly Figure[]): void {
  for (const figure of figures) {
    const { name, value, unit, note = '' } = figure;
    const digits = value < 10 ? 2 : value < 100 ? 1 : 0;
    process.stdout.write(
      `${`${name.padEnd(nameWidth)}  ${value.toFixed(digits).padStart(8)} ${unit.padEnd(5)} ${aimText(figure).padEnd(16)} ${note}`.trimEnd()}\n`,
    );
  }
}
