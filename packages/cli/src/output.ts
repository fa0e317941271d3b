import { stringify } from 'yaml';
import type { Io } from './io.js';
import { type Column, renderFields, renderTable } from './table.js';

export const outputFormats = ['table', 'json', 'yaml'] as const;
export type OutputFormat = (typeof outputFormats)[number];

/** A result: rows with columns, or one object with the fields that a person wants to see. */
export interface Output {
  readonly format: OutputFormat;
  list<Row>(rows: readonly Row[], columns: readonly Column<Row>[], empty?: string): void;
  object<Value>(
    value: Value,
    fields: (value: Value) => readonly (readonly [string, string | number | boolean | null | undefined])[],
  ): void;
  /** In table form the text alone, so that `$(slipway …)` gets it bare. */
  text<Value>(value: Value, text: (value: Value) => string): void;
  /** What happened, for a person; silent in json and yaml. */
  note(text: string): void;
  line(text: string): void;
}

export function createOutput(io: Io, format: OutputFormat): Output {
  const line = (text: string) => void io.stdout.write(`${text}\n`);
  const data = (value: unknown): boolean => {
    if (format === 'table') return false;
    line(format === 'json' ? JSON.stringify(value, null, 2) : stringify(value).trimEnd());
    return true;
  };
  return {
    format,
    list(rows, columns, empty) {
      if (data(rows)) return;
      if (rows.length === 0) io.stderr.write(`${empty ?? 'Nothing found.'}\n`);
      else line(renderTable(rows, columns));
    },
    object(value, fields) {
      if (!data(value)) line(renderFields(fields(value)));
    },
    text(value, text) {
      if (!data(value)) line(text(value));
    },
    note(text) {
      if (format === 'table') io.stderr.write(`${text}\n`);
    },
    line,
  };
}
