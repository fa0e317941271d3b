/** One measured number, as `npm run bench` prints it. */
export interface Figure {
  readonly name: string;
  readonly value: number;
  readonly unit: string;
  readonly note?: string;
}

export function printFigures(figures: readonly Figure[]): void {
  const width = Math.max(...figures.map(({ name }) => name.length));
  for (const { name, value, unit, note = '' } of figures) {
    process.stdout.write(
      `${name.padEnd(width)}  ${value.toFixed(value < 100 ? 1 : 0).padStart(8)} ${unit.padEnd(7)} ${note}\n`,
    );
  }
}
