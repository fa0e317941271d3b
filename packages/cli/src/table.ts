export interface Column<Row> {
  readonly header: string;
  value(row: Row): string | number | boolean | null | undefined;
}

/** Columns as wide as their widest cell, two spaces apart, no trailing space; an empty cell is a dash. */
export function renderTable<Row>(rows: readonly Row[], columns: readonly Column<Row>[]): string {
  const lines = [
    columns.map((column) => column.header),
    ...rows.map((row) => columns.map((column) => toCell(column.value(row)))),
  ];
  return alignLines(lines);
}

/** `name: value` lines with the values below each other. */
export function renderFields(
  fields: readonly (readonly [string, string | number | boolean | null | undefined])[],
): string {
  return alignLines(fields.map(([name, value]) => [`${name}:`, toCell(value)]));
}

function alignLines(lines: readonly (readonly string[])[]): string {
  const widths: number[] = [];
  for (const line of lines)
    line.forEach((cell, index) => {
      widths[index] = Math.max(widths[index] ?? 0, displayWidth(cell));
    });
  return lines
    .map((line) => `${line.map((cell, index) => pad(cell, widths[index] ?? 0)).join('  ')}`.trimEnd())
    .join('\n');
}

function toCell(value: string | number | boolean | null | undefined): string {
  if (value === undefined || value === null || value === '') return '-';
  if (typeof value === 'boolean') return value ? 'yes' : 'no';
  // A stray line break or escape sequence in a value must not reach the terminal.
  return String(value).replace(/[\u0000-\u001f\u007f-\u009f]+/g, ' ');
}

function pad(text: string, width: number): string {
  return text + ' '.repeat(Math.max(0, width - displayWidth(text)));
}

/** Columns a terminal gives to the text: two for East Asian wide characters, none for combining marks. */
export function displayWidth(text: string): number {
  let width = 0;
  for (const character of text) {
    if (/\p{Mark}/u.test(character)) continue;
    width += isWide(character.codePointAt(0) ?? 0) ? 2 : 1;
  }
  return width;
}

function isWide(code: number): boolean {
  return (
    (code >= 0x1100 && code <= 0x115f) ||
    (code >= 0x2e80 && code <= 0xa4cf && code !== 0x303f) ||
    (code >= 0xac00 && code <= 0xd7a3) ||
    (code >= 0xf900 && code <= 0xfaff) ||
    (code >= 0xfe30 && code <= 0xfe6f) ||
    (code >= 0xff00 && code <= 0xff60) ||
    (code >= 0xffe0 && code <= 0xffe6) ||
    (code >= 0x1f300 && code <= 0x1faff) ||
    (code >= 0x20000 && code <= 0x3fffd)
  );
}
